"""How things look: entries of `view`, for nodes, frames, notes and waypoints alike."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from pydantic import JsonValue

from engine.graph.document import Document
from engine.graph.edits import Edit
from engine.graph.edits.changes import Change, Drop, PlannedEdit, Put
from engine.graph.edits.names import place_key
from studio.faces import Point
from studio.view_data import is_point, point, section

Part: TypeAlias = Literal["nodes", "frames", "notes", "waypoints"]
PLACED: tuple[Part, ...] = ("nodes", "waypoints")
"""The parts of a view whose keys begin with a place."""
ON_LEVELS: tuple[Part, ...] = ("frames", "notes")
Entries: TypeAlias = Mapping[str, JsonValue]
Box: TypeAlias = dict[str, JsonValue]

LEAST_WIDTH: Final = 140.0
MOST_WIDTH: Final = 800.0


@dataclass(frozen=True)
class SetLooks(PlannedEdit):
    """Set entries of a part of the view; None removes one, and a part that is empty goes too."""

    name: str
    part: Part
    entries: Entries

    @property
    def label(self) -> str:
        return self.name

    def plan(self, document: Document) -> Iterator[Change]:
        before = entries_of(document, self.part)
        after = _without_none({**before, **self.entries})
        if after and (after != before or self.part not in document.view):
            yield Put("view", self.part, after)
        elif not after and self.part in document.view:
            yield Drop("view", self.part)


@dataclass(frozen=True)
class ChangeLooks(PlannedEdit):
    """Set fields of entries of the view and keep their others; None takes a field away."""

    name: str
    part: Part
    fields: Mapping[str, Entries]

    @property
    def label(self) -> str:
        return self.name

    def plan(self, document: Document) -> Iterator[Change]:
        before = entries_of(document, self.part)
        changed = {key: _merged(before.get(key), fields) for key, fields in self.fields.items()}
        yield from SetLooks(self.name, self.part, changed).plan(document)


def _merged(entry: JsonValue, fields: Entries) -> JsonValue:
    known = entry if isinstance(entry, dict) else {}
    return _without_none({**known, **fields}) or None


def _without_none(entries: Entries) -> Box:
    return {key: value for key, value in entries.items() if value is not None}


def entries_of(document: Document, part: Part) -> Box:
    """A copy of one part of the view; what is no object there counts as nothing."""
    return dict(section(document, part))


def place_of(entry: JsonValue, key: str = "at") -> Point | None:
    """A pair of numbers in an entry: its corner, or its size."""
    pair = entry.get(key) if isinstance(entry, dict) else None
    return point(pair, (0.0, 0.0)) if is_point(pair) else None


def color(document: Document, within: str, nodes: Collection[str], name: str) -> Edit:
    """Give nodes a color by its name; '' takes it away."""
    return _on_nodes("Color nodes" if name else "Uncolor nodes", within, nodes, "color", name)


def retitle(document: Document, within: str, node: str, title: str) -> Edit:
    """Call a node otherwise on the canvas; '' brings its type's title back."""
    return _on_nodes(f"Retitle '{node}'", within, [node], "title", title.strip())


def set_collapsed(document: Document, within: str, nodes: Collection[str], on: bool) -> Edit:
    """Show only the headers of nodes, or all of them again."""
    return _on_nodes("Collapse" if on else "Expand", within, nodes, "collapsed", on)


def toggle_collapsed(document: Document, within: str, nodes: Collection[str]) -> Edit:
    """Collapse nodes; expand them if all are collapsed."""
    boxes = entries_of(document, "nodes")
    found = [boxes.get(place_key(id, within)) for id in nodes]
    collapsed = all(isinstance(box, dict) and box.get("collapsed") is True for box in found)
    return set_collapsed(document, within, nodes, not collapsed)


def set_width(document: Document, within: str, nodes: Collection[str], width: float) -> Edit:
    """Make nodes as wide as that, within reason."""
    wide = round(min(max(width, LEAST_WIDTH), MOST_WIDTH))
    return _on_nodes("Resize nodes", within, nodes, "width", wide)


def _on_nodes(
    label: str, within: str, nodes: Collection[str], key: str, value: str | float | bool
) -> Edit:
    stored: JsonValue = value or None
    return ChangeLooks(label, "nodes", {place_key(id, within): {key: stored} for id in nodes})
