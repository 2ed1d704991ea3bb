"""The stage that a real canvas is: gestures' words turned into those of scene and view."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from PySide6.QtCore import QPointF, QRectF

from engine.graph.document import Endpoint
from studio.canvas.geometry import Box as SceneBox
from studio.canvas.gestures.linking import kind_of
from studio.canvas.gestures.stage import level_of
from studio.canvas.hits import Hit
from studio.canvas.sprites import READABLE
from studio.canvas.view import CanvasView
from studio.document import OpenDocument
from studio.editing.arrange import Box
from studio.faces import ParamFace, Point

AIMED: Final = 0.25
"""Seen smaller than this, ports cannot be aimed at inside of a node."""


class ViewStage:
    """A canvas view as gestures see it."""

    def __init__(
        self,
        view: CanvasView,
        search: Callable[[Point, Endpoint | None, bool], None],
        edit_param: Callable[[Hit], None],
        say: Callable[[str], None],
    ) -> None:
        self._view, self._scene = view, view.canvas
        self._search, self._edit_param, self._say = search, edit_param, say
        self.snaps = True

    @property
    def opened(self) -> OpenDocument:
        return self._view.open_document

    def hit(self, at: Point) -> Hit:
        """What lies at a point; a parameter too small to be drawn is a part of its node."""
        hit = self._scene.hit(QPointF(*at))
        far = self._view.camera.zoom < (READABLE if hit.kind == "widget" else AIMED)
        if far and hit.kind in ("widget", "port"):
            box = self._scene.nodes[hit.node].box
            if hit.kind == "widget" or box.holds(*at):
                return Hit("node", hit.node, box=box)
        return hit

    def boxes(self) -> dict[str, Box]:
        return {id: Box(*node.box) for id, node in self._scene.nodes.items()}

    def box_of(self, node: str) -> Box:
        return Box(*self._scene.nodes[node].box)

    def nodes_in(self, area: Box) -> frozenset[str]:
        return self._scene.nodes_in(_rect(area))

    def frames_in(self, area: Box) -> frozenset[str]:
        frames = self._scene.face.frames.values()
        return frozenset(f.id for f in frames if area.contains(Box(*f.at, *f.size)))

    def notes_in(self, area: Box) -> frozenset[str]:
        met = SceneBox(area.x, area.y, area.width, area.height)
        notes = self._scene.face.notes.values()
        return frozenset(n.id for n in notes if met.meets(SceneBox(*n.at, *n.size)))

    def links_in(self, area: Box) -> dict[Endpoint, tuple[Point, ...]]:
        near = self._scene.links_near(_rect(area))
        return {link.face.target: link.points for link in near}

    def port_at(self, port: Endpoint, is_output: bool) -> Point:
        at = self._scene.port_pos(port[0], port[1], is_output)
        return at.x(), at.y()

    def kind_of(self, port: Endpoint, is_output: bool) -> str:
        return kind_of(level_of(self.opened), port, is_output)

    def param_of(self, node: str, name: str) -> ParamFace | None:
        rows = self._scene.nodes[node].shape.rows if node in self._scene.nodes else ()
        return next((row.face for row in rows if row.face.spec.name == name), None)

    def show_draft(self, start: Point, end: Point, kind: str, ok: bool, reason: str) -> None:
        self._scene.show_draft_link(QPointF(*start), QPointF(*end), kind, ok, reason)

    def hide_draft(self) -> None:
        self._scene.hide_draft_link()

    def highlight_ports(self, ports: Collection[Endpoint] | None, outputs: bool = False) -> None:
        if ports is None:
            self._scene.highlight_ports(None)
            return
        fitting = frozenset(ports)
        self._scene.highlight_ports(
            lambda node, port, is_output: is_output == outputs and (node, port) in fitting
        )

    def highlight_link(self, target: Endpoint | None) -> None:
        self._scene.highlight_link(target)

    def show_marquee(self, area: Box | None) -> None:
        self._scene.show_marquee(None if area is None else _rect(area))

    def show_cut(self, stroke: Iterable[Point]) -> None:
        self._scene.show_cut([QPointF(*point) for point in stroke])

    def offset_nodes(self, nodes: Collection[str], by: Point) -> None:
        self._scene.offset_nodes(nodes, *by)

    def hold_boxes(self, boxes: Mapping[str, Box]) -> None:
        self._scene.hold_boxes(
            {id: SceneBox(b.x, b.y, b.width, b.height) for id, b in boxes.items()}
        )

    def unplaced(self) -> Mapping[str, Point]:
        return self._scene.unplaced()

    def search(self, at: Point, fixed: Endpoint | None = None, is_output: bool = True) -> None:
        self._search(at, fixed, is_output)

    def edit_param(self, hit: Hit) -> None:
        self._edit_param(hit)

    def say(self, sentence: str) -> None:
        self._say(sentence)


def _rect(box: Box) -> QRectF:
    return QRectF(box.x, box.y, box.width, box.height)
