"""What the inspector does to a document when the user acts; knows no Qt."""

from __future__ import annotations

from collections.abc import Sequence

from engine.graph.document import Mode
from engine.graph.edits import Edit, RenameNode, Unexpose
from engine.graph.edits.names import entry, place_key
from engine.graph.params import ParamValue
from studio.document import OpenDocument, Selection
from studio.editing.grouping import lead_out, take_in
from studio.editing.level import Level
from studio.editing.looks import retitle
from studio.editing.modes import set_mode
from studio.inspector import changes
from studio.inspector.faces import InspectorFace
from studio.inspector.seeds import set_fresh
from studio.inspector.subject import inspected
from studio.runs import Run, RunBook


class InspectorController:
    """Joins an open document and its runs to whatever shows them.

    Every method that changes something raises InvalidInput where the document refuses it; then
    nothing has changed.
    """

    def __init__(self, opened: OpenDocument, book: RunBook) -> None:
        self.opened = opened
        self.book = book

    @property
    def run(self) -> Run | None:
        """The run whose state the document shows."""
        return self.book.current_of(self.opened.id)

    def face(self) -> InspectorFace:
        """What there is to show."""
        return inspected(self.opened, self.run)

    # Parameters

    def set(self, ids: Sequence[str], param: str, value: ParamValue) -> None:
        """Set a parameter; what follows until `finish` is the same step of the history."""
        edit = changes.set_value(self.opened, ids, param, value)
        self.opened.do(edit, merge=f"set {self.opened.level}:{','.join(ids)}.{param}")

    def finish(self) -> None:
        """The next change is a step of its own."""
        self.opened.end_merge()

    def reset(self, ids: Sequence[str], param: str) -> None:
        """Bring the default back."""
        self._do(changes.reset_value(self.opened, ids, param))

    def unlink(self, ids: Sequence[str], param: str) -> None:
        """Take away what feeds a parameter."""
        self._do(changes.unlink(self.opened, ids, param))

    def keep_fresh(self, ids: Sequence[str], param: str, fresh: bool) -> None:
        """Let a seed take a new number at each run, or keep the one it has."""
        for id in ids:
            key = place_key(id, self.opened.level)
            self._do(set_fresh(self.opened.document, key, param, fresh))

    def make_port(self, id: str, param: str) -> None:
        """Lead a parameter to the border of the shown subgraph."""
        self._do(lead_out(self._level, (id, param), "inputs"))

    def promote(self, id: str, param: str) -> None:
        """Let instances of the shown subgraph set a parameter."""
        self._do(lead_out(self._level, (id, param), "params"))

    def demote(self, id: str, param: str) -> None:
        """Take a promoted parameter off the shown subgraph."""
        self._do(take_in(self._level, (id, param), "params"))

    # Nodes

    def retitle(self, id: str, title: str) -> None:
        """Call a node otherwise on the canvas."""
        self._do(retitle(self.opened.document, self.opened.level, id, title))

    def rename(self, id: str, new: str) -> None:
        """Give a node another id, and keep it selected."""
        self._do(RenameNode(id, new, self.opened.level))
        self.opened.select(Selection.of_nodes([new]))

    def set_mode(self, ids: Sequence[str], mode: Mode) -> None:
        """Switch nodes on, bypass or mute them."""
        self._do(set_mode(self._level, ids, mode))

    # The document

    def name_document(self, name: str) -> None:
        """Give the document a title."""
        self._do(changes.NameDocument(name))

    def expose(self, id: str, param: str, label: str, help: str) -> None:
        """Offer a parameter as a control."""
        self._do(changes.expose(self.opened, id, param, label, help))

    def hide(self, name: str) -> None:
        """Offer a control no longer."""
        self._do(Unexpose(name))

    def rename_control(self, name: str, new: str, label: str, help: str) -> None:
        """Call a control otherwise."""
        self._do(changes.RenameControl(name, new, label, help))

    def move_control(self, name: str, index: int) -> None:
        """Put a control at another place."""
        known = entry(self.opened.document.exposed, name, "exposed parameter")
        self.finish()
        for place in (None, index):
            self.opened.do(changes.PlaceControl(name, known, place), merge="move control")
        self.finish()

    def set_control(self, name: str, value: ParamValue) -> None:
        """Set what a control leads to, whatever level is shown."""
        self.opened.do(changes.set_control(self.opened, name, value), merge=f"control {name}")

    def reset_control(self, name: str) -> None:
        """Bring the default of what a control leads to back."""
        self._do(changes.reset_control(self.opened, name))

    @property
    def _level(self) -> Level:
        return Level(self.opened.document, self.opened.level, self.opened.registry)

    def _do(self, edit: Edit) -> None:
        self.finish()
        self.opened.do(edit)
        self.finish()
