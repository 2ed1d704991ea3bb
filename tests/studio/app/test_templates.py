"""The gallery: sections, finding, arrows, and what a card says and shows of its template."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from studio.app.template_card import TemplateCard, state_of
from studio.app.templates import TemplateGallery
from studio.background import Background
from studio.project import templates
from studio.project.templates import Template
from studio.theme import DARK, LIGHT, Theme


@pytest.fixture
def dialog(qtbot: QtBot) -> Iterator[TemplateGallery]:
    background = Background()
    made = TemplateGallery(DARK, background, motion=False)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: len(made.grid.cards) == len(templates.names()))
    yield made
    background.close()


@pytest.fixture(scope="module")
def shown() -> dict[str, Template]:
    return {each.name: each for each in templates.gallery()}


def test_a_click_in_the_gallery_chooses_a_template(qtbot: QtBot, dialog: TemplateGallery) -> None:
    qtbot.mouseClick(dialog.grid.cards[2], Qt.MouseButton.LeftButton)
    assert dialog.chosen == "standard"
    assert dialog.result() == TemplateGallery.DialogCode.Accepted


def test_the_gallery_finds_templates_by_words_and_says_where_none_fits(
    dialog: TemplateGallery,
) -> None:
    dialog.search.setText("wan LoRA")
    assert [card.template.name for card in dialog.grid.cards if card.template] == ["wan_lora"]
    assert dialog.nothing.isHidden()
    dialog.search.setText("nothing like it")
    assert dialog.grid.cards == []
    assert "nothing like it" in dialog.nothing.text()
    assert dialog.nothing.isVisible()
    dialog.search.clear()
    assert len(dialog.grid.cards) == len(templates.names())


def test_arrows_walk_over_rows_and_sections_and_what_they_reach_is_seen(
    qtbot: QtBot, dialog: TemplateGallery
) -> None:
    cards = dialog.grid.cards
    columns = sum(card.y() == cards[0].y() for card in cards)
    assert columns > 1

    def pressed(key: Qt.Key) -> int:
        here = next(card for card in cards if card.hasFocus())
        qtbot.keyClick(here, key)
        return next(number for number, card in enumerate(cards) if card.hasFocus())

    cards[0].setFocus()
    assert pressed(Qt.Key.Key_Down) == columns
    assert pressed(Qt.Key.Key_Right) == columns + 1
    assert pressed(Qt.Key.Key_Up) == 1
    assert pressed(Qt.Key.Key_Left) == 0
    assert pressed(Qt.Key.Key_Left) == 0

    number = 0
    while (below := pressed(Qt.Key.Key_Down)) != number:
        number = below
    assert number >= len(cards) - columns
    assert cards[number].template is not None
    assert not cards[number].template.runs_at_once
    assert not cards[number].visibleRegion().isEmpty()


def test_what_needs_weights_says_how_much_and_under_which_licence(
    shown: dict[str, Template],
) -> None:
    assert state_of(shown["demo"]) is None
    told = state_of(shown["hunyuan_text"])
    assert told is not None
    assert "39 GiB to fetch · Tencent Hunyuan" in told.text
    here = replace(shown["hunyuan_text"].needs, here=True)  # type: ignore[type-var]
    told = state_of(replace(shown["hunyuan_text"], needs=here))
    assert told is not None
    assert told.ready
    told = state_of(shown["own_folder"])
    assert told is not None
    assert "your own" in told.text


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_a_card_without_a_picture_shows_its_graph(
    qtbot: QtBot, shown: dict[str, Template], theme: Theme
) -> None:
    def picture(name: str) -> QImage:
        card = TemplateCard(shown[name], theme, motion=False)
        qtbot.addWidget(card)
        card.resize(240, 220)
        return card.grab().toImage().copy(2, 2, 236, 120)

    one, other = picture("wan_text"), picture("wan_control")
    assert one != other
    colours = {one.pixelColor(x, y).name() for x in range(236) for y in range(0, 120, 2)}
    assert theme.colors.canvas in colours
    assert len(colours) > 8
