"""Moving over the scene."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from studio.canvas.camera import LARGEST_FIT, LEAST_ZOOM, MOST_ZOOM
from tests.studio.canvas.conftest import Look
from tests.studio.canvas.samples import chain


@pytest.mark.parametrize("factor", [0.3, 0.9, 1.1, 2.5])
def test_what_lies_under_the_pointer_stays_there_while_zooming(look: Look, factor: float) -> None:
    look.show(chain())
    at = QPointF(610, 170)
    before = look.surface.to_scene(at)
    look.surface.camera.zoom_by(factor, at)
    after = look.surface.to_scene(at)
    assert look.surface.camera.zoom == pytest.approx(factor)
    assert (after - before).manhattanLength() < 1.1 / factor


def test_the_zoom_has_bounds(look: Look) -> None:
    look.show(chain())
    for factor, bound in ((1e-9, LEAST_ZOOM), (1e9, MOST_ZOOM)):
        look.surface.camera.zoom_by(factor, QPointF(10, 10))
        assert look.surface.camera.zoom == pytest.approx(bound)


def test_small_movements_of_a_touch_pad_add_up(look: Look) -> None:
    look.show(chain())
    before = look.surface.to_scene(QPointF(0, 0))
    for _ in range(10):
        look.surface.camera.pan_by(0.3, -0.7)
    assert look.surface.to_scene(QPointF(0, 0)) == before + QPointF(-3, 7)


def test_an_area_is_shown_whole_with_a_margin(look: Look) -> None:
    look.show(chain())
    area = QRectF(-4_000, 2_000, 9_000, 1_000)
    look.surface.camera.show_area(area)
    assert look.surface.camera.seen().contains(area)
    assert look.surface.camera.seen().width() < 1.3 * area.width()


def test_a_small_area_is_not_blown_up(look: Look) -> None:
    look.show(chain())
    look.surface.camera.show_area(QRectF(0, 0, 10, 10))
    assert look.surface.camera.zoom == pytest.approx(LARGEST_FIT)
    assert (
        look.surface.camera.seen().center() == pytest.approx(QPointF(5, 5))
        or (look.surface.camera.centre - QPointF(5, 5)).manhattanLength() < 2
    )


def test_a_glide_arrives(look: Look, qtbot: QtBot) -> None:
    look.show(chain())
    camera = look.surface.camera
    camera.animated = True
    with qtbot.waitSignal(camera.rested, timeout=5_000):
        camera.go_to(QPointF(2_000, 1_000), 0.5)
        assert camera.moving
    assert camera.zoom == pytest.approx(0.5)
    assert (camera.centre - QPointF(2_000, 1_000)).manhattanLength() < 4


def test_turning_the_wheel_on_during_a_glide_goes_on_from_where_it_leads(look: Look) -> None:
    look.show(chain())
    camera = look.surface.camera
    camera.animated = True
    camera.zoom_by(2.0, QPointF(100, 100))
    camera.zoom_by(1.5, QPointF(100, 100))
    camera.finish()
    assert camera.zoom == pytest.approx(3.0)


def test_what_lies_on_the_view_stays_where_it_is(look: Look) -> None:
    look.show(chain())
    message = QLabel("Saved", look.surface.viewport())
    message.move(10, 20)
    message.show()
    look.surface.camera.pan_by(30, -40)
    look.surface.camera.zoom_by(0.5, QPointF(1, 1))
    assert message.pos() == QPoint(10, 20)


def test_positions_go_there_and_back(look: Look) -> None:
    look.show(chain(), zoom=0.8)
    for x, y in ((0, 0), (333, 77), (799, 599)):
        point = look.surface.from_scene(look.surface.to_scene(QPointF(x, y)))
        assert abs(point.x() - x) <= 1
        assert abs(point.y() - y) <= 1
