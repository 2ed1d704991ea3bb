"""The fields of files and folders."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.inspector.fields import file, folder

Shown = Callable[..., tuple[Any, Any]]
FILE: dict[str, Any] = dict(widget="open-file", help="The picture's file.")


def picture(folder: Path) -> Path:
    """A small picture on the disk."""
    image = QImage(64, 32, QImage.Format.Format_RGB32)
    image.fill(QColor("teal"))
    path = folder / "cat.png"
    assert image.save(str(path))
    return path


def drop(field: Any, path: Path) -> None:
    """Drag a file over a field and let it go."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # newer ones take a QPointF instead
        enter = QDragEnterEvent(QPoint(5, 5), copy, data, left, none)
    QApplication.sendEvent(field, enter)
    QApplication.sendEvent(field, QDropEvent(QPointF(5, 5), copy, data, left, none))


def test_a_file_that_is_not_there_is_told_at_once(qtbot: QtBot, shown: Shown) -> None:
    field, said = shown(str, "", **FILE)
    with qtbot.waitSignal(field.looked):
        qtbot.keyClicks(field.line, "/nowhere/cat.png")
    assert said.values[-1] == "/nowhere/cat.png"
    assert field.says.text() == "Not found. Check the path, or browse for the file."
    assert field.line.property("invalid")


def test_a_dropped_picture_is_taken_and_shown(qtbot: QtBot, shown: Shown, tmp_path: Path) -> None:
    field, said = shown(str, "", **FILE)
    path = picture(tmp_path)
    with qtbot.waitSignal(field.looked):
        drop(field, path)
    assert said.values == [str(path)]
    assert said.finished == 1
    assert not field.thumbnail.isHidden()
    assert field.says.text().startswith("64 × 32 px")


def test_a_folder_is_no_file(qtbot: QtBot, shown: Shown, tmp_path: Path) -> None:
    field, _ = shown(str, "", **FILE)
    with qtbot.waitSignal(field.looked):
        field.set_value(str(tmp_path))
    assert field.says.text() == "This is a folder. Choose a file in it."


def test_browsing_takes_what_was_chosen(
    qtbot: QtBot, shown: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    field, said = shown(str, "", **FILE)
    path = picture(tmp_path)
    asked: list[str] = []

    def choose(parent: object, title: str, start: str, pattern: str) -> str:
        asked.append(pattern)
        return str(path)

    monkeypatch.setattr(file, "choose_file", choose)
    with qtbot.waitSignal(field.looked):
        qtbot.mouseClick(field.browse, Qt.MouseButton.LeftButton)
    assert said.values == [str(path)]
    assert asked[0].startswith("Pictures (")


def test_browsing_that_is_given_up_changes_nothing(
    qtbot: QtBot, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    field, said = shown(str, "", widget="save-folder")
    monkeypatch.setattr(folder, "choose_folder", lambda *_: "")
    qtbot.mouseClick(field.browse, Qt.MouseButton.LeftButton)
    assert said.values == []


def test_a_folder_that_is_not_there_will_be_made(
    qtbot: QtBot, shown: Shown, tmp_path: Path
) -> None:
    field, _ = shown(str, "", widget="save-folder")
    with qtbot.waitSignal(field.looked):
        field.set_value(str(tmp_path / "new"))
    assert field.says.text() == "It is not there yet and will be made."
    with qtbot.waitSignal(field.looked):
        field.set_value(str(picture(tmp_path)))
    assert field.says.text() == "This is a file. Choose a folder."
