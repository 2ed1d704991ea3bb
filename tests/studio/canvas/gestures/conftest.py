"""A real canvas with hands on it, without a screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from engine.graph.document import Document
from studio.canvas.gestures.wiring import CanvasHands
from studio.canvas.view import CanvasView
from studio.faces import Point
from studio.theme import DARK
from tests.engine.graph.samples import graph, node

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE = Qt.KeyboardModifier.NoModifier

DOCUMENT = graph(
    {
        "prompt": node("text.prompt", text="a red ball"),
        "check": node("safety.prompt"),
        "join": node("text.join"),
        "sample": node("video.sample"),
        "seed": node("input.seed"),
    },
    "prompt -> check.text",
    view={
        "nodes": {
            "prompt": {"at": [0, 0]},
            "check": {"at": [400, 0]},
            "join": {"at": [0, 300]},
            "sample": {"at": [400, 160]},
            "seed": {"at": [0, 500]},
        },
        "notes": {"note": {"at": [660, 0], "size": [100, 80], "text": "hello"}},
    },
)


class Hands:
    """Hands on a canvas at full size, with the scene's (-20, -20) in its corner."""

    def __init__(self, qtbot: QtBot, view: CanvasView) -> None:
        self.qtbot, self.view = qtbot, view
        self.on = CanvasHands(view, DARK)
        self.said: list[str] = []
        self.on.said.connect(self.said.append)
        view.camera.go_to(QPointF(380, 280), 1.0, smoothly=False)
        view.camera.finish()

    @property
    def document(self) -> Document:
        return self.view.open_document.document

    @property
    def selected(self) -> frozenset[str]:
        return self.view.open_document.selection.nodes

    def at(self, place: Point) -> QPoint:
        """A place of the scene in the view."""
        return self.view.from_scene(QPointF(*place))

    def port(self, id: str, port: str, is_output: bool = False) -> Point:
        return self.on.stage.port_at((id, port), is_output)

    def row(self, id: str, param: str) -> Point:
        """The middle of a parameter's row."""
        visual = self.view.canvas.nodes[id]
        row = next(row for row in visual.shape.rows if row.face.spec.name == param)
        return visual.x + row.box.x + row.box.w / 2, visual.y + row.box.y + row.box.h / 2

    def head(self, id: str) -> Point:
        """A place on a node's title."""
        visual = self.view.canvas.nodes[id]
        return visual.x + 60, visual.y + 10

    def click(
        self, place: Point, button: Qt.MouseButton = LEFT, held: Qt.KeyboardModifier = NONE
    ) -> None:
        self.qtbot.mouseClick(self.view.viewport(), button, held, self.at(place))

    def double_click(self, place: Point) -> None:
        self.qtbot.mouseDClick(self.view.viewport(), LEFT, NONE, self.at(place))

    def hold(
        self,
        start: Point,
        *ways: Point,
        button: Qt.MouseButton = LEFT,
        held: Qt.KeyboardModifier = NONE,
    ) -> None:
        self.qtbot.mousePress(self.view.viewport(), button, held, self.at(start))
        for place in ways:
            self.qtbot.mouseMove(self.view.viewport(), self.at(place))

    def drag(
        self,
        start: Point,
        *ways: Point,
        button: Qt.MouseButton = LEFT,
        held: Qt.KeyboardModifier = NONE,
    ) -> None:
        self.hold(start, *ways, button=button, held=held)
        self.qtbot.mouseRelease(self.view.viewport(), button, held, self.at(ways[-1]))

    def menu(self) -> QMenu:
        """The menu that is open."""
        menus = [w for w in QApplication.topLevelWidgets() if isinstance(w, QMenu)]
        (menu,) = [each for each in menus if each.isVisible()]
        return menu


@contextmanager
def popups_allowed() -> Iterator[None]:
    """Without a screen there is no keyboard that a menu could grab, which Qt complains of."""
    heard = qInstallMessageHandler(None)

    def hear(kind: QtMsgType, context: object, message: str) -> None:
        if message != "This plugin does not support grabbing the keyboard":
            heard(kind, context, message)

    qInstallMessageHandler(hear)
    yield
    qInstallMessageHandler(heard)


@pytest.fixture
def hands(qtbot: QtBot, view_of: Callable[..., CanvasView]) -> Iterator[Hands]:
    """Hands on a canvas; no menu and no popup stays open."""
    with popups_allowed():
        made = Hands(qtbot, view_of(DOCUMENT))
        yield made
        put_away(made)


def put_away(made: Hands) -> None:
    """Close what a test left open."""
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, QMenu):
            widget.close()
    if made.on.adding.popup is not None:
        made.on.adding.popup.close()
    made.on.editors.cancel()
