"""The scene: keeps what is on the canvas in step with its face, and knows where everything is.

Nodes and links are no QGraphicsItems: ten thousand of those cost more to manage than to paint.
They lie in an index of chunks, and are painted from there (`painting.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from PySide6.QtCore import QObject, QPointF, QRectF, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsScene

from engine.graph.document import Document, Endpoint, Subgraph
from studio.canvas.dirty import Dirty
from studio.canvas.feedback import FeedbackScene
from studio.canvas.geometry import FILM_ENDINGS, Box, ending_of, picture_file, same_look
from studio.canvas.hits import Hit, hit_test
from studio.canvas.index import Index, around
from studio.canvas.lifting import Lifted
from studio.canvas.loop import Loop
from studio.canvas.painting import Painting
from studio.canvas.paints import Paints
from studio.canvas.placing import places_for
from studio.canvas.visuals import LinkVisual, NodeVisual
from studio.document import Selection
from studio.faces import CanvasFace, FrameFace, LinkFace, NodeFace, NoteFace, Point
from studio.theme import Theme
from studio.theme.words import tr

EDGE: Final = 400_000.0
"""The scene reaches this far to every side of its origin."""
GLOW: Final = 16.0
"""How far a node's shadow, ports and selection reach beyond its box."""
MANY: Final = 60
"""Repainting everything is cheaper than this many pieces."""


class CanvasScene(FeedbackScene):
    """One level of a document on the canvas."""

    face_changed = Signal()
    """Something was added, moved, changed or removed."""
    wants_time = Signal()
    """The last frame was drawn less well than it could be; another one would be better."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.setSceneRect(-EDGE, -EDGE, 2 * EDGE, 2 * EDGE)
        self.paints = Paints(theme)
        self.face = CanvasFace()
        self.nodes: dict[str, NodeVisual] = {}
        self.links: dict[Endpoint, LinkVisual] = {}
        self.index = Index()
        self.selection = Selection()
        self.focus_node = ""
        self.shows_focus = False
        """Whether the keyboard was used last, so that the focus has to be seen."""
        self.shows_previews = True
        self.running: set[str] = set()
        self.lifted: Lifted | None = None
        self.painting = Painting(self)
        self.painting.pictures.arrived.connect(self._picture_arrived)
        self.loop = Loop(self.painting.pictures.background, self)
        self.loop.ticked.connect(self._film_runs)
        self._links_of: dict[str, set[Endpoint]] = {}
        self._places: dict[str, Point] = {}
        self._held_boxes: dict[str, Box] = {}
        self._top = 0

    # -- what is shown -----------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        """Draw everything in another theme."""
        self.paints = Paints(theme)
        self.painting.forget()
        self.update()

    def show_previews(self, shown: bool) -> None:
        """Show results and previews on nodes, or leave their places away."""
        if shown != self.shows_previews:
            self.shows_previews = shown
            for visual in self.nodes.values():
                visual.pictured = shown
                visual.wear(visual.face)
                self.index.touch(visual)
            self.update()
            self.face_changed.emit()

    def set_face(self, face: CanvasFace, graph: Document | Subgraph | None = None) -> None:
        """Show this face; only what differs from the one before is touched.

        `graph` is what it was made from: nodes without a place are laid out by its links.
        """
        self._put_down()
        before, self.face = self.face, face
        self._places = places_for(face, graph, self._places)
        dirty = Dirty()
        for target in before.links.keys() - face.links.keys():
            self._drop_link(target, dirty)
        for id in before.nodes.keys() - face.nodes.keys():
            self._drop_node(id, dirty)
        moved = [id for id, node in face.nodes.items() if self._take_node(id, node, dirty)]
        led = {target for id in moved for target in self._links_of.get(id, ())}
        for target, link in face.links.items():
            old = self.links.get(target)
            if old is None or old.face is not link or target in led:
                self._take_link(target, link, dirty)
        if face.frames != before.frames or face.notes != before.notes or self._held_boxes:
            self._held_boxes = {}
            dirty.everything = True
        self._repaint(dirty)
        if dirty:
            self.face_changed.emit()

    def update_node(self, face: NodeFace) -> None:
        """Show another face of one node, as news of a run bring it; it does not move."""
        visual = self.nodes.get(face.id)
        if visual is None or visual.face is face:
            return
        dirty, size = Dirty(), visual.shape
        dirty.add(visual.box)
        visual.wear(face)
        self._note_running(face)
        if visual.shape.height != size.height:
            dirty.add(visual.box)
        if self.lifted is None or face.id not in self.lifted.nodes:
            self.index.touch(visual)
        else:
            self.lifted.chunk.touch()
        for target in self._links_of.get(face.id, ()):
            dirty.add(self.links[target].bounds)
        self._repaint(dirty)

    def set_selection(self, selection: Selection) -> None:
        """Show what is selected; selected nodes come to the top."""
        before, self.selection = self.selection, selection
        dirty = Dirty()
        for id in selection.nodes - before.nodes:
            if id in self.nodes:
                self._top += 1
                self.nodes[id].z = self._top
        for id in selection.nodes ^ before.nodes:
            if id in self.nodes:
                dirty.add(self.nodes[id].box)
        for target in selection.links ^ before.links:
            if target in self.links:
                dirty.add(self.links[target].bounds)
        if selection.frames != before.frames or selection.notes != before.notes:
            dirty.everything = True
        self._repaint(dirty)

    def set_focus_node(self, id: str) -> None:
        """Draw the focus rectangle around this node; '' for around none."""
        dirty = Dirty()
        for each in (self.focus_node, id):
            if each in self.nodes:
                dirty.add(self.nodes[each].box)
        self.focus_node = id
        self._repaint(dirty)

    # -- where things are --------------------------------------------------------------------

    def hit(self, pos: QPointF, scale: float = 0.0) -> Hit:
        """What lies at a point of the scene; what is being dragged is not hit."""
        scale = scale or self._scale()
        return hit_test(pos.x(), pos.y(), scale, self.index, self.face.frames, self.face.notes)

    def port_pos(self, node: str, port: str, is_output: bool) -> QPointF:
        """Where links of a port end; a parameter's is the left edge of its row."""
        return QPointF(*self.nodes[node].port_pos(port, is_output))

    def nodes_in(self, rect: QRectF) -> frozenset[str]:
        """The nodes that a rectangle meets: what a marquee takes."""
        return frozenset(node.face.id for node in self.index.nodes_in(_box(rect)))

    def links_near(self, rect: QRectF) -> Iterable[LinkVisual]:
        """The links that may cross a rectangle, with their points to measure."""
        return self.index.links_in(_box(rect))

    def node_rect(self, id: str) -> QRectF:
        """Where a node lies."""
        return self.nodes[id].rect

    def content_rect(self, ids: Collection[str] = ()) -> QRectF:
        """A rectangle around these nodes, or around everything; null if there is nothing."""
        boxes = [self.nodes[id].box for id in ids if id in self.nodes]
        if not ids:
            boxes += [each.nodes_around for each in self.index.chunks.values() if each.nodes]
            boxes += [each.box for each in self.lifted.nodes.values()] if self.lifted else []
            boxes += [Box(*frame.at, *frame.size) for frame in self.face.frames.values()]
            boxes += [Box(*note.at, *note.size) for note in self.face.notes.values()]
        found = QRectF(*around(iter(boxes))) if boxes else QRectF()
        return found.intersected(self.sceneRect())

    def place_of(self, id: str) -> Point:
        """The upper left corner that the document or the automatic placing gives a node."""
        return self._places[id]

    def unplaced(self) -> dict[str, Point]:
        """Where nodes lie that the document does not place: to be written down by an edit."""
        faces = self.face.nodes.items()
        return {id: self._places[id] for id, node in faces if node.at is None}

    def sizes(self) -> dict[str, tuple[float, float]]:
        """How large every node is drawn."""
        return {id: (node.shape.width, node.shape.height) for id, node in self.nodes.items()}

    def shown_frames(self) -> Iterator[FrameFace]:
        """The frames as they are drawn, with what a gesture does to them."""
        for id, frame in self.face.frames.items():
            held = self._held_boxes.get(id)
            yield frame if held is None else replace(frame, at=held[:2], size=held[2:])

    def shown_notes(self) -> Iterator[NoteFace]:
        """The notes as they are drawn, with what a gesture does to them."""
        for id, note in self.face.notes.items():
            held = self._held_boxes.get(id)
            yield note if held is None else replace(note, at=held[:2], size=held[2:])

    def flowing_rects(self) -> Iterator[QRectF]:
        """Where links flow to nodes at work."""
        for id in self.running:
            for target in self._links_of.get(id, ()):
                if target[0] == id and target in self.links:
                    yield QRectF(*self.links[target].bounds.grown(4))

    def port_tip(self, node: str, port: str, is_output: bool) -> str:
        """What is known of a port, in words."""
        shape = self.nodes[node].shape
        spot = (shape.outputs if is_output else shape.inputs).get(port)
        if spot is None:
            return ""
        needed = tr("required") if spot.face.required else tr("optional")
        return f"{spot.face.label}: {spot.face.kind}" + ("" if is_output else f" ({needed})")

    def hover(self, pos: QPointF | None) -> None:
        """The pointer rests at a point of the scene, or nowhere: a film under it runs."""
        near = () if pos is None else self.index.nodes_in(Box(pos.x(), pos.y(), 0.0, 0.0))
        for node in near:
            box = node.shape.preview
            file = picture_file(node.face) if box is not None else ""
            if box is not None and ending_of(file) in FILM_ENDINGS:
                assert pos is not None
                if box.moved(node.x, node.y).holds(pos.x(), pos.y()):
                    self.loop.play(node.face.id, file)
                    return
        self.loop.stop()

    # -- what gestures show ------------------------------------------------------------------

    def offset_nodes(self, ids: Collection[str], dx: float, dy: float) -> None:
        """Draw these nodes elsewhere, by this much from where the document has them.

        The document is not touched.  Calls with the same nodes follow each other while dragging;
        without nodes, everything is back in its place.  A document's change ends it.
        """
        wanted = frozenset(ids) & self.nodes.keys()
        if self.lifted is not None and self.lifted.ids != wanted:
            self._put_down()
        if not wanted:
            return
        if self.lifted is None:
            self.lifted = Lifted(wanted, self.nodes, self.links, self._links_of, self.index)
        self.lifted.move(dx, dy, self.nodes)
        self.update()

    def hold_boxes(self, boxes: Mapping[str, Box]) -> None:
        """Draw frames and notes elsewhere or larger, by id, while they are dragged.

        The document is not touched; its next change ends it, as does an empty mapping.
        """
        self._held_boxes = dict(boxes)
        self.update()

    # -- painting ----------------------------------------------------------------------------

    def drawBackground(self, painter: QPainter, rect: QRectF | object) -> None:
        """Paint everything that is in the document."""
        assert isinstance(rect, QRectF)
        self.painting.paint(painter, _box(rect))
        if self.painting.behind and self.painting.resting:
            self.wants_time.emit()

    def drawForeground(self, painter: QPainter, rect: QRectF | object) -> None:
        """Paint what gestures show."""
        assert isinstance(rect, QRectF)
        self.overlay.paint(painter, self, _box(rect))

    # -- keeping in step ---------------------------------------------------------------------

    def _take_node(self, id: str, face: NodeFace, dirty: Dirty) -> bool:
        """Show a node as it is now; whether its ports may have moved."""
        visual, at = self.nodes.get(id), self._places[id]
        if visual is not None and visual.face is face and (visual.x, visual.y) == at:
            return False
        self._note_running(face)
        if visual is None:
            self._top += 1
            visual = self.nodes[id] = NodeVisual(face, at, self._top, self.shows_previews)
            self.index.put_node(visual)
            dirty.add(visual.box)
            return True
        dirty.add(visual.box)
        if same_look(visual.face, face):
            visual.face = face
        else:
            visual.wear(face)
        self.index.drop_node(visual)
        visual.x, visual.y = at
        self.index.put_node(visual)
        dirty.add(visual.box)
        return True

    def _take_link(self, target: Endpoint, face: LinkFace, dirty: Dirty) -> None:
        old = self.links.get(target)
        if old is not None:
            self._drop_link(target, dirty)
        source, to = self.nodes.get(face.source[0]), self.nodes.get(target[0])
        if source is None or to is None:
            return
        ends = source.port_pos(face.source[1], True), to.port_pos(target[1], False)
        if old is None or old.face is not face:
            link = LinkVisual(face, *ends)
        else:
            link = old
            link.lead(*ends)
        self.links[target] = link
        for id in (face.source[0], target[0]):
            self._links_of.setdefault(id, set()).add(target)
        self.index.put_link(link)
        dirty.add(link.bounds)

    def _drop_node(self, id: str, dirty: Dirty) -> None:
        """Take away a node with its links, even if the face still holds these."""
        for target in self._links_of.pop(id, set()).copy():
            self._drop_link(target, dirty)
        visual = self.nodes.pop(id)
        self.running.discard(id)
        self.index.drop_node(visual)
        dirty.add(visual.box)

    def _drop_link(self, target: Endpoint, dirty: Dirty) -> None:
        link = self.links.pop(target, None)
        if link is None:
            return
        for id in (link.face.source[0], target[0]):
            self._links_of.get(id, set()).discard(target)
        self.index.drop_link(link)
        dirty.add(link.bounds)

    def _note_running(self, face: NodeFace) -> None:
        if face.run.state == "running":
            self.running.add(face.id)
        else:
            self.running.discard(face.id)

    def _picture_arrived(self, file: str) -> None:
        for visual in self.nodes.values():
            if visual.shape.preview is not None and picture_file(visual.face) == file:
                visual.pixmap_key = None
                self.update(visual.rect)

    def _film_runs(self) -> None:
        node = self.nodes.get(self.loop.node)
        if node is not None and node.shape.preview is not None:
            self.update(QRectF(*node.shape.preview.moved(node.x, node.y)))

    def _put_down(self) -> None:
        """What was dragged lies where its face says again."""
        if self.lifted is not None:
            self.lifted.put_down(self.nodes, self.index)
            self.lifted = None
            self.update()

    def _repaint(self, dirty: Dirty) -> None:
        if dirty.everything or len(dirty.boxes) > MANY:
            self.update()
            return
        for box in dirty.boxes:
            self.update(QRectF(*box.grown(GLOW)))

    def _scale(self) -> float:
        views = self.views()
        return views[0].transform().m11() if views else 1.0


def _box(rect: QRectF) -> Box:
    return Box(rect.x(), rect.y(), rect.width(), rect.height())
