"""From a document, what is wrong with it and how its run stands, to what the canvas draws.

What did not change keeps its identity, so that the canvas touches only what differs; a face is
made anew only for nodes of which something else is known than before.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping
from dataclasses import replace
from operator import is_
from typing import Final, NamedTuple

from pydantic import JsonValue

from engine.graph.document import Document, Endpoint, Link, NodeSpec, Subgraph
from engine.graph.edits.names import place_key
from engine.graph.node import NodeType
from engine.graph.params import ParamSpec
from engine.graph.ports import PortType
from engine.graph.problems import Problem
from engine.graph.settled import settle
from engine.graph.subgraphs import definition_name
from studio.document import OpenDocument
from studio.faces import (
    CanvasFace,
    LinkFace,
    NodeFace,
    ParamFace,
    Point,
    PortFace,
    Shape,
    spaced,
)
from studio.run_summary import IDLE, run_of_node
from studio.runs import NodeRun, Run
from studio.view_data import (
    box_of,
    frames_on,
    is_point,
    notes_on,
    point,
    section,
    text,
    waypoints_of,
)

AT_HAND: Final = 6
"""How many parameters a node shows at most."""
WIDTH: Final = 200.0
NARROWEST: Final = 120.0
WIDEST: Final = 800.0
_ALWAYS: Final = 3
_HANDY: Final = frozenset({"seed", "text", "open-file", "color", "slider"})


class _Known(NamedTuple):
    """What a node's face was made from.  `offers` are its parameters that the level exposes."""

    spec: NodeSpec
    type: NodeType | None
    box: JsonValue
    linked: frozenset[str]
    offers: frozenset[tuple[str, str]]
    problem: str
    face: NodeFace

    @property
    def grounds(self) -> tuple[object, ...]:
        """All but where it stands and how it runs; specs and types are compared by identity."""
        return (id(self.spec), id(self.type), self.linked, self.offers, self.problem)


class _Ground(NamedTuple):
    """What the nodes of a level have in common; as long as it is the same, few can differ."""

    links: object
    types: object
    offered: object
    problems: object
    run: object


class _Problems(NamedTuple):
    """Sentences by place key, and by place key and port."""

    by_node: Mapping[str, str]
    by_port: Mapping[Endpoint, str]


class Resolver:
    """Makes the face of the level that an open document shows."""

    def __init__(self, opened: OpenDocument) -> None:
        self._open = opened
        self._nodes: dict[str, _Known] = {}
        self._links: dict[Endpoint, LinkFace] = {}
        self._level: tuple[str, ...] = ()
        self._ground: tuple[object, ...] = ()
        self._link_ground: tuple[object, ...] = ()
        self._linked: tuple[object, dict[str, frozenset[str]]] = (None, {})
        self._offered: tuple[object, dict[str, frozenset[tuple[str, str]]]] = (None, {})
        self._problems: tuple[object, _Problems] = (None, _Problems({}, {}))

    def face(self, run: Run | None) -> CanvasFace:
        """Everything on the shown level, as it is now."""
        opened = self._open
        document, graph = opened.document, opened.graph
        if self._level != opened.trail:
            self._level, self._nodes, self._links = opened.trail, {}, {}
            self._ground, self._link_ground = (), ()
        ground = _Ground(
            graph.links, document.subgraphs, self._offered_by(), opened.known_problems, run
        )
        nodes = self._nodes_on(_identical(ground, self._ground), run)
        self._ground = ground
        for id in self._nodes.keys() - nodes.keys():
            del self._nodes[id]
        return CanvasFace(
            nodes=nodes,
            links=self._link_faces(document, graph),
            frames=frames_on(document, opened.level),
            notes=notes_on(document, opened.level),
        )

    def node(self, id: str, run: Run | None) -> NodeFace:
        """One node of the shown level, as it is now: for news of a run, many times a second."""
        return self._node(id, self._open.graph.nodes[id], run)

    def shown(self, path: str) -> str | None:
        """The node of the shown level that a run's path belongs to; None if it is elsewhere."""
        trail = self._open.trail
        parts = path.split("/")
        if len(parts) <= len(trail) or tuple(parts[: len(trail)]) != trail:
            return None
        id = parts[len(trail)]
        return id if id in self._open.graph.nodes else None

    def _nodes_on(self, same_ground: bool, run: Run | None) -> dict[str, NodeFace]:
        """Every node; where the ground is the same, only those of other content or place anew."""
        opened = self._open
        if not same_ground:
            return {id: self._node(id, spec, run) for id, spec in opened.graph.nodes.items()}
        boxes, known = section(opened.document, "nodes"), self._nodes
        prefix = place_key("", opened.level)
        nodes: dict[str, NodeFace] = {}
        for id, spec in opened.graph.nodes.items():
            before = known.get(id)
            if before is not None and before.spec is spec and before.box is boxes.get(prefix + id):
                nodes[id] = before.face
            else:
                nodes[id] = self._node(id, spec, run)
        return nodes

    def _node(self, id: str, spec: NodeSpec, run: Run | None) -> NodeFace:
        opened = self._open
        key = place_key(id, opened.level)
        type = opened.type_named(spec.type)
        box = box_of(opened.document, key)
        linked = self._linked_ports(opened.graph).get(id, frozenset())
        offers = self._offers().get(id, frozenset())
        problem = self._known_problems().by_node.get(key, "")
        state = IDLE if run is None else run_of_node(run, opened.flat_path(id), spec.type)
        before = self._nodes.get(id)
        now = (builtins.id(spec), builtins.id(type), linked, offers, problem)
        if before is None or before.grounds != now or not _looks_alike(before.box, box):
            face = _node_face(id, spec, type, box, linked, dict(offers), problem, state)
        else:
            face = _kept(before.face, _place(box), state)
        self._nodes[id] = _Known(spec, type, box, linked, offers, problem, face)
        return face

    def _linked_ports(self, graph: Document | Subgraph) -> dict[str, frozenset[str]]:
        if self._linked[0] is not graph.links:
            self._linked = (graph.links, _ports_in_use(graph.links))
        return self._linked[1]

    def _offered_by(self) -> object:
        """Where it is written what the level offers to the outside."""
        document, level = self._open.document, self._open.level
        return document.subgraphs[level].params if level else document.exposed

    def _offers(self) -> dict[str, frozenset[tuple[str, str]]]:
        offered = self._offered_by()
        if self._offered[0] is not offered:
            self._offered = (offered, _offered(self._open.document, self._open.level))
        return self._offered[1]

    def _known_problems(self) -> _Problems:
        problems = self._open.known_problems
        if self._problems[0] is not problems:
            self._problems = (problems, _sorted_out(problems))
        return self._problems[1]

    def _link_faces(
        self, document: Document, graph: Document | Subgraph
    ) -> Mapping[Endpoint, LinkFace]:
        ground = (
            graph.links, graph.nodes, document.subgraphs, document.view.get("waypoints"),
            self._open.known_problems,
        )  # fmt: skip
        if _identical(ground, self._link_ground):
            return self._links
        self._link_ground = ground
        before, self._links = self._links, {}
        for link in graph.links:
            made = self._link(link, document)
            same = before.get(link.target)
            self._links[link.target] = same if same is not None and same == made else made
        return self._links

    def _link(self, link: Link, document: Document) -> LinkFace:
        source = self._nodes.get(link.source[0])
        target = self._nodes.get(link.target[0])
        kind, problem = "Anything", ""
        if source is None or target is None:
            problem = "One end of this link does not exist."
        else:
            type = source.type
            port = type.outputs.get(link.source[1]) if type is not None else None
            if port is not None:
                kind = port.name
            elif type is not None:
                problem = f"'{link.source[0]}' has no output '{link.source[1]}'."
        place = place_key(link.target[0], self._open.level)
        problem = problem or self._known_problems().by_port.get((place, link.target[1]), "")
        key = f"{place}.{link.target[1]}"
        return LinkFace(link.source, link.target, kind, waypoints_of(document, key), problem)


def _identical(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Whether both hold the very same objects: fast, and never wrong about frozen ones."""
    return len(one) == len(other) and all(map(is_, one, other))


def _looks_alike(one: JsonValue, other: JsonValue) -> bool:
    """Whether two boxes differ in nothing but their place."""
    if one is other or one == other:
        return True
    if not isinstance(one, dict) or not isinstance(other, dict) or len(one) != len(other):
        return False
    return all(key == "at" or (key in other and one[key] == other[key]) for key in one)


def _place(box: JsonValue) -> Point | None:
    at = box.get("at") if isinstance(box, dict) else None
    return point(at, (0.0, 0.0)) if is_point(at) else None


def _kept(face: NodeFace, at: Point | None, run: NodeRun) -> NodeFace:
    """The same node, perhaps elsewhere or further: the very same face where it is neither."""
    if face.at == at and (face.run is run or face.run == run):
        return face
    return replace(face, at=at, run=run)


def _offered(document: Document, level: str) -> dict[str, frozenset[tuple[str, str]]]:
    """By node, its parameters that the level offers to the outside, and under which names."""
    if level:
        places = document.subgraphs[level].params.items()
    else:
        places = {name: (e.node, e.param) for name, e in document.exposed.items()}.items()
    found: dict[str, set[tuple[str, str]]] = {}
    for name, (node, param) in places:
        found.setdefault(node, set()).add((param, name))
    return {node: frozenset(offers) for node, offers in found.items()}


def _ports_in_use(links: Iterable[Link]) -> dict[str, frozenset[str]]:
    """By node, the names of linked inputs, and of linked outputs with '>' before them."""
    found: dict[str, set[str]] = {}
    for link in links:
        found.setdefault(link.target[0], set()).add(link.target[1])
        found.setdefault(link.source[0], set()).add(">" + link.source[1])
    return {id: frozenset(ports) for id, ports in found.items()}


def _sorted_out(problems: Iterable[Problem]) -> _Problems:
    """The first problem of each node and port: errors come first."""
    by_node: dict[str, str] = {}
    by_port: dict[Endpoint, str] = {}
    for problem in problems:
        if problem.node:
            by_node.setdefault(problem.node, str(problem))
            by_port.setdefault((problem.node, problem.field), str(problem))
    return _Problems(by_node, by_port)


def _node_face(
    id: str,
    spec: NodeSpec,
    type: NodeType | None,
    box: JsonValue,
    linked: frozenset[str],
    exposed: Mapping[str, str],
    problem: str,
    run: NodeRun,
) -> NodeFace:
    looks = box if isinstance(box, dict) else {}
    width = looks.get("width")
    return NodeFace(
        id=id,
        title=text(looks.get("title")) or _title(spec, type),
        type_name=spec.type,
        category=type.category if type is not None else "",
        subgraph=definition_name(spec.type) or "",
        at=_place(box),
        width=min(WIDEST, max(NARROWEST, width)) if isinstance(width, int | float) else WIDTH,
        mode=spec.mode,
        collapsed=looks.get("collapsed") is True,
        color=text(looks.get("color")),
        inputs=_inputs(type, linked),
        outputs=_outputs(type, linked),
        params=_at_hand(spec, type, linked, exposed),
        run=run,
        problem=problem,
        missing=type is None,
        doc=type.doc if type is not None else "",
    )


def _title(spec: NodeSpec, type: NodeType | None) -> str:
    return type.title if type is not None else spec.type


def _inputs(type: NodeType | None, linked: frozenset[str]) -> tuple[PortFace, ...]:
    """Inputs, then the parameters that links feed; of a missing type what links tell."""
    if type is None:
        names = sorted(name for name in linked if not name.startswith(">"))
        return tuple(_unknown_port(name) for name in names)
    inputs = [_port(name, port, name in linked) for name, port in type.inputs.items()]
    inputs += [
        _port(name, param.port, linked=True, param=param)
        for name, param in type.params.items()
        if name in linked
    ]
    return tuple(inputs)


def _outputs(type: NodeType | None, linked: frozenset[str]) -> tuple[PortFace, ...]:
    if type is None:
        names = sorted(name[1:] for name in linked if name.startswith(">"))
        return tuple(_unknown_port(name) for name in names)
    return tuple(_port(name, port, ">" + name in linked) for name, port in type.outputs.items())


def _port(name: str, port: PortType, linked: bool, param: ParamSpec | None = None) -> PortFace:
    shape: Shape = "diamond" if port.many else "circle" if port.members else "square"
    label = (param.label if param is not None else "") or spaced(name)
    return PortFace(
        name, label, port.name, shape, not port.optional, linked, param=param is not None
    )


def _unknown_port(name: str) -> PortFace:
    return PortFace(name, spaced(name), "Anything", "square", required=False, linked=True)


def _at_hand(
    spec: NodeSpec, type: NodeType | None, linked: frozenset[str], exposed: Mapping[str, str]
) -> tuple[ParamFace, ...]:
    """The parameters worth having on the node: those in use, those often changed, the first few."""
    if type is None:
        return ()
    values = settle(spec, type).params
    found = [
        ParamFace(param, values[name], name in spec.params, exposed.get(name, ""))
        for number, (name, param) in enumerate(type.params.items())
        if name not in linked
        and (
            number < _ALWAYS
            or name in spec.params
            or name in exposed
            or param.widget in _HANDY
            or bool(definition_name(spec.type))
        )
    ]
    return tuple(found[:AT_HAND])
