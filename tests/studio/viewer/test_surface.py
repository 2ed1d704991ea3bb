"""The picture on the screen: zoom, read-out, comparing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QWheelEvent
from pytestqt.qtbot import QtBot

from studio.theme import DARK
from studio.viewer.framing import Framing, Size
from studio.viewer.pixels import Pixels
from studio.viewer.surface import Surface

OWN = Size(40, 20)
Make = Callable[[], Surface]


def flat(color: tuple[int, int, int], width: int = 40, height: int = 20) -> Pixels:
    red, green, blue = color
    rows = np.full((height, width, 4), (blue, green, red, 255), np.uint8)
    return Pixels(width, height, width * 4, rows.data.cast("B"))


def ramp() -> Pixels:
    """Each pixel's red is its column, its green its row."""
    rows = np.full((20, 40, 4), 255, np.uint8)
    rows[..., 2] = np.arange(40)[None]
    rows[..., 1] = np.arange(20)[:, None]
    return Pixels(40, 20, 160, rows.data.cast("B"))


@pytest.fixture
def surface(qtbot: QtBot) -> Surface:
    made = Surface(DARK)
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    return made


def color_at(surface: Surface, x: int, y: int) -> tuple[int, int, int]:
    color = surface.grab().toImage().pixelColor(x, y)
    return color.red(), color.green(), color.blue()


def move(surface: Surface, x: float, y: float, held: bool = False) -> None:
    """The mouse as Qt tells it; the platform's own cursor stays out of it."""
    buttons = Qt.MouseButton.LeftButton if held else Qt.MouseButton.NoButton
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(x, y),
        QPointF(x, y),
        Qt.MouseButton.NoButton,
        buttons,
        Qt.KeyboardModifier.NoModifier,
    )
    surface.mouseMoveEvent(event)


def wheel(surface: Surface, x: float, y: float, turned: int) -> None:
    event = QWheelEvent(
        QPointF(x, y),
        QPointF(x, y),
        QPoint(),
        QPoint(0, turned),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    surface.wheelEvent(event)


def test_a_picture_is_fitted_in_the_middle(surface: Surface) -> None:
    surface.show_picture(flat((200, 30, 40)), None, OWN)
    assert color_at(surface, 200, 150) == (200, 30, 40)
    assert color_at(surface, 200, 20) == QColor(DARK.colors.canvas).getRgb()[:3]
    assert surface.zoom() == 10


def test_far_in_pixels_are_squares(surface: Surface) -> None:
    surface.show_picture(ramp(), None, OWN)
    surface.set_framing(Framing(8.0))
    image = surface.grab().toImage()
    line = {image.pixelColor(x, 150).red() for x in range(100, 300)}
    middle = {image.pixelColor(x, 150).red() for x in range(200, 208)}
    assert len(middle) == 1
    assert len(line) == 26


def test_the_wheel_zooms_at_the_cursor(surface: Surface) -> None:
    surface.show_picture(ramp(), None, OWN)
    move(surface, 265, 165)
    before = surface.read_out()
    wheel(surface, 265, 165, 240)
    after = surface.read_out()
    assert surface.zoom() == pytest.approx(10 * 1.25**2)
    assert before is not None
    assert after is not None
    assert after[:2] == before[:2]


def test_the_read_out_names_the_pixel_and_its_value(surface: Surface) -> None:
    surface.show_picture(ramp(), None, OWN)
    move(surface, 0.5 + 10 * 33, 50.5 + 10 * 7)
    found = surface.read_out()
    assert found is not None
    assert found[:2] == (33, 7)
    assert (found[2].red(), found[2].green(), found[3]) == (33, 7, False)
    surface.show_original(flat((1, 2, 3)))
    exact = surface.read_out()
    assert exact is not None
    assert (exact[2].name(), exact[3]) == ("#010203", True)


def test_outside_of_the_picture_nothing_is_read(surface: Surface) -> None:
    surface.show_picture(ramp(), None, OWN)
    move(surface, 200, 10)
    assert surface.read_out() is None
    surface.leaveEvent(QEvent(QEvent.Type.Leave))
    assert surface.hover is None


def test_dragging_moves_the_picture(surface: Surface, qtbot: QtBot) -> None:
    surface.show_picture(ramp(), None, OWN)
    surface.zoom_to(20)
    before = surface.framing.rect(OWN, surface.area())
    qtbot.mousePress(surface, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
    move(surface, 230, 140, held=True)
    qtbot.mouseRelease(surface, Qt.MouseButton.LeftButton, pos=QPoint(230, 140))
    after = surface.framing.rect(OWN, surface.area())
    assert (after.x - before.x, after.y - before.y) == (30, -10)


def test_a_double_click_goes_to_the_pixels_and_back(surface: Surface, qtbot: QtBot) -> None:
    surface.show_picture(ramp(), None, OWN)
    qtbot.mouseDClick(surface, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
    assert surface.zoom() == 1
    qtbot.mouseDClick(surface, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
    assert surface.framing == Framing()


def test_a_wipe_shows_one_on_either_side_of_a_line_that_can_be_moved(
    surface: Surface, qtbot: QtBot
) -> None:
    surface.show_picture(flat((200, 0, 0)), flat((0, 0, 200)), OWN)
    surface.set_comparison("wipe")
    assert color_at(surface, 150, 220) == (200, 0, 0)
    assert color_at(surface, 250, 220) == (0, 0, 200)
    qtbot.mousePress(surface, Qt.MouseButton.LeftButton, pos=QPoint(202, 150))
    move(surface, 100, 150, held=True)
    qtbot.mouseRelease(surface, Qt.MouseButton.LeftButton, pos=QPoint(100, 150))
    assert surface.wipe.at == 0.25
    assert surface.framing == Framing()
    assert color_at(surface, 150, 220) == (0, 0, 200)


def test_the_read_out_tells_what_is_seen_on_either_side(surface: Surface) -> None:
    surface.show_picture(flat((200, 0, 0)), flat((0, 0, 200)), OWN)
    surface.set_comparison("wipe")
    move(surface, 100, 150)
    left = surface.read_out()
    move(surface, 300, 150)
    right = surface.read_out()
    assert left is not None
    assert right is not None
    assert (left[2].name(), right[2].name()) == ("#c80000", "#0000c8")


def test_an_earlier_result_of_another_shape_keeps_it(surface: Surface) -> None:
    surface.show_picture(flat((200, 0, 0)), flat((0, 0, 200), 20, 20), OWN)
    surface.set_comparison("side")
    assert color_at(surface, 300, 160) == (0, 0, 200)
    assert color_at(surface, 390, 160) != (0, 0, 200)


def test_the_line_stays_inside_the_picture(surface: Surface, qtbot: QtBot) -> None:
    surface.show_picture(flat((200, 0, 0)), flat((0, 0, 200)), OWN)
    surface.set_comparison("wipe")
    qtbot.mousePress(surface, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
    move(surface, 5000, 150, held=True)
    qtbot.mouseRelease(surface, Qt.MouseButton.LeftButton, pos=QPoint(300, 150))
    assert surface.wipe.at == 1


def test_side_by_side_each_has_its_half(surface: Surface) -> None:
    surface.show_picture(flat((200, 0, 0)), flat((0, 0, 200)), OWN)
    surface.set_comparison("side")
    assert color_at(surface, 100, 160) == (200, 0, 0)
    assert color_at(surface, 300, 160) == (0, 0, 200)
    assert surface.wanted(Size(4000, 2000)) == (200, 100)


def test_the_difference_of_the_same_is_black(surface: Surface) -> None:
    surface.show_picture(flat((120, 60, 9)), flat((120, 60, 9)), OWN)
    surface.set_comparison("difference")
    assert color_at(surface, 200, 160) == (0, 0, 0)
    surface.show_picture(flat((120, 60, 9)), flat((100, 70, 9)), OWN)
    assert color_at(surface, 200, 160) == (20, 10, 0)


def test_what_is_transparent_shows_a_checker(surface: Surface) -> None:
    rows = np.zeros((20, 40, 4), np.uint8)
    surface.show_picture(Pixels(40, 20, 160, rows.data.cast("B"), alpha=True), None, OWN)
    image = surface.grab().toImage()
    assert {image.pixelColor(x, 150).name() for x in range(100, 130)} == {"#2a2d31", "#3a3e44"}


def test_the_zoom_stays_for_a_file_of_the_same_size_and_goes_for_another(
    surface: Surface,
) -> None:
    surface.show_picture(ramp(), None, OWN)
    surface.zoom_to(4)
    surface.show_picture(None, None, Size(0, 0))
    surface.show_picture(ramp(), None, OWN)
    assert surface.zoom() == 4
    surface.show_picture(flat((1, 1, 1), 80, 40), None, Size(80, 40))
    assert surface.framing == Framing()


def test_a_message_takes_the_picture_s_place(surface: Surface) -> None:
    surface.show_picture(ramp(), None, OWN)
    surface.show_message("warning", "This file cannot be shown", "It is empty.")
    assert surface.picture is None
    assert "It is empty." in surface.accessibleDescription()
    surface.grab()
