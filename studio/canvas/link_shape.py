"""The way of a link: a smooth curve from port to port through its waypoints; knows no Qt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import hypot
from typing import Final, NamedTuple

from studio.canvas.geometry import Box
from studio.faces import Point

SHORTEST: Final = 24.0
LONGEST: Final = 220.0
STEPS: Final = 12


class Piece(NamedTuple):
    """A cubic from the end of the piece before: two control points and where it ends."""

    c1: Point
    c2: Point
    end: Point


class Curve(NamedTuple):
    """A start and the cubics that follow."""

    start: Point
    pieces: tuple[Piece, ...]

    @property
    def bounds(self) -> Box:
        """A rectangle that surely holds the curve: around its control points."""
        xs = [self.start[0]] + [point[0] for piece in self.pieces for point in piece]
        ys = [self.start[1]] + [point[1] for piece in self.pieces for point in piece]
        x, y = min(xs), min(ys)
        return Box(x, y, max(xs) - x, max(ys) - y)

    def points(self) -> tuple[Point, ...]:
        """The curve as a polyline, fine enough to measure distances to it."""
        found = [self.start]
        for piece in self.pieces:
            found.extend(_sampled(found[-1], piece))
        return tuple(found)


def curve_between(source: Point, target: Point, waypoints: Sequence[Point] = ()) -> Curve:
    """The curve that leaves `source` to the right and reaches `target` from the left."""
    if not waypoints:
        pull = _pull(source, target)
        bend = Piece((source[0] + pull, source[1]), (target[0] - pull, target[1]), target)
        return Curve(source, (bend,))
    points = [source, *waypoints, target]
    tangents = [_level_tangent(source, points[1])]
    tangents += [_tangent(points[n - 1], points[n + 1]) for n in range(1, len(points) - 1)]
    tangents.append(_level_tangent(points[-2], target))
    pieces = [
        _piece(points[n], points[n + 1], tangents[n], tangents[n + 1])
        for n in range(len(points) - 1)
    ]
    return Curve(source, tuple(pieces))


def distance_to(points: Sequence[Point], x: float, y: float) -> float:
    """How far a point is from a polyline."""
    return min(_distance(points[n], points[n + 1], x, y) for n in range(len(points) - 1))


def middle_of(points: Sequence[Point]) -> Point:
    """A point half way along a polyline."""
    lengths = [
        hypot(points[n + 1][0] - points[n][0], points[n + 1][1] - points[n][1])
        for n in range(len(points) - 1)
    ]
    left = sum(lengths) / 2
    for n, length in enumerate(lengths):
        if left <= length and length > 0:
            share = left / length
            (ax, ay), (bx, by) = points[n], points[n + 1]
            return ax + (bx - ax) * share, ay + (by - ay) * share
        left -= length
    return points[-1]


def _pull(source: Point, target: Point) -> float:
    """How far the curve runs straight on: more where it has to turn back."""
    dx, dy = target[0] - source[0], abs(target[1] - source[1])
    pull = dx / 2 if dx > 0 else -dx * 0.6 + min(dy, 160.0) * 0.4
    return min(LONGEST, max(SHORTEST, pull, min(dy, 120.0) * 0.35))


def _level_tangent(one: Point, other: Point) -> Point:
    return max(SHORTEST, min(LONGEST, hypot(other[0] - one[0], other[1] - one[1]))), 0.0


def _tangent(before: Point, after: Point) -> Point:
    return (after[0] - before[0]) / 2, (after[1] - before[1]) / 2


def _piece(start: Point, end: Point, leaving: Point, arriving: Point) -> Piece:
    return Piece(
        (start[0] + leaving[0] / 3, start[1] + leaving[1] / 3),
        (end[0] - arriving[0] / 3, end[1] - arriving[1] / 3),
        end,
    )


def _sampled(start: Point, piece: Piece) -> Iterator[Point]:
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = start, *piece
    for step in range(1, STEPS + 1):
        t = step / STEPS
        u = 1 - t
        a, b, c, d = u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
        yield a * ax + b * bx + c * cx + d * dx, a * ay + b * by + c * cy + d * dy


def _distance(a: Point, b: Point, x: float, y: float) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy
    share = 0.0 if length == 0 else ((x - a[0]) * dx + (y - a[1]) * dy) / length
    share = min(1.0, max(0.0, share))
    return hypot(a[0] + dx * share - x, a[1] + dy * share - y)
