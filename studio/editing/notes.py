"""Notes on the canvas."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from pydantic import JsonValue

from engine.graph.document import Document
from engine.graph.edits import Edit
from engine.graph.edits.names import free_name
from studio.editing.adding import Added
from studio.editing.arrange import Box
from studio.editing.looks import ChangeLooks, SetLooks, entries_of, place_of
from studio.faces import Point
from studio.view_data import NOTE_SIZE

LEAST_NOTE: Final = (80.0, 40.0)


def note_of(document: Document, id: str) -> Box | None:
    """Where a note is; None if there is none of this id, or its entry is damaged."""
    entry = entries_of(document, "notes").get(id)
    at, size = place_of(entry), place_of(entry, "size")
    return None if at is None else Box(*at, *(size or NOTE_SIZE))


def add_note(document: Document, within: str, at: Point, text: str = "") -> Added:
    """Stick a note to a place."""
    id = free_name("note", entries_of(document, "notes"))
    entry: dict[str, JsonValue] = {
        "within": within,
        "at": [at[0], at[1]],
        "size": list(NOTE_SIZE),
        "text": text,
    }
    return Added(SetLooks("Add note", "notes", {id: entry}), id)


def write_note(id: str, text: str) -> Edit:
    """Change what a note says."""
    return ChangeLooks("Write a note", "notes", {id: {"text": text}})


def resize_note(id: str, box: Box) -> Edit:
    """Give a note another place and size."""
    width, height = max(box.width, LEAST_NOTE[0]), max(box.height, LEAST_NOTE[1])
    fields: dict[str, JsonValue] = {"at": [box.x, box.y], "size": [width, height]}
    return ChangeLooks("Resize note", "notes", {id: fields})


def color_notes(ids: Collection[str], name: str) -> Edit:
    """Give notes a color; '' takes it away."""
    return ChangeLooks("Color notes", "notes", {id: {"color": name or None} for id in ids})
