"""The style sheet, the palette and the icons are made for both themes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from studio.commands import COMMANDS
from studio.theme import THEMES, Theme, icon, palette, style_sheet, tr, ui_font
from studio.theme.icons import DOT, has_icon, icon_pixmap


@pytest.fixture(params=list(THEMES))
def theme(request: pytest.FixtureRequest) -> Theme:
    return THEMES[request.param]


def test_the_style_sheet_has_no_holes(theme: Theme) -> None:
    sheet = style_sheet(theme)
    assert "$" not in sheet
    assert theme.colors.accent in sheet


def test_qt_understands_the_style_sheet(theme: Theme, qtbot: QtBot) -> None:
    button = QPushButton("Run")
    qtbot.addWidget(button)
    button.setStyleSheet(style_sheet(theme))  # a mistake in it would be a warning, and so a failure
    button.setProperty("role", "primary")
    button.style().polish(button)
    assert button.palette().color(QPalette.ColorRole.ButtonText).name() == theme.colors.on_accent


def test_the_marks_that_the_style_sheet_names_exist(theme: Theme) -> None:
    named = re.findall(r"url\((.*?)\)", style_sheet(theme))
    assert named
    assert not [path for path in named if not Path(path).is_file()]


def test_the_palette_follows_the_theme(theme: Theme, qapp: object) -> None:
    made = palette(theme)
    assert made.color(QPalette.ColorRole.Window).name() == theme.colors.window
    disabled = made.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
    assert disabled.name() == theme.colors.disabled


def test_an_icon_without_a_drawing_is_a_dot(theme: Theme, qapp: object) -> None:
    assert not has_icon("no such thing")
    assert not icon("no such thing", theme).isNull()
    assert 'fill="currentColor"' in DOT


def test_icons_are_sharp_on_dense_screens(theme: Theme, qapp: object) -> None:
    pixmap = icon_pixmap("run", theme.colors.text, 16, 2)
    assert (pixmap.width(), pixmap.deviceIndependentSize().width()) == (32, 16)


def test_icons_are_made_once(theme: Theme, qapp: object) -> None:
    assert icon("run", theme) is icon("run", theme)


def test_the_font_is_of_the_size_asked_for(qapp: object) -> None:
    assert ui_font(15).pixelSize() == 15


def test_sentences_are_filled_after_translation() -> None:
    assert tr("Close {name}?", name="cat.reel") == "Close cat.reel?"


def test_every_command_has_a_drawing() -> None:
    assert not [command.icon for command in COMMANDS.values() if not has_icon(command.icon)]


def test_every_drawing_takes_the_color_of_the_theme() -> None:
    folder = Path(__file__).parents[3] / "assets" / "icons"
    drawings = list(folder.glob("*.svg"))
    assert drawings
    assert not [path.name for path in drawings if "currentColor" not in path.read_text("utf-8")]
