"""A canvas to look at, without a screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from engine.graph.document import Document
from engine.graph.registry import installed_registry
from studio.canvas.scene import CanvasScene
from studio.canvas.surface import CanvasSurface
from studio.canvas.view import CanvasView
from studio.document import OpenDocument
from studio.faces import CanvasFace
from studio.runs import RunBook
from studio.theme import DARK
from tests.studio.canvas.samples import document

PATIENT = 60.0


@pytest.fixture
def scene(qtbot: QtBot) -> Iterator[CanvasScene]:
    """An empty scene that no view shows."""
    made = CanvasScene(DARK)
    yield made
    made.painting.pictures.close()
    made.deleteLater()


class Look:
    """A surface of 800 x 600 pixels and what is seen on it."""

    def __init__(self, surface: CanvasSurface) -> None:
        self.surface, self.scene = surface, surface.canvas
        surface.camera.animated = False
        self.scene.painting.sprites.patience = PATIENT

    def show(self, face: CanvasFace, zoom: float = 1.0) -> None:
        """Show a face, with the scene's origin at (100, 100)."""
        self.scene.set_face(face)
        self.surface.camera.go_to(QPointF(300 / zoom, 200 / zoom), zoom, smoothly=False)
        self.surface.camera.finish()

    def image(self) -> QImage:
        """What is seen now."""
        return self.surface.viewport().grab().toImage()

    def color(self, x: float, y: float) -> QColor:
        """The colour at a point of the scene."""
        return self.image().pixelColor(self.surface.from_scene(QPointF(x, y)))


@pytest.fixture
def look(qtbot: QtBot) -> Look:
    """A surface to look at."""
    surface = CanvasSurface(DARK)
    qtbot.addWidget(surface)
    surface.resize(800, 600)
    surface.show()
    return Look(surface)


@pytest.fixture
def view_of(qtbot: QtBot) -> Callable[..., CanvasView]:
    """Makes views of documents."""

    def make(shown: Document | None = None) -> CanvasView:
        opened = OpenDocument(shown or document(), installed_registry())
        view = CanvasView(opened, RunBook(), DARK)
        view.camera.animated = False
        qtbot.addWidget(view)
        view.resize(800, 600)
        view.show()
        return view

    return make
