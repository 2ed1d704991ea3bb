"""Subgraphs: made of what is selected, taken apart, and what is led to their border."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from pydantic import JsonValue

from engine.errors import InvalidInput
from engine.graph.document import Document, Endpoint, Exposed, Subgraph
from engine.graph.edits import (
    ClosePort,
    Composite,
    Edit,
    Expose,
    Group,
    OpenPort,
    RemoveSubgraph,
    Unexpose,
    Ungroup,
)
from engine.graph.edits.names import free_name, node_in, place_key
from engine.graph.subgraphs import definition_name
from studio.editing.adding import Added
from studio.editing.insides import brought_out, taken_in
from studio.editing.level import Level, in_order
from studio.editing.looks import ON_LEVELS, PLACED, SetLooks, entries_of, place_of
from studio.faces import Point, spaced
from studio.view_data import section

Border = Literal["inputs", "outputs", "params"]


def group(
    level: Level,
    nodes: Collection[str],
    name: str = "Group",
    frames: Collection[str] = (),
    notes: Collection[str] = (),
) -> Added:
    """Put nodes into a subgraph, whose instance stands where their middle was.

    Frames and notes go in too.

    Raises InvalidInput if there are none.
    """
    document, within = level.document, level.within
    chosen = tuple(in_order(level.graph, nodes))
    definition = free_name(as_name(name), document.subgraphs)
    id = free_name(definition.lower(), set(level.graph.nodes) - set(chosen))
    edit = Group(chosen, definition, id, within)
    edits: list[Edit] = [edit]
    middle = _middle(document, within, chosen)
    if middle is not None:
        box: dict[str, JsonValue] = {"at": [middle[0], middle[1]]}
        edits.append(SetLooks(edit.label, "nodes", {place_key(id, within): box}))
    edits += taken_in(level, chosen, definition, frames, notes)
    return Added(Composite(edit.label, tuple(edits)), id)


def ungroup(level: Level, node: str) -> Edit:
    """Put what is inside a subgraph in the place of its instance.

    Raises InvalidInput for a node that is none.
    """
    edit = Ungroup(node, level.within)
    after, _ = edit.apply(level.document)
    spec = level.graph.nodes[node]
    name = definition_name(spec.type) or ""
    shift = _shift(level.document, level.within, node, name)
    before, now = entries_of(level.document, "nodes"), entries_of(after, "nodes")
    moved: dict[str, JsonValue] = {}
    for key, entry in now.items():
        place = place_of(entry)
        fresh = key not in before or before[key] is not entry
        if fresh and place is not None and isinstance(entry, dict) and _on(key, level.within):
            moved[key] = {**entry, "at": [place[0] + shift[0], place[1] + shift[1]]}
    places = SetLooks(edit.label, "nodes", moved)
    return Composite(edit.label, (edit, places, *brought_out(level, node, shift)))


def is_subgraph(level: Level, node: str) -> bool:
    """Whether a node can be entered."""
    spec = level.graph.nodes.get(node)
    return spec is not None and definition_name(spec.type) in level.document.subgraphs


def lead_out(level: Level, place: Endpoint, border: Border, name: str = "") -> Edit:
    """Lead an inner port to the border of the shown definition, or promote a parameter.

    Raises InvalidInput at the top, or if the port is on the border already.
    """
    graph = level.graph
    if not isinstance(graph, Subgraph):
        raise InvalidInput("Only a subgraph has a border.", remedy="Enter one first.")
    node_in(graph, place[0])
    known = border_name(level, place, border)
    if known:
        raise InvalidInput(f"'{place[0]}.{place[1]}' is on the border already, as '{known}'.")
    if border != "outputs" and any(link.target == place for link in graph.links):
        what = f"A link feeds '{place[0]}.{place[1]}' here, so nothing could feed it from outside."
        raise InvalidInput(what, remedy="Remove that link first.")
    taken = graph.outputs if border == "outputs" else {**graph.inputs, **graph.params}
    return OpenPort(border, free_name(name or place[1], taken), place, level.within)


def take_in(level: Level, place: Endpoint, border: Border) -> Edit:
    """Take a port off the border of the shown definition, with what its instances have on it."""
    name = border_name(level, place, border)
    if not name:
        raise InvalidInput(f"'{place[0]}.{place[1]}' is not on the border.")
    return ClosePort(border, name, level.within)


def border_name(level: Level, place: Endpoint, border: Border) -> str:
    """How the border of the shown definition calls an inner port; '' if it is not there."""
    graph = level.graph
    ports = getattr(graph, border) if isinstance(graph, Subgraph) else {}
    return next((name for name, inner in ports.items() if inner == place), "")


def offer(level: Level, node: str, param: str) -> Edit:
    """Expose a parameter: at the top to the App view and `--set`, inside to the instances."""
    if level.within:
        return lead_out(level, (node, param), "params")
    node_in(level.graph, node)
    if offered_as(level, node, param):
        raise InvalidInput(f"'{node}.{param}' is exposed already.")
    name = free_name(param, level.document.exposed)
    type = level.type_of(node)
    spec = type.params.get(param) if type is not None else None
    label = (spec.label if spec is not None else "") or spaced(param)
    help = spec.help if spec is not None else ""
    return Expose(name, Exposed(node=node, param=param, label=label, help=help))


def withdraw(level: Level, node: str, param: str) -> Edit:
    """Expose a parameter no longer."""
    if level.within:
        return take_in(level, (node, param), "params")
    return Unexpose(offered_as(level, node, param))


def offered_as(level: Level, node: str, param: str) -> str:
    """The name by which the shown level offers a parameter; '' if it does not."""
    if level.within:
        return border_name(level, (node, param), "params")
    exposed = level.document.exposed.items()
    return next((name for name, it in exposed if (it.node, it.param) == (node, param)), "")


def unused_definitions(document: Document) -> tuple[str, ...]:
    """The definitions that nothing leads to any more."""
    from studio.editing.copying import definitions_used

    used = definitions_used(document.subgraphs, document.nodes)
    return tuple(name for name in document.subgraphs if name not in used)


def remove_unused(document: Document) -> Edit:
    """Take away all definitions that nothing leads to, and how their insides looked.

    Raises InvalidInput if there are none.
    """
    left = list(unused_definitions(document))
    if not left:
        raise InvalidInput("Every subgraph of this document is used.")
    label = "Remove unused subgraphs"
    edits: list[Edit] = [_without_looks(document, frozenset(left), label)]
    while left:  # whatever stands inside another one goes after that one
        inside = {
            definition_name(spec.type)
            for name in left
            for spec in document.subgraphs[name].nodes.values()
        }
        edits += [RemoveSubgraph(name) for name in left if name not in inside]
        left = [name for name in left if name in inside]
    return Composite(label, tuple(edits))


def _without_looks(document: Document, names: Collection[str], label: str) -> Edit:
    edits: list[Edit] = []
    for part in PLACED:
        keys = [key for key in entries_of(document, part) if key.partition(":")[0] in names]
        edits.append(SetLooks(label, part, dict.fromkeys(key for key in keys if ":" in key)))
    for part in ON_LEVELS:
        entries = entries_of(document, part).items()
        gone = [id for id, it in entries if isinstance(it, dict) and it.get("within") in names]
        edits.append(SetLooks(label, part, dict.fromkeys(gone)))
    return Composite(label, tuple(edits))


def as_name(title: str) -> str:
    """A title as a definition may be called: 'Make it soft' becomes 'Make_it_soft'."""
    kept = "".join(c if c.isalnum() or c in "_-" else "_" for c in title.strip())[:80]
    return kept or "Group"


def _middle(document: Document, within: str, nodes: Collection[str]) -> Point | None:
    boxes = section(document, "nodes")
    places = [place_of(boxes.get(place_key(id, within))) for id in nodes]
    known = [place for place in places if place is not None]
    if not known:
        return None
    xs, ys = [x for x, _ in known], [y for _, y in known]
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def _shift(document: Document, within: str, node: str, name: str) -> Point:
    """From where the inner nodes are to where the instance is."""
    inner = document.subgraphs[name].nodes if name in document.subgraphs else {}
    middle = _middle(document, name, tuple(inner))
    at = _middle(document, within, (node,))
    if middle is None or at is None:
        return 0.0, 0.0
    return at[0] - middle[0], at[1] - middle[1]


def _on(key: str, within: str) -> bool:
    """Whether a place key is of a node of this level."""
    return key.startswith(f"{within}:") if within else ":" not in key
