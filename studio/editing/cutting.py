"""Which links a stroke of the mouse cuts: the geometry of polylines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

from engine.graph.document import Endpoint
from studio.faces import Point

Line: TypeAlias = Sequence[Point]
"""Two points or more."""
Bounds: TypeAlias = tuple[float, float, float, float]


def links_cut(stroke: Line, links: Mapping[Endpoint, Line]) -> tuple[Endpoint, ...]:
    """The links (by target) whose drawn lines the stroke crosses."""
    if len(stroke) < 2:
        return ()
    around = _bounds(stroke)
    near = {target: line for target, line in links.items() if _overlap(around, _bounds(line))}
    return tuple(target for target, line in near.items() if crosses(stroke, line))


def crosses(first: Line, second: Line) -> bool:
    """Whether two lines meet anywhere."""
    around = _bounds(first)
    near = [pair for pair in pairwise(second) if _overlap(around, _bounds(pair))]
    return any(_segments_meet(*one, *other) for one in pairwise(first) for other in near)


def _segments_meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    one, two = _side(a, b, c), _side(a, b, d)
    three, four = _side(c, d, a), _side(c, d, b)
    if one * two < 0 and three * four < 0:
        return True
    ends = ((one, a, b, c), (two, a, b, d), (three, c, d, a), (four, c, d, b))
    return any(side == 0 and _within(p, q, r) for side, p, q, r in ends)


def _side(a: Point, b: Point, c: Point) -> float:
    """On which side of the line through a and b the point c is; 0 on it."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _within(a: Point, b: Point, c: Point) -> bool:
    """Whether c, a point on the line through a and b, is between them."""
    low_x, high_x = sorted((a[0], b[0]))
    low_y, high_y = sorted((a[1], b[1]))
    return low_x <= c[0] <= high_x and low_y <= c[1] <= high_y


def _bounds(line: Line) -> Bounds:
    if len(line) == 2:
        (ax, ay), (bx, by) = line
        return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)
    xs, ys = [x for x, _ in line], [y for _, y in line]
    return min(xs), min(ys), max(xs), max(ys)


def _overlap(a: Bounds, b: Bounds) -> bool:
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]
