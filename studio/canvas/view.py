"""The view of a graph: joins a document and its runs to the scene, and moves over it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QToolTip, QWidget

from engine.graph.document import Endpoint
from studio.canvas.navigation import neighbour
from studio.canvas.status import spoken, tip_of
from studio.canvas.surface import CanvasSurface
from studio.document import OpenDocument, Selection
from studio.resolve import Resolver
from studio.runs import Run, RunBook
from studio.theme import Theme

NEWS_MS: Final = 33
"""News of runs are shown at most this often."""
FLOW_MS: Final = 50
LATER_MS: Final = 8
ARROWS: Final = {
    Qt.Key.Key_Left: "left",
    Qt.Key.Key_Right: "right",
    Qt.Key.Key_Up: "up",
    Qt.Key.Key_Down: "down",
}


class CanvasView(CanvasSurface):
    """The canvas of one open document."""

    node_activated = Signal(str)
    """A node that is no subgraph was double-clicked."""
    view_requested = Signal(str)
    """Someone wants to see this node's result."""

    def __init__(
        self,
        open_document: OpenDocument,
        book: RunBook,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, parent)
        self.open_document, self.book = open_document, book
        self._resolver = Resolver(open_document)
        self._places: dict[tuple[str, ...], tuple[QPointF, float]] = {}
        self._trail = open_document.trail
        self._shown_run: Run | None = None
        self._set_up_timers()
        self._listen()
        self._show_document()

    # -- commands ----------------------------------------------------------------------------

    def frame_selection(self) -> None:
        """Show what is selected, or everything."""
        chosen = self.open_document.selection
        area = self.canvas.content_rect(chosen.nodes) if chosen.nodes else QRectF()
        for id in chosen.frames:
            if id in self.canvas.face.frames:
                frame = self.canvas.face.frames[id]
                area = area.united(QRectF(*frame.at, *frame.size))
        for id in chosen.notes:
            if id in self.canvas.face.notes:
                note = self.canvas.face.notes[id]
                area = area.united(QRectF(*note.at, *note.size))
        self.camera.show_area(area if not area.isNull() else self.canvas.content_rect())

    def show_node(self, id: str) -> None:
        """Bring a node of the shown level into view."""
        if id in self.canvas.nodes:
            zoom = max(0.8, min(1.2, self.camera.zoom))
            self.camera.go_to(self.canvas.node_rect(id).center(), zoom)

    def set_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        self.canvas.set_theme(theme)

    def show_previews(self, shown: bool) -> None:
        """Show results and previews on nodes, or leave them away."""
        self.canvas.show_previews(shown)

    def show_grid(self, shown: bool) -> None:
        """Draw the dots of the grid, or an empty ground."""
        self.canvas.painting.backdrop.has_dots = shown
        self.viewport().update()

    def refresh(self) -> None:
        """Show the document and its run as they are now; needed only after changes from outside."""
        self._show_document()

    # -- document and runs -------------------------------------------------------------------

    def _listen(self) -> None:
        self.open_document.changed.connect(self._document_changed)
        self.open_document.selection_changed.connect(self._selection_changed)
        self.open_document.level_changed.connect(self._level_changed)
        self.open_document.problems_changed.connect(self.refresh)
        self.book.run_changed.connect(self._run_changed)
        self.book.run_removed.connect(self._run_removed)

    def _run(self) -> Run | None:
        return self.book.current_of(self.open_document.id)

    def _show_document(self) -> None:
        self._shown_run = self._run()
        face = self._resolver.face(self._shown_run)
        self.canvas.set_face(face, self.open_document.graph)
        self._flow_if_running()

    def _document_changed(self, _before: object, _after: object) -> None:
        self._show_document()

    def _selection_changed(self, selection: Selection) -> None:
        self.canvas.set_selection(selection)
        if len(selection.nodes) == 1:
            (id,) = selection.nodes
            self.canvas.set_focus_node(id)
            if id in self.canvas.nodes:
                self.setAccessibleDescription(spoken(self.canvas.nodes[id].face))

    def _level_changed(self) -> None:
        """Another subgraph: where it was looked at last, else all of it."""
        self._places[self._trail] = (self.camera.centre, self.camera.zoom)
        self._trail = self.open_document.trail
        self._show_document()
        if self._trail in self._places:
            self.camera.go_to(*self._places[self._trail], smoothly=False)
        else:
            self.camera.show_area(self.canvas.content_rect(), smoothly=False)

    def _run_changed(self, run: Run) -> None:
        if run.document == self.open_document.id and not self._later.isActive():
            self._later.start()

    def _run_removed(self, key: str) -> None:
        if self._shown_run is not None and self._shown_run.key == key:
            self._later.start()

    def _tell_news(self) -> None:
        """Show what a run has told since the last time: only the nodes that it was about."""
        before, run = self._shown_run, self._run()
        if run is None or before is None or run.key != before.key:
            self._show_document()
            return
        self._shown_run = run
        for id in {self._resolver.shown(path) for path in _changed(before, run)}:
            if id is not None:
                self.canvas.update_node(self._resolver.node(id, run))
        self._flow_if_running()

    def _flow_if_running(self) -> None:
        if self.canvas.running and self.isVisible():
            self._flow.start()
        else:
            self._flow.stop()

    def _flow_on(self) -> None:
        """The links that flow have gone on a little."""
        seen = self.camera.seen()
        for rect in self.canvas.flowing_rects():
            if rect.intersects(seen):
                self.canvas.update(rect)

    # -- mouse and keys that no gesture took ---------------------------------------------------

    def click(self, event: QMouseEvent) -> None:
        """Select what is under the pointer."""
        self._select_at(event)

    def double_click(self, event: QMouseEvent) -> None:
        """Enter a subgraph; of other nodes tell that they are meant."""
        hit = self.canvas.hit(self.to_scene(event.position()))
        if hit.kind not in ("node", "widget"):
            return
        if self.canvas.nodes[hit.node].face.subgraph:
            self.open_document.enter(hit.node)
        else:
            self.node_activated.emit(hit.node)

    def key(self, event: QKeyEvent) -> bool:
        """Arrows go from node to node, Home shows everything, F what is selected."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if event.key() in ARROWS and modifiers in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.ShiftModifier,
        ):
            self._walk(ARROWS[Qt.Key(event.key())], event)
        elif event.key() == Qt.Key.Key_Home and not modifiers:
            self.frame_all()
        elif event.key() == Qt.Key.Key_F and not modifiers:
            self.frame_selection()
        else:
            return False
        return True

    def viewportEvent(self, event: QEvent) -> bool:
        """Tooltips are of what lies under the pointer."""
        if isinstance(event, QHelpEvent):
            self._show_tip(event)
            return True
        return super().viewportEvent(event)

    def _select_at(self, event: QMouseEvent) -> None:
        """What a click does as long as nobody cares more: it selects."""
        hit = self.canvas.hit(self.to_scene(event.position()))
        links: frozenset[Endpoint] = frozenset([hit.target] if hit.target is not None else [])
        nodes = frozenset([hit.node] if hit.node else [])
        frames = frozenset([hit.id] if hit.kind in ("frame", "frame-edge") else [])
        notes = frozenset([hit.id] if hit.kind == "note" else [])
        self.open_document.select(Selection(nodes, links, frames, notes))

    def _walk(self, direction: str, event: QKeyEvent) -> None:
        """Go to the next node in a direction; with Shift, keep what is selected too."""
        canvas, chosen = self.canvas, self.open_document.selection.nodes
        boxes = {id: node.box for id, node in canvas.nodes.items()}
        start = canvas.focus_node if canvas.focus_node in boxes else next(iter(chosen), "")
        found = neighbour(boxes, start, direction, self.camera.centre.toTuple())
        if not found:
            return
        canvas.shows_focus = True
        keep = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        nodes = chosen | {found} if keep else frozenset({found})
        self.open_document.select(Selection(nodes=nodes))
        canvas.set_focus_node(found)
        if not self.camera.seen().contains(canvas.node_rect(found)):
            self.camera.go_to(canvas.node_rect(found).center(), self.camera.zoom)

    def _show_tip(self, event: QHelpEvent) -> None:
        hit = self.canvas.hit(self.to_scene(event.pos()))
        text = ""
        if hit.target is not None:
            text = self.canvas.links[hit.target].face.problem
        elif hit.kind == "port":
            text = self.canvas.port_tip(hit.node, hit.port, hit.is_output)
        elif hit.kind == "widget":
            text = self.canvas.nodes[hit.node].shape.rows[hit.index].face.spec.help
        elif hit.node:
            text = tip_of(self.canvas.nodes[hit.node].face)
        QToolTip.showText(event.globalPos(), text, self.viewport())

    def _set_up_timers(self) -> None:
        self._later = QTimer(self, singleShot=True, interval=NEWS_MS)
        self._later.timeout.connect(self._tell_news)
        self._flow = QTimer(self, interval=FLOW_MS)
        self._flow.timeout.connect(self._flow_on)
        self._again = QTimer(self, singleShot=True, interval=LATER_MS)
        self._again.timeout.connect(self.viewport().update)
        self.camera.moved.connect(self._camera_moved)
        self.camera.rested.connect(self._camera_moved)
        self.camera.rested.connect(self.viewport().update)
        self.canvas.wants_time.connect(self._again.start)

    def _camera_moved(self) -> None:
        self.canvas.painting.resting = not self.camera.moving


def _changed(before: Run, run: Run) -> Iterator[str]:
    """The paths of the nodes of which a run knows something else now."""
    for path, node in run.nodes.items():
        if before.nodes.get(path) is not node:
            yield path
    yield from before.nodes.keys() - run.nodes.keys()
