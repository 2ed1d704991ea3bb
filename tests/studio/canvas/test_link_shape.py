"""The way of a link."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from studio.canvas.link_shape import curve_between, distance_to, middle_of

coordinates = st.floats(-5_000, 5_000, allow_nan=False)
points = st.tuples(coordinates, coordinates)


@given(points, points, st.lists(points, max_size=4))
def test_a_curve_begins_ends_and_bends_where_it_should(
    source: tuple[float, float], target: tuple[float, float], between: list[tuple[float, float]]
) -> None:
    curve = curve_between(source, target, between)
    assert curve.start == source
    assert [piece.end for piece in curve.pieces] == [*between, target]


@given(points, points, st.lists(points, max_size=4))
def test_its_bounds_hold_every_point_of_it(
    source: tuple[float, float], target: tuple[float, float], between: list[tuple[float, float]]
) -> None:
    curve = curve_between(source, target, between)
    bounds = curve.bounds.grown(0.01)
    assert all(bounds.holds(x, y) for x, y in curve.points())


@given(points, points)
def test_it_leaves_to_the_right_and_arrives_from_the_left(
    source: tuple[float, float], target: tuple[float, float]
) -> None:
    (piece,) = curve_between(source, target).pieces
    assert piece.c1[0] > source[0]
    assert piece.c1[1] == source[1]
    assert piece.c2[0] < target[0]
    assert piece.c2[1] == target[1]


def test_how_far_a_point_is_from_it() -> None:
    line = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0))
    assert distance_to(line, 5.0, 3.0) == 3.0
    assert distance_to(line, 14.0, 5.0) == 4.0
    assert distance_to(line, -3.0, 4.0) == 5.0


def test_half_way_along_is_measured_along_the_line() -> None:
    assert middle_of(((0.0, 0.0), (10.0, 0.0), (10.0, 10.0))) == (10.0, 0.0)
    assert middle_of(((0.0, 0.0), (30.0, 0.0), (30.0, 10.0))) == (20.0, 0.0)
