"""Which shape the mouse has over what lies under it."""

from __future__ import annotations

from PySide6.QtCore import Qt

from engine.graph.params import ParamSpec
from studio.canvas.gestures.machine import PARAM_END
from studio.canvas.gestures.resizing import NODE_EDGE
from studio.canvas.gestures.scrubbing import can_scrub
from studio.canvas.hits import Hit
from studio.faces import Point

Shape = Qt.CursorShape


def cursor_for(hit: Hit, at: Point, spec: ParamSpec | None, cutting: bool) -> Qt.CursorShape:
    """The cursor that tells what a press would do."""
    if cutting or (hit.kind == "port"):
        return Shape.CrossCursor
    if hit.kind in ("frame-edge", "note") and hit.edges:
        return _of_edges(hit.edges)
    if hit.kind == "widget":
        return _of_param(hit, at, spec)
    if hit.kind == "node" and at[0] > hit.box.x + hit.box.w - NODE_EDGE:
        return Shape.SizeHorCursor
    return Shape.PointingHandCursor if hit.kind == "waypoint" else Shape.ArrowCursor


def _of_param(hit: Hit, at: Point, spec: ParamSpec | None) -> Qt.CursorShape:
    if at[0] < hit.box.x + PARAM_END:
        return Shape.CrossCursor
    if spec is None:
        return Shape.ArrowCursor
    if can_scrub(spec):
        return Shape.SizeHorCursor
    typed = spec.type is str and not spec.choices
    return Shape.IBeamCursor if typed else Shape.PointingHandCursor


def _of_edges(edges: frozenset[str]) -> Qt.CursorShape:
    if edges >= {"left", "top"} or edges >= {"right", "bottom"}:
        return Shape.SizeFDiagCursor
    if edges >= {"right", "top"} or edges >= {"left", "bottom"}:
        return Shape.SizeBDiagCursor
    return Shape.SizeHorCursor if edges & {"left", "right"} else Shape.SizeVerCursor
