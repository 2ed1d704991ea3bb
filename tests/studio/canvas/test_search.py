"""The popup that adds nodes is used with the keyboard alone, or with the mouse."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QListView
from pytestqt.qtbot import QtBot

from engine.graph.document import Document
from engine.graph.ports import PortType
from engine.graph.registry import installed_registry
from engine.values import VideoModel
from studio.canvas.search import SearchPopup
from studio.editing.connect import PortWish
from studio.editing.search import SearchIndex
from studio.theme import DARK
from tests.studio.canvas.gestures.conftest import popups_allowed

INDEX = SearchIndex.of(Document(), installed_registry())
MODEL = PortWish(PortType((VideoModel,)), is_output=True)


@pytest.fixture
def popup(qtbot: QtBot) -> Iterator[SearchPopup]:
    with popups_allowed():
        made = SearchPopup(DARK)
        qtbot.addWidget(made)
        made.open_at(QPoint(10, 10), INDEX)
        yield made
        made.close()


def line(popup: SearchPopup) -> QLineEdit:
    (found,) = popup.findChildren(QLineEdit)
    return found


def shown(popup: SearchPopup) -> list[str]:
    return [found.type.type for found in popup.results()]


def test_it_is_ready_to_type(qtbot: QtBot, popup: SearchPopup) -> None:
    assert popup.focusWidget() is line(popup)
    assert len(shown(popup)) == len(installed_registry().types())
    qtbot.keyClicks(line(popup), "samp")
    assert shown(popup)[0] == "video.sample"


def test_enter_takes_what_is_marked(qtbot: QtBot, popup: SearchPopup) -> None:
    qtbot.keyClicks(line(popup), "load")
    wanted = shown(popup)[1]
    qtbot.keyClick(line(popup), Qt.Key.Key_Down)
    with qtbot.waitSignal(popup.chosen) as chosen:
        qtbot.keyClick(line(popup), Qt.Key.Key_Return)
    assert chosen.args is not None
    assert chosen.args[0].type == wanted
    assert not popup.isVisible()


def test_the_marks_go_round(qtbot: QtBot, popup: SearchPopup) -> None:
    qtbot.keyClicks(line(popup), "load")
    last = shown(popup)[-1]
    qtbot.keyClick(line(popup), Qt.Key.Key_Up)
    with qtbot.waitSignal(popup.chosen) as chosen:
        qtbot.keyClick(line(popup), Qt.Key.Key_Return)
    assert chosen.args is not None
    assert chosen.args[0].type == last


def test_a_click_takes_what_it_hits(qtbot: QtBot, popup: SearchPopup) -> None:
    qtbot.keyClicks(line(popup), "load")
    (view,) = popup.findChildren(QListView)
    second = view.visualRect(view.model().index(1, 0)).center()
    wanted = shown(popup)[1]
    with qtbot.waitSignal(popup.chosen) as chosen:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=second)
    assert chosen.args is not None
    assert chosen.args[0].type == wanted


def test_escape_takes_nothing(qtbot: QtBot, popup: SearchPopup) -> None:
    with qtbot.assertNotEmitted(popup.chosen), qtbot.waitSignal(popup.dismissed):
        qtbot.keyClick(line(popup), Qt.Key.Key_Escape)


def test_nothing_found_is_said(qtbot: QtBot, popup: SearchPopup) -> None:
    qtbot.keyClicks(line(popup), "xyzzy {0}")
    assert shown(popup) == []
    texts = [label.text() for label in popup.findChildren(QLabel) if label.isVisible()]
    assert texts == ["No node is called “xyzzy {0}”. Try another word for what it does."]
    with qtbot.assertNotEmitted(popup.chosen):
        qtbot.keyClick(line(popup), Qt.Key.Key_Return)


def test_a_dragged_link_is_named_and_filters(qtbot: QtBot, popup: SearchPopup) -> None:
    popup.open_at(QPoint(0, 0), INDEX, MODEL)
    assert line(popup).placeholderText() == "Search what takes VideoModel"
    assert "video.decode" not in shown(popup)
    qtbot.keyClicks(line(popup), "xyzzy")
    texts = [label.text() for label in popup.findChildren(QLabel) if label.isVisible()]
    assert texts == ["No node takes VideoModel and is called “xyzzy”."]


def test_it_stays_on_the_screen(popup: SearchPopup) -> None:
    popup.open_at(QPoint(100_000, 100_000), INDEX)
    assert popup.screen().availableGeometry().contains(popup.geometry())
