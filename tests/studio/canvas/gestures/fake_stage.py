"""A stage without a screen: boxes of nodes, and what gestures showed on it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from pydantic import JsonValue

from engine.graph.document import Document, Endpoint
from studio.canvas.geometry import Box as SceneBox
from studio.canvas.gestures.linking import kind_of
from studio.canvas.gestures.stage import Button, Pointer, level_of
from studio.canvas.hits import Hit
from studio.document import OpenDocument
from studio.editing.arrange import Box
from studio.editing.looks import Part, entries_of, place_of
from studio.faces import ParamFace, Point
from studio.view_data import frames_on, notes_on
from tests.engine.graph.samples import REGISTRY

SIZE = (200.0, 100.0)
PORT = 40.0
"""Ports lie so far below the upper corners of a node."""


class FakeStage:
    """Nodes are boxes of one size; links are straight; `hits` overrides what lies at a point."""

    def __init__(self, document: Document) -> None:
        self.opened = OpenDocument(document, REGISTRY)
        self.snaps = False
        self.hits: dict[Point, Hit] = {}
        self.params: dict[Endpoint, ParamFace] = {}
        self.offset: tuple[frozenset[str], Point] = (frozenset(), (0.0, 0.0))
        self.held: dict[str, Box] = {}
        self.draft: tuple[str, bool, str] | None = None
        self.marked: frozenset[Endpoint] | None = None
        self.hot_link: Endpoint | None = None
        self.marquee: Box | None = None
        self.cut: tuple[Point, ...] = ()
        self.searched: tuple[Point, Endpoint | None, bool] | None = None
        self.edited: Hit | None = None
        self.said: list[str] = []

    def hit(self, at: Point) -> Hit:
        if at in self.hits:
            return self.hits[at]
        for id, box in self.boxes().items():
            if box.contains(Box(*at, 0, 0)):
                return Hit("node", id, box=SceneBox(box.x, box.y, box.width, box.height))
        return Hit()

    def boxes(self) -> dict[str, Box]:
        found = entries_of(self.opened.document, "nodes")
        places = {id: place_of(entry) for id, entry in found.items() if ":" not in id}
        return {id: Box(*at, *SIZE) for id, at in places.items() if at is not None}

    def box_of(self, node: str) -> Box:
        return self.boxes()[node]

    def nodes_in(self, area: Box) -> frozenset[str]:
        return frozenset(id for id, box in self.boxes().items() if area.contains(box))

    def frames_in(self, area: Box) -> frozenset[str]:
        frames = frames_on(self.opened.document, self.opened.level)
        return frozenset(id for id, f in frames.items() if area.contains(Box(*f.at, *f.size)))

    def notes_in(self, area: Box) -> frozenset[str]:
        notes = notes_on(self.opened.document, self.opened.level)
        return frozenset(id for id, n in notes.items() if area.contains(Box(*n.at, *n.size)))

    def links_in(self, area: Box) -> dict[Endpoint, tuple[Point, ...]]:
        return {
            link.target: (self.port_at(link.source, True), self.port_at(link.target, False))
            for link in self.opened.graph.links
        }

    def port_at(self, port: Endpoint, is_output: bool) -> Point:
        box = self.boxes()[port[0]]
        return (box.right if is_output else box.x), box.y + PORT

    def kind_of(self, port: Endpoint, is_output: bool) -> str:
        return kind_of(level_of(self.opened), port, is_output)

    def param_of(self, node: str, name: str) -> ParamFace | None:
        return self.params.get((node, name))

    def show_draft(self, start: Point, end: Point, kind: str, ok: bool, reason: str) -> None:
        self.draft = (kind, ok, reason)

    def hide_draft(self) -> None:
        self.draft = None

    def highlight_ports(self, ports: Collection[Endpoint] | None, outputs: bool = False) -> None:
        self.marked = None if ports is None else frozenset(ports)

    def highlight_link(self, target: Endpoint | None) -> None:
        self.hot_link = target

    def show_marquee(self, area: Box | None) -> None:
        self.marquee = area

    def show_cut(self, stroke: Iterable[Point]) -> None:
        self.cut = tuple(stroke)

    def offset_nodes(self, nodes: Collection[str], by: Point) -> None:
        self.offset = (frozenset(nodes), by)

    def hold_boxes(self, boxes: Mapping[str, Box]) -> None:
        self.held = dict(boxes)

    def unplaced(self) -> dict[str, Point]:
        return {}

    def search(self, at: Point, fixed: Endpoint | None = None, is_output: bool = True) -> None:
        self.searched = (at, fixed, is_output)

    def edit_param(self, hit: Hit) -> None:
        self.edited = hit

    def say(self, sentence: str) -> None:
        self.said.append(sentence)


def entry_of(document: Document, part: Part, key: str) -> dict[str, JsonValue]:
    """One entry of the view."""
    found = entries_of(document, part)[key]
    assert isinstance(found, dict)
    return found


def pointer(
    x: float,
    y: float,
    button: Button = "left",
    *,
    shift: bool = False,
    ctrl: bool = False,
    alt: bool = False,
    cutting: bool = False,
) -> Pointer:
    """The mouse at a point, seen at full size."""
    return Pointer((x, y), (x, y), button, shift, ctrl, alt, cutting)
