"""How a document looks, read from its `view`: whatever stands there, something can be drawn.

    view["nodes"][place key]            {"at": [x, y], "collapsed": true, "color", "title", "width"}
    view["frames"][id]                  {"within", "at", "size": [w, h], "title", "color"}
    view["notes"][id]                   {"within", "at", "size", "text", "color"}
    view["waypoints"][place key.port]   [[x, y], ...] of the link into that port

Scene units are pixels at full size; y grows downwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

from engine.graph.document import Document
from studio.faces import FrameFace, NoteFace, Point

FRAME_SIZE: Final = (400.0, 240.0)
NOTE_SIZE: Final = (220.0, 120.0)
FARTHEST: Final = 1e6
"""Nothing is drawn farther out than this."""


def box_of(document: Document, key: str) -> JsonValue:
    """What is known of a node's box."""
    return section(document, "nodes").get(key)


def section(document: Document, name: str) -> Mapping[str, JsonValue]:
    """One of the mappings of a view; empty where something else stands there."""
    found = document.view.get(name)
    return found if isinstance(found, dict) else {}


def frames_on(document: Document, level: str) -> dict[str, FrameFace]:
    """The frames of a level."""
    return {
        id: FrameFace(
            id,
            point(entry.get("at"), (0.0, 0.0)),
            point(entry.get("size"), FRAME_SIZE),
            text(entry.get("title")),
            text(entry.get("color")),
        )
        for id, entry in _on(document, "frames", level)
    }


def notes_on(document: Document, level: str) -> dict[str, NoteFace]:
    """The notes of a level."""
    return {
        id: NoteFace(
            id,
            point(entry.get("at"), (0.0, 0.0)),
            point(entry.get("size"), NOTE_SIZE),
            text(entry.get("text")),
            text(entry.get("color")),
        )
        for id, entry in _on(document, "notes", level)
    }


def waypoints_of(document: Document, key: str) -> tuple[Point, ...]:
    """The points that a link is led through, by the key of its target."""
    found = section(document, "waypoints").get(key)
    if not isinstance(found, list):
        return ()
    return tuple(point(each, (0.0, 0.0)) for each in found if is_point(each))


def is_point(value: JsonValue) -> bool:
    """Whether a value is a pair of numbers."""
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(number, int | float) for number in value)
    )


def point(value: JsonValue, otherwise: Point) -> Point:
    """A pair of numbers that can be drawn."""
    if not is_point(value):
        return otherwise
    assert isinstance(value, list)
    return (_near(value[0]), _near(value[1]))


def text(value: JsonValue) -> str:
    """A text, or nothing."""
    return value if isinstance(value, str) else ""


def _near(value: JsonValue) -> float:
    assert isinstance(value, int | float)
    return max(-FARTHEST, min(FARTHEST, float(value)))


def _on(document: Document, name: str, level: str) -> list[tuple[str, Mapping[str, JsonValue]]]:
    return [
        (id, entry)
        for id, entry in section(document, name).items()
        if isinstance(entry, dict) and (entry.get("within") or "") == level
    ]
