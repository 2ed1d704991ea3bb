"""Where a picture lies in the surface."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.viewer.framing import (
    MAX_ZOOM,
    MIN_ZOOM,
    Framing,
    Point,
    Rect,
    Size,
    wanted_size,
)

FILM, AREA = Size(1920, 1080), Size(960, 640)


def test_a_fitted_picture_is_whole_and_in_the_middle() -> None:
    assert Framing().rect(FILM, AREA) == Rect(0, 50, 960, 540)


def test_one_to_one_shows_the_middle() -> None:
    assert Framing(1.0).rect(FILM, AREA) == Rect(-480, -220, 1920, 1080)


@given(
    x=st.floats(0, 960),
    y=st.floats(0, 640),
    factors=st.lists(st.floats(0.5, 2), min_size=1, max_size=6),
)
def test_zooming_keeps_the_point_under_the_cursor(x: float, y: float, factors: list[float]) -> None:
    framing, at = Framing(1.0), Point(x, y)
    held = framing.to_picture(at, FILM, AREA)
    for factor in factors:
        framing = framing.zoomed(factor, at, FILM, AREA)
        scale = framing.scale(FILM, AREA)
        now = framing.to_picture(at, FILM, AREA)
        middle = framing.center
        assert middle is not None
        at_edge = middle.x in (0, FILM.width) or middle.y in (0, FILM.height)
        if at_edge:
            return
        assert abs(now.x - held.x) * scale <= 1
        assert abs(now.y - held.y) * scale <= 1


def test_zoom_has_limits() -> None:
    assert Framing().zoomed(1e9, Point(0, 0), FILM, AREA).zoom == MAX_ZOOM
    assert Framing().zoomed(1e-9, Point(0, 0), FILM, AREA).zoom == MIN_ZOOM


def test_panning_moves_by_the_cursor_s_pixels() -> None:
    before = Framing(2.0)
    after = before.panned(30, -10, FILM, AREA)
    assert after.rect(FILM, AREA).x - before.rect(FILM, AREA).x == 30
    assert after.rect(FILM, AREA).y - before.rect(FILM, AREA).y == -10


def test_a_picture_cannot_be_lost() -> None:
    rect = Framing(1.0).panned(1e6, 1e6, FILM, AREA).rect(FILM, AREA)
    assert rect.x <= AREA.width / 2
    assert rect.y <= AREA.height / 2


@pytest.mark.parametrize(
    ("zoom", "wanted"),
    [
        (None, (960, 540)),
        (0.25, (480, 270)),
        (0.75, (1440, 810)),
        (1.0, (1920, 1080)),
        (8.0, (1920, 1080)),
    ],
)
def test_frames_are_wanted_as_large_as_they_are_seen(
    zoom: float | None, wanted: tuple[int, int]
) -> None:
    assert wanted_size(Framing(zoom), FILM, AREA) == wanted


def test_a_small_picture_is_wanted_enlarged_until_its_pixels_show() -> None:
    assert wanted_size(Framing(), Size(640, 360), AREA) == (960, 540)
    assert wanted_size(Framing(), Size(320, 180), AREA) == (320, 180)


def test_nothing_has_a_size_without_failing() -> None:
    assert Framing().scale(Size(0, 0), AREA) == 1
    assert wanted_size(Framing(), Size(0, 0), AREA) == (1, 1)
