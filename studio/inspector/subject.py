"""From a document, its selection and a run to what the inspector shows; knows no Qt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from engine.graph.document import Endpoint, Link, NodeSpec, Subgraph
from engine.graph.edits.names import place_key
from engine.graph.node import NodeType
from engine.graph.params import ParamSpec, ParamValue, shown
from engine.graph.ports import PortType
from engine.graph.problems import Problem
from engine.graph.settled import Settled, settle
from engine.graph.subgraphs import definition_name
from studio.document import OpenDocument
from studio.faces import spaced
from studio.inspector.faces import (
    ControlLine,
    DocumentFace,
    InspectorFace,
    ManyFace,
    MissingFace,
    NodeFace,
    PackLine,
    ParamLine,
    PortLine,
    Source,
)
from studio.inspector.seeds import fresh_seeds
from studio.inspector.text_notes import notes_on_text
from studio.run_summary import IDLE, run_of_node
from studio.runs import Run
from studio.view_data import box_of, text

RAW_VALUES: Final = 30
"""How many parameters of a node that is not installed are shown."""


def inspected(opened: OpenDocument, run: Run | None) -> InspectorFace:
    """What the selection is: the document, a node, one that is not installed, or several."""
    ids = sorted(id for id in opened.selection.nodes if id in opened.graph.nodes)
    if not ids:
        return document_face(opened, run)
    if len(ids) > 1:
        return _many_face(opened, ids)
    type = opened.type_of(ids[0])
    return _missing_face(opened, ids[0]) if type is None else _node_face(opened, ids[0], type, run)


def document_face(opened: OpenDocument, run: Run | None) -> DocumentFace:
    """The document itself."""
    document, installed = opened.document, opened.registry.packs
    return DocumentFace(
        name=document.name,
        file="" if opened.path is None else str(opened.path),
        level=opened.level,
        nodes=len(opened.graph.nodes),
        links=len(opened.graph.links),
        controls=control_lines(opened, run),
        packs=tuple(
            PackLine(name, wanted, installed.get(name, ""))
            for name, wanted in document.packs.items()
        ),
        problems=opened.known_problems,
    )


def control_lines(opened: OpenDocument, run: Run | None) -> tuple[ControlLine, ...]:
    """What the document exposes, in order; the App view shows just this."""
    document = opened.document
    incoming = _sources(document.links, {it.node for it in document.exposed.values()})
    lines = []
    for name, it in document.exposed.items():
        spec = document.nodes.get(it.node)
        type = None if spec is None else opened.type_named(spec.type)
        param = None if type is None else type.params.get(it.param)
        line, problem = None, ""
        if spec is None or type is None or param is None:
            problem = "It leads nowhere. Remove it, or bring its node back."
        else:
            line = _line(opened, it.node, spec, settle(spec, type), param, "")
            if (it.node, it.param) in incoming:
                problem = "It has no effect, as a link feeds it."
            line = replace(
                line,
                exposed=name,
                source=_source(opened, "", it.node, it.param, incoming),
                notes=notes_on_text(opened, run, it.node, param, ()),
            )
        label = it.label or spaced(name)
        lines.append(ControlLine(name, label, it.help, it.node, it.param, line, problem))
    return tuple(lines)


def _node_face(opened: OpenDocument, id: str, type: NodeType, run: Run | None) -> NodeFace:
    graph, level = opened.graph, opened.level
    spec = graph.nodes[id]
    settled = settle(spec, type)
    incoming = _sources(graph.links, {id})
    offers = _offers(opened, id)
    lines = []
    for param in type.params.values():
        line = _line(opened, id, spec, settled, param, level)
        exposed, promoted = offers.get(param.name, ("", ""))
        lines.append(
            replace(
                line,
                exposed=exposed,
                promoted=promoted,
                source=_source(opened, level, id, param.name, incoming),
                notes=notes_on_text(opened, run, id, param, opened.trail),
            )
        )
    faulty = {line.spec.name for line in lines if line.fault}  # its field says so
    state = IDLE if run is None else run_of_node(run, opened.flat_path(id), spec.type)
    return NodeFace(
        id=id,
        title=_title(opened, id, spec, type),
        type_title=type.title,
        type_name=spec.type,
        category=type.category,
        mode=spec.mode,
        doc=type.doc,
        pack=opened.registry.pack_of(spec.type) or "",
        version=type.version,
        subgraph=definition_name(spec.type) or "",
        inside=bool(level),
        params=tuple(lines),
        inputs=_ports(type.inputs),
        outputs=tuple(
            PortLine(name, spaced(name), port.name) for name, port in type.outputs.items()
        ),
        problems=tuple(it for it in _problems_of(opened, id) if it.field not in faulty),
        run=state,
    )


def _many_face(opened: OpenDocument, ids: Sequence[str]) -> ManyFace:
    nodes = opened.graph.nodes
    types = {each: opened.type_of(each) for each in ids}
    titles = Counter(type.title if type else nodes[each].type for each, type in types.items())
    incoming = _sources(opened.graph.links, frozenset(ids))
    known = {each: settle(nodes[each], type) for each, type in types.items() if type is not None}
    common = _common(list({id(type): type for type in types.values()}.values()))
    lines = tuple(_common_line(opened, known, incoming, param) for param in common)
    modes = {nodes[each].mode for each in ids}
    names = {nodes[each].type for each in ids}
    return ManyFace(
        ids=tuple(ids),
        type_name=names.pop() if len(names) == 1 else "",
        kinds=tuple(titles.most_common()),
        params=lines,
        inside=bool(opened.level),
        mode=modes.pop() if len(modes) == 1 else None,
    )


def _missing_face(opened: OpenDocument, id: str) -> MissingFace:
    spec = opened.graph.nodes[id]
    document, installed = opened.document, opened.registry.packs
    packs = tuple(name for name in document.packs if name not in installed)
    problems = [p for p in _problems_of(opened, id) if p.field == "type"]
    remedy = problems[0].remedy if problems else "Install the pack it comes from."
    values = tuple((spaced(name), shown(value)) for name, value in spec.params.items())
    return MissingFace(
        id=id,
        title=_title(opened, id, spec, None),
        type_name=spec.type,
        packs=packs,
        problem=f"The node type '{spec.type}' is not installed.",
        remedy=remedy,
        values=values[:RAW_VALUES],
    )


def _line(
    opened: OpenDocument,
    id: str,
    spec: NodeSpec,
    settled: Settled,
    param: ParamSpec,
    level: str,
) -> ParamLine:
    """What a node itself says of a parameter; what others say of it is added by the caller."""
    fault = next((it.clause for it in settled.faults if it.field == param.name), "")
    clause = fault.removeprefix(f"parameter '{param.name}' ")
    fresh = param.widget == "seed" and param.name in fresh_seeds(
        opened.document, place_key(id, level)
    )
    return ParamLine(
        spec=param,
        value=settled.params[param.name],
        is_set=param.name in spec.params,
        fault=clause,
        fresh=fresh,
    )


def _common(types: Sequence[NodeType | None]) -> Iterator[ParamSpec]:
    """The parameters that all these types have, alike but for their default and help."""
    first = types[0]
    if first is None or None in types:
        return
    for param in first.params.values():
        others = [type.params.get(param.name) for type in types if type is not None]
        if all(other is not None and _alike(param, other) for other in others):
            yield param


def _alike(one: ParamSpec, other: ParamSpec) -> bool:
    return (
        one is other
        or replace(other, default=one.default, help=one.help, matters=one.matters) == one
    )


def _common_line(
    opened: OpenDocument,
    known: Mapping[str, Settled],
    incoming: Mapping[Endpoint, Endpoint],
    param: ParamSpec,
) -> ParamLine:
    nodes = opened.graph.nodes
    linked = [id for id in known if (id, param.name) in incoming]
    values: list[ParamValue] = [settled.params[param.name] for settled in known.values()]
    source = None
    if len(linked) == len(known):
        source = Source(f"{len(linked)} links")
    return ParamLine(
        spec=param,
        value=values[0],
        is_set=any(param.name in nodes[id].params for id in known),
        mixed=any(value != values[0] for value in values),
        source=source,
    )


def _sources(links: Iterable[Link], ids: Collection[str]) -> dict[Endpoint, Endpoint]:
    """What feeds the ports and parameters of these nodes."""
    return {link.target: link.source for link in links if link.target[0] in ids}


def _source(
    opened: OpenDocument,
    level: str,
    id: str,
    param: str,
    incoming: Mapping[Endpoint, Endpoint],
) -> Source | None:
    place = (id, param)
    graph = opened.document.subgraphs[level] if level else opened.document
    if place in incoming:
        node, port = incoming[place]
        spec = graph.nodes.get(node)
        if spec is None:
            return Source(f"'{node}', which does not exist")
        title = _title(opened, node, spec, opened.type_named(spec.type), level)
        return Source(title if port == "result" else f"{title} · {spaced(port)}", node)
    if isinstance(graph, Subgraph):
        for name, inner in graph.inputs.items():
            if inner == place:
                return Source(f"The subgraph's input '{spaced(name)}'")
    return None


def _offers(opened: OpenDocument, id: str) -> dict[str, tuple[str, str]]:
    """By parameter, the name by which the document exposes it, and the definition promotes it."""
    graph = opened.graph
    if isinstance(graph, Subgraph):
        return {param: ("", name) for name, (node, param) in graph.params.items() if node == id}
    return {it.param: (name, "") for name, it in graph.exposed.items() if it.node == id}


def _problems_of(opened: OpenDocument, id: str) -> tuple[Problem, ...]:
    key = place_key(id, opened.level)
    return tuple(problem for problem in opened.known_problems if problem.node == key)


def _ports(ports: Mapping[str, PortType]) -> tuple[PortLine, ...]:
    return tuple(
        PortLine(name, spaced(name), port.name, not port.optional) for name, port in ports.items()
    )


def _title(
    opened: OpenDocument, id: str, spec: NodeSpec, type: NodeType | None, level: str | None = None
) -> str:
    """What the node is called on the canvas."""
    within = opened.level if level is None else level
    box = box_of(opened.document, place_key(id, within))
    named = text(box.get("title")) if isinstance(box, dict) else ""
    return named or (type.title if type is not None else spec.type)
