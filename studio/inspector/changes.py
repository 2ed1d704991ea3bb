"""The edits that the inspector makes of a document; knows no Qt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.graph.document import Document, Exposed, NodeSpec, Subgraph
from engine.graph.edits import (
    ClosePort,
    Composite,
    Disconnect,
    Edit,
    Expose,
    OpenPort,
    SetParam,
)
from engine.graph.edits.changes import Change, Drop, PlannedEdit, Put, Rekey, graph_in
from engine.graph.edits.names import entry, free_name, node_in, refuse_taken
from engine.graph.migrations import migrated
from engine.graph.params import ParamValue
from engine.graph.subgraphs import definition_name
from studio.document import OpenDocument
from studio.editing.bulk import EditNodes


def set_value(opened: OpenDocument, ids: Iterable[str], param: str, value: ParamValue) -> Edit:
    """Set a parameter of one node or several, as one edit; where a link feeds it, it stays."""
    linked = {link.target for link in opened.graph.links if link.target[1] == param}
    chosen = [id for id in ids if (id, param) not in linked]
    return _with_value(opened, chosen, param, value, opened.level)


def reset_value(opened: OpenDocument, ids: Iterable[str], param: str) -> Edit:
    """Bring the default of a parameter back."""
    specs = {}
    for id in ids:
        spec = opened.graph.nodes[id]
        params = {name: value for name, value in spec.params.items() if name != param}
        specs[id] = spec.model_copy(update={"params": params})
    return EditNodes(f"Reset '{param}'", specs, opened.level)


def unlink(opened: OpenDocument, ids: Iterable[str], param: str) -> Edit:
    """Take away what feeds a parameter: the link, or the subgraph's port."""
    graph = opened.graph
    targets = {link.target for link in graph.links}
    edits: list[Edit] = []
    for id in ids:
        if (id, param) in targets:
            edits.append(Disconnect((id, param), opened.level))
        elif isinstance(graph, Subgraph):
            names = [name for name, place in graph.inputs.items() if place == (id, param)]
            edits += [ClosePort("inputs", name, opened.level) for name in names]
    return _together(f"Unlink '{param}'", edits)


def expose(opened: OpenDocument, id: str, param: str, label: str, help: str) -> Edit:
    """Offer a parameter as a control; one inside subgraphs is promoted on every level above."""
    document, edits = opened.document, []
    for depth in range(len(opened.trail), 0, -1):
        level = _definition_at(document, opened.trail[:depth])
        names = {place: name for name, place in document.subgraphs[level].params.items()}
        name = names.get((id, param))
        if name is None:
            graph = document.subgraphs[level]
            name = free_name(param, {*graph.inputs, *graph.params})
            edits.append(OpenPort("params", name, (id, param), level))
        id, param = opened.trail[depth - 1], name
    name = free_name(_as_name(label) or param, document.exposed)
    edit = Expose(name, Exposed(node=id, param=param, label=label, help=help))
    return Composite(f"Expose '{label or name}'", (*edits, edit)) if edits else edit


@dataclass(frozen=True)
class RenameControl(PlannedEdit):
    """Call an exposed control otherwise, and say what it is for; it keeps its place."""

    name: str
    new: str
    label_text: str
    help: str

    @property
    def label(self) -> str:
        return f"Rename control '{self.name}'"

    def plan(self, document: Document) -> Iterator[Change]:
        known = entry(document.exposed, self.name, "exposed parameter")
        if self.new != self.name:
            refuse_taken(self.new, document.exposed, "control")
            yield Rekey("exposed", self.name, self.new)
        update = {"label": self.label_text, "help": self.help}
        yield Put("exposed", self.new, known.model_copy(update=update))


@dataclass(frozen=True)
class PlaceControl(PlannedEdit):
    """Put an exposed control at a place in the order; with None take it out, to be placed next.

    Two edits, as documents that differ only in an order count as equal.
    """

    name: str
    exposed: Exposed
    index: int | None

    @property
    def label(self) -> str:
        return f"Move control '{self.name}'"

    def plan(self, document: Document) -> Iterator[Change]:
        if self.name in document.exposed:
            yield Drop("exposed", self.name)
        if self.index is not None:
            yield Put("exposed", self.name, self.exposed, index=self.index)


@dataclass(frozen=True)
class NameDocument:
    """Give the document a title."""

    name: str
    label: str = "Name the document"

    def apply(self, document: Document) -> tuple[Document, NameDocument]:
        """The edited document, and the edit back."""
        return document.model_copy(update={"name": self.name}), NameDocument(document.name)


def set_control(opened: OpenDocument, name: str, value: ParamValue) -> Edit:
    """Set the parameter that an exposed control leads to."""
    it = entry(opened.document.exposed, name, "exposed parameter")
    node_in(opened.document, it.node)
    return _with_value(opened, [it.node], it.param, value, "")


def reset_control(opened: OpenDocument, name: str) -> Edit:
    """Bring the default of what an exposed control leads to back."""
    it = entry(opened.document.exposed, name, "exposed parameter")
    return SetParam(it.node, it.param, None)


def _with_value(
    opened: OpenDocument, ids: Sequence[str], param: str, value: ParamValue, level: str
) -> Edit:
    """Set a value; nodes that an older version saved are brought up to date with it."""
    specs: dict[str, NodeSpec] = {}
    for id in ids:
        spec = node_in(graph_in(opened.document, level), id)
        type = opened.type_named(spec.type)
        if type is None or spec.version >= type.version:
            update: dict[str, object] = {"params": {**spec.params, param: value}}
        else:
            params = {**migrated(spec, type), param: value}
            update = {"version": type.version, "params": params}
        specs[id] = spec.model_copy(update=update)
    name = f"'{ids[0]}.{param}'" if len(ids) == 1 else f"'{param}' of {len(ids)} nodes"
    return EditNodes(f"Set {name}", specs, level)


def _together(label: str, edits: list[Edit]) -> Edit:
    return edits[0] if len(edits) == 1 else Composite(label, tuple(edits))


def _definition_at(document: Document, trail: tuple[str, ...]) -> str:
    graph: Document | Subgraph = document
    name = ""
    for instance in trail:
        name = definition_name(graph.nodes[instance].type) or ""
        graph = document.subgraphs[name]
    return name


def _as_name(label: str) -> str:
    """A label as a name that the command line can set: 'Look & feel' is 'look_feel'."""
    words = "".join(letter if letter.isalnum() else " " for letter in label.lower()).split()
    return "_".join(words)[:60]
