"""The commands of the canvas: what is selected, put through the operations of `editing`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtGui import QGuiApplication

from engine.errors import InvalidInput
from engine.graph.edits import Composite, Edit
from studio.document import OpenDocument, Selection
from studio.editing import frames, looks, notes
from studio.editing.arrange import Axis, Box, Side, align, distribute
from studio.editing.clipboard import duplicate, paste_text
from studio.editing.connect import disconnect
from studio.editing.copying import copy_text
from studio.editing.deleting import delete, delete_and_reconnect
from studio.editing.grouping import group, is_subgraph, ungroup
from studio.editing.layout import lay_out
from studio.editing.level import Level
from studio.editing.modes import toggle_bypass, toggle_mute
from studio.editing.waypoints import add_waypoint

if TYPE_CHECKING:
    from studio.app.page import DocumentPage
    from studio.app.studio import Studio


class CanvasCommands:
    """What the commands do to the canvas of the document in front."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    @property
    def page(self) -> DocumentPage:
        """The page in front.  Commands are greyed where there is none."""
        page = self._studio.page
        if page is None:
            raise InvalidInput("No document is open.", remedy="Open one, or begin a new one.")
        return page

    @property
    def document(self) -> OpenDocument:
        """The document in front."""
        return self.page.document

    @property
    def chosen(self) -> Selection:
        """What is selected in it."""
        return self.document.selection

    @property
    def level(self) -> Level:
        """The level that is shown of it."""
        document = self.document
        return Level(document.document, document.level, document.registry)

    def boxes(self, ids: frozenset[str] | None = None) -> dict[str, Box]:
        """Where nodes stand: these, or all."""
        nodes = self.page.canvas.canvas.nodes
        wanted = nodes if ids is None else ids & nodes.keys()
        found = {id: nodes[id].box for id in wanted}
        return {id: Box(b.x, b.y, b.width, b.height) for id, b in found.items()}

    def cursor(self) -> tuple[float, float]:
        """Where the mouse is on the canvas; its middle if it is elsewhere."""
        canvas = self.page.canvas
        pos = canvas.viewport().mapFromGlobal(canvas.cursor().pos())
        if not canvas.viewport().rect().contains(pos):
            center = canvas.camera.centre
            return center.x(), center.y()
        scene = canvas.to_scene(QPointF(pos))
        return scene.x(), scene.y()

    # Clipboard

    def cut(self) -> None:
        """Copy, then delete."""
        self.copy()
        self.document.do(self._deletion())

    def copy(self) -> None:
        """Put the selection on the clipboard as text."""
        it = self.chosen
        text = copy_text(self.document.document, self.document.level, it.nodes, it.frames, it.notes)
        if text:
            QGuiApplication.clipboard().setText(text)

    def paste(self, linked: bool = False) -> None:
        """Paste a fragment at the mouse.  Raises InvalidInput for a text that is none."""
        pasted = paste_text(
            self.level, QGuiApplication.clipboard().text(), self.cursor(), linked=linked
        )
        self._do_and_select(pasted.edit, pasted)

    def duplicate(self, linked: bool = False) -> None:
        """A copy of the selection beside it."""
        it = self.chosen
        made = duplicate(self.level, it.nodes, it.frames, it.notes, linked=linked)
        self._do_and_select(made.edit, made)

    def delete(self) -> None:
        """Take away what is selected."""
        self.document.do(self._deletion())

    def delete_reconnect(self) -> None:
        """Take away the selected nodes and join what they were between."""
        self.document.do(delete_and_reconnect(self.level, self.chosen.nodes))

    def _deletion(self) -> Edit:
        it = self.chosen
        return delete(self.level, it.nodes, it.links, it.frames, it.notes)

    def _do_and_select(self, edit: Edit, made: object) -> None:
        self.document.do(edit)
        parts = {name: frozenset(getattr(made, name, ())) for name in ("nodes", "frames", "notes")}
        self.document.select(Selection(**parts))

    # Selection

    def select_all(self) -> None:
        """Everything on this level."""
        face = self.page.canvas.canvas.face
        self.document.select(
            Selection(
                frozenset(face.nodes), frozenset(), frozenset(face.frames), frozenset(face.notes)
            )
        )

    def select_along(self, upstream: bool) -> None:
        """Add what feeds the selection, or what it feeds, however far."""
        links = [(link.source[0], link.target[0]) for link in self.document.graph.links]
        ways: dict[str, list[str]] = {}
        for source, target in links:
            here, there = (target, source) if upstream else (source, target)
            ways.setdefault(here, []).append(there)
        seen = set(self.chosen.nodes)
        waiting = list(seen)
        while waiting:
            fresh = [id for id in ways.get(waiting.pop(), ()) if id not in seen]
            seen.update(fresh)
            waiting += fresh
        self.document.select(Selection.of_nodes(seen))

    def has_links(self) -> bool:
        """Whether a link is selected."""
        return self._studio.page is not None and bool(self.chosen.links)

    def can_rename(self) -> bool:
        """Whether one thing is selected that has a title."""
        if self._studio.page is None:
            return False
        return len(self.chosen.nodes) + len(self.chosen.frames) == 1

    # Nodes

    def add(self) -> None:
        """Search a node and add it at the mouse."""
        self.page.canvas.gestures.search(self.cursor())  # type: ignore[attr-defined]

    def reroute(self) -> None:
        """Bend the selected links at a point in their middle."""
        document = self.document
        for target in self.chosen.links:
            path = self.page.canvas.canvas.links[target].path
            middle = path.pointAtPercent(0.5)
            at = (middle.x(), middle.y())
            document.do(add_waypoint(document.document, document.level, target, at))

    def rename(self) -> None:
        """Ask for a title of the selected node or frame, and give it."""
        document, it = self.document, self.chosen
        id = next(iter(it.nodes or it.frames))
        faces = self.page.canvas.canvas.face
        before = faces.nodes[id].title if it.nodes else faces.frames[id].title
        title = self._studio.questions.title(before)
        if title is None:
            return
        if it.nodes:
            document.do(looks.retitle(document.document, document.level, id, title))
        else:
            document.do(frames.retitle_frame(id, title))

    def note(self) -> None:
        """A sticky note at the mouse."""
        document = self.document
        added = notes.add_note(document.document, document.level, self.cursor())
        document.do(added.edit)
        document.select(Selection(notes=frozenset([added.id])))

    def frame(self) -> None:
        """A frame around the selected nodes."""
        document = self.document
        added = frames.frame_around(
            document.document, document.level, self.boxes(self.chosen.nodes)
        )
        document.do(added.edit)
        document.select(Selection(frames=frozenset([added.id])))

    def collapse(self) -> None:
        """Fold the selected nodes, or unfold them."""
        document = self.document
        document.do(looks.toggle_collapsed(document.document, document.level, self.chosen.nodes))

    def color(self, name: str) -> None:
        """Give the selection a colour; '' takes it away."""
        document, it = self.document, self.chosen
        edits: list[Edit] = []
        if it.nodes:
            edits.append(looks.color(document.document, document.level, it.nodes, name))
        if it.frames:
            edits.append(frames.color_frames(it.frames, name))
        if it.notes:
            edits.append(notes.color_notes(it.notes, name))
        document.do(Composite("Color", tuple(edits)))

    def bypass(self) -> None:
        """Let values pass the selected nodes, or let them work again."""
        self.document.do(toggle_bypass(self.level, self.chosen.nodes))

    def mute(self) -> None:
        """Switch the selected nodes off, or on again."""
        self.document.do(toggle_mute(self.level, self.chosen.nodes))

    def disconnect(self) -> None:
        """Take away every link of the selected nodes."""
        nodes = self.chosen.nodes
        links = self.document.graph.links
        ends = [k.target for k in links if k.target[0] in nodes or k.source[0] in nodes]
        self.document.do(disconnect(self.level, ends))

    def view_node(self) -> None:
        """Show what the selected node made."""
        self.page.canvas.view_requested.emit(self._one())

    # Levels and places

    def group(self) -> None:
        """Put the selected nodes into a subgraph."""
        added = group(self.level, self.chosen.nodes)
        self.document.do(added.edit)
        self.document.select(Selection.of_nodes([added.id]))

    def ungroup(self) -> None:
        """Put what is inside the selected subgraph in its place."""
        self.document.do(ungroup(self.level, self._one()))

    def lay_out(self) -> None:
        """Lay out the selected nodes, or all."""
        sizes = {id: (box.width, box.height) for id, box in self.boxes().items()}
        several = self.chosen.nodes if len(self.chosen.nodes) > 1 else None
        self.document.do(lay_out(self.level, sizes, several))
        if several is None:
            self.page.canvas.frame_all()

    def align(self, side: Side) -> None:
        """Align the selected nodes."""
        self.document.do(align(self.document.level, self.boxes(self.chosen.nodes), side))

    def distribute(self, axis: Axis) -> None:
        """Make the gaps between the selected nodes equal."""
        self.document.do(distribute(self.document.level, self.boxes(self.chosen.nodes), axis))

    def enter(self) -> None:
        """Show the inside of the selected subgraph."""
        self.document.enter(self._one())

    def is_one_subgraph(self) -> bool:
        """Whether exactly one subgraph is selected."""
        if self._studio.page is None:
            return False
        nodes = self.chosen.nodes
        return len(nodes) == 1 and is_subgraph(self.level, next(iter(nodes)))

    def _one(self) -> str:
        if len(self.chosen.nodes) != 1:
            raise InvalidInput("This needs one selected node.", remedy="Click a node.")
        return next(iter(self.chosen.nodes))
