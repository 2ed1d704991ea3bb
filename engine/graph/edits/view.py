"""Edits of how a document looks; they change nothing that computes.

`view['nodes']` maps a node (inside a definition 'name:id') to what is known of its box, with its
upper left corner as 'at': [x, y].  Everything else in `view` belongs to the front end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from engine.graph.document import Document
from engine.graph.edits.changes import Change, Drop, PlannedEdit, Put, graph_in
from engine.graph.edits.names import node_in, place_key


@dataclass(frozen=True)
class Move(PlannedEdit):
    """Place boxes: the upper left corner by node id."""

    places: Mapping[str, tuple[float, float]]
    within: str = ""

    @property
    def label(self) -> str:
        return "Move"

    def plan(self, document: Document) -> Iterator[Change]:
        boxes = boxes_of(document)
        for id, (x, y) in self.places.items():
            node_in(graph_in(document, self.within), id)
            key = place_key(id, self.within)
            boxes[key] = {**_box(boxes.get(key)), "at": [x, y]}
        yield Put("view", "nodes", boxes)


@dataclass(frozen=True)
class SetView(PlannedEdit):
    """Set an entry of `view` (frames, notes, waypoints); None removes it."""

    key: str
    value: JsonValue

    @property
    def label(self) -> str:
        return f"Change {self.key}"

    def plan(self, document: Document) -> Iterator[Change]:
        if self.value is not None:
            yield Put("view", self.key, self.value)
        elif self.key in document.view:
            yield Drop("view", self.key)


def boxes_of(document: Document) -> dict[str, JsonValue]:
    """A copy of what is known of the nodes' boxes, by place key."""
    return _box(document.view.get("nodes"))


def _box(value: JsonValue) -> dict[str, JsonValue]:
    return dict(value) if isinstance(value, dict) else {}


def forget_place(document: Document, key: str) -> Iterator[Change]:
    """Forget the box of a node that goes."""
    boxes = boxes_of(document)
    if key in boxes:
        yield Put("view", "nodes", {other: box for other, box in boxes.items() if other != key})


def rename_place(document: Document, old: str, new: str) -> Iterator[Change]:
    """Keep the box of a node that is called otherwise now."""
    boxes = boxes_of(document)
    if old in boxes:
        renamed = {new if key == old else key: box for key, box in boxes.items()}
        yield Put("view", "nodes", renamed)
