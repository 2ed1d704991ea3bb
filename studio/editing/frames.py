"""Frames around nodes: made, moved with what is in them, resized, named."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from pydantic import JsonValue

from engine.graph.document import Document
from engine.graph.edits import Composite, Edit, Move
from engine.graph.edits.names import free_name
from studio.editing.adding import Added
from studio.editing.arrange import Box, Boxes, bounds
from studio.editing.looks import ChangeLooks, Part, SetLooks, entries_of, place_of

PADDING: Final = 20.0
TITLE_HEIGHT: Final = 32.0
LEAST_FRAME: Final = (80.0, 60.0)


def frame_of(document: Document, id: str) -> Box | None:
    """Where a frame is; None if there is none of this id, or its entry is damaged."""
    entry = entries_of(document, "frames").get(id)
    at, size = place_of(entry), place_of(entry, "size")
    return None if at is None or size is None else Box(*at, *size)


def add_frame(document: Document, within: str, box: Box, title: str = "Frame") -> Added:
    """Draw a frame."""
    id = free_name("frame", entries_of(document, "frames"))
    entry: dict[str, JsonValue] = {
        "within": within,
        "at": [box.x, box.y],
        "size": [box.width, box.height],
        "title": title,
    }
    return Added(SetLooks("Add frame", "frames", {id: entry}), id)


def frame_around(document: Document, within: str, boxes: Boxes, title: str = "Frame") -> Added:
    """Draw a frame around nodes; there is at least one."""
    inner = bounds(boxes)
    around = Box(
        inner.x - PADDING,
        inner.y - PADDING - TITLE_HEIGHT,
        inner.width + 2 * PADDING,
        inner.height + 2 * PADDING + TITLE_HEIGHT,
    )
    return add_frame(document, within, around, title)


def nodes_inside(frame: Box, boxes: Boxes) -> frozenset[str]:
    """The nodes whose middle is in a frame: these move with it."""
    return frozenset(
        id
        for id, box in boxes.items()
        if frame.contains(Box(box.x + box.width / 2, box.y + box.height / 2, 0, 0))
    )


def move_all(
    document: Document,
    within: str,
    places: Mapping[str, tuple[float, float]],
    frames: Collection[str],
    notes: Collection[str],
    by: tuple[float, float],
) -> Edit:
    """Put nodes at their new places, and move frames and notes by an offset."""
    edits: list[Edit] = [Move(places, within)] if places else []
    if frames:
        edits.append(ChangeLooks("Move", "frames", _offset(document, "frames", frames, by)))
    if notes:
        edits.append(ChangeLooks("Move", "notes", _offset(document, "notes", notes, by)))
    return edits[0] if len(edits) == 1 else Composite("Move", tuple(edits))


def _offset(
    document: Document, part: Part, ids: Collection[str], by: tuple[float, float]
) -> dict[str, dict[str, JsonValue]]:
    entries = entries_of(document, part)
    moved: dict[str, dict[str, JsonValue]] = {}
    for id in ids:
        at = place_of(entries.get(id))
        if at is not None:
            moved[id] = {"at": [at[0] + by[0], at[1] + by[1]]}
    return moved


def resize_frame(id: str, box: Box) -> Edit:
    """Give a frame another place and size."""
    width, height = max(box.width, LEAST_FRAME[0]), max(box.height, LEAST_FRAME[1])
    fields: dict[str, JsonValue] = {"at": [box.x, box.y], "size": [width, height]}
    return ChangeLooks("Resize frame", "frames", {id: fields})


def retitle_frame(id: str, title: str) -> Edit:
    """Call a frame otherwise."""
    return ChangeLooks("Rename frame", "frames", {id: {"title": title.strip()}})


def color_frames(ids: Collection[str], name: str) -> Edit:
    """Give frames a color; '' takes it away."""
    return ChangeLooks("Color frames", "frames", {id: {"color": name or None} for id in ids})
