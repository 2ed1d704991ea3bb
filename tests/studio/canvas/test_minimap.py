"""The small picture of the whole graph."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from studio.canvas.minimap import Minimap
from studio.theme import LIGHT
from tests.studio.canvas.conftest import Look
from tests.studio.canvas.samples import chain, face, node


@pytest.fixture
def minimap(look: Look) -> Minimap:
    """A minimap over three nodes of which one is seen."""
    look.show(chain())
    made = Minimap(look.surface, look.surface)
    made.show()
    made.grab()
    return made


def test_the_whole_graph_is_on_it(minimap: Minimap, look: Look) -> None:
    corners = [minimap.scene_at(QPointF(x, y)) for x, y in ((0, 0), (208, 136))]
    content = look.scene.content_rect()
    assert corners[0].x() < content.left()
    assert corners[0].y() < content.top()
    assert corners[1].x() > content.right()
    assert corners[1].y() > content.bottom()


def test_a_click_goes_there(minimap: Minimap, look: Look, qtbot: QtBot) -> None:
    at = QPoint(150, 60)
    there = minimap.scene_at(QPointF(at))
    qtbot.mousePress(minimap, Qt.MouseButton.LeftButton, pos=at)
    assert (look.surface.camera.centre - there).manhattanLength() < 2
    assert look.surface.camera.zoom == 1.0


def test_it_follows_what_changes(minimap: Minimap, look: Look, qtbot: QtBot) -> None:
    before = minimap.grab().toImage()
    look.scene.set_face(face([node("a"), node("b", 4_000, 3_000)]))
    qtbot.waitUntil(lambda: minimap.grab().toImage() != before)
    assert minimap.scene_at(QPointF(208, 136)).x() > 4_000


def test_it_shows_the_part_that_is_seen(minimap: Minimap, look: Look) -> None:
    before = minimap.grab().toImage()
    look.surface.camera.pan_by(-300, 0)
    assert minimap.grab().toImage() != before


def test_it_wears_the_theme_of_the_canvas(minimap: Minimap, look: Look) -> None:
    look.scene.set_theme(LIGHT)
    minimap.set_theme(LIGHT)
    shown = minimap.grab().toImage()
    light = [shown.pixelColor(x, y).lightness() for x in range(8, 200, 8) for y in range(8, 128, 8)]
    assert sorted(light)[len(light) // 2] > 180


def test_an_empty_graph_has_one_too(qtbot: QtBot, look: Look) -> None:
    assert not Minimap(look.surface, look.surface).grab().isNull()
