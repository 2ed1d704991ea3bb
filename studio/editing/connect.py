"""Links: which output may feed which input and why not, made, moved and taken away."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from engine.errors import InvalidInput
from engine.graph.document import Endpoint, Subgraph
from engine.graph.edits import Composite, Connect, Disconnect, Edit
from engine.graph.edits.names import node_in
from engine.graph.node import NodeType
from engine.graph.ports import PortType
from studio.editing.circles import leading_round, makes_circle
from studio.editing.level import Level, feeding, input_type
from studio.editing.waypoints import forget_waypoints, waypoints_of


def why_not(level: Level, source: Endpoint, target: Endpoint) -> str:
    """The reason why `source` cannot feed `target`, in one sentence; '' if it can.

    A link that leads to `target` already would give way, and is no reason.
    """
    return (
        _missing(level, source, target)
        or _misfit(level, source, target)
        or _fed_from_outside(level, target)
        or _round(level, source, target)
    )


def can_connect(level: Level, source: Endpoint, target: Endpoint) -> bool:
    """Whether `source` can feed `target`."""
    return not why_not(level, source, target)


def ports_that_fit(level: Level, fixed: Endpoint, is_output: bool) -> frozenset[Endpoint]:
    """All ports of the level that a link from (or, for an input, to) `fixed` could end at."""
    type = level.type_of(fixed[0])
    if type is None:
        return frozenset()
    carried = type.outputs.get(fixed[1]) if is_output else input_type(type, fixed[1])
    if carried is None or (not is_output and _fed_from_outside(level, fixed)):
        return frozenset()
    fitting = [
        (id, port)
        for id, port, offered in _ports(level, inputs=is_output)
        if (offered.accepts(carried) if is_output else carried.accepts(offered))
    ]
    if is_output and isinstance(level.graph, Subgraph):
        fitting = [place for place in fitting if place not in level.graph.inputs.values()]
    return frozenset(fitting) - leading_round(level, fixed, is_output, fitting)


def connect(level: Level, source: Endpoint, target: Endpoint) -> Edit:
    """Link an output to an input, or to a parameter, which thereby becomes a port.

    A link that was there gives way, and so do its waypoints.  Raises InvalidInput with the
    reason if they do not fit.
    """
    reason = why_not(level, source, target)
    if reason:
        raise InvalidInput(reason)
    link = Connect(source, target, level.within)
    before = feeding(level.graph).get(target)
    if before in (None, source) or not waypoints_of(level.document, level.within, target):
        return link
    return Composite(link.label, (forget_waypoints(level.within, [target]), link))


def move_end(level: Level, target: Endpoint, to: Endpoint) -> Edit:
    """Lead a link to another input.  Raises InvalidInput with the reason if it does not fit."""
    source = feeding(level.graph).get(target)
    if source is None:
        raise InvalidInput(f"No link leads to '{target[0]}.{target[1]}'.")
    cut = disconnect(level, [target])
    if to == target:
        return Composite("Move a link", ())
    document, _ = cut.apply(level.document)
    return Composite("Move a link", (cut, connect(level.after(document), source, to)))


def disconnect(level: Level, targets: Collection[Endpoint]) -> Edit:
    """Take the links into these inputs away."""
    led = [t for t in targets if waypoints_of(level.document, level.within, t)]
    edits: list[Edit] = [forget_waypoints(level.within, led)] if led else []
    edits += [Disconnect(target, level.within) for target in targets]
    label = edits[-1].label if len(targets) == 1 else "Unlink"
    return Composite(label, tuple(edits))


class Fit(NamedTuple):
    """How far a port's type is from what was wished (0: the same), its place, and its name."""

    distance: int
    place: int
    port: str


@dataclass(frozen=True)
class PortWish:
    """What a link that is being dragged asks of its other end."""

    type: PortType
    is_output: bool
    """Whether the link starts here: then an input is wanted."""

    def best_port(self, of: NodeType) -> str | None:
        """The port of a node that fits best, or None if none fits."""
        fit = self.best_fit(of)
        return None if fit is None else fit.port

    def best_fit(self, of: NodeType) -> Fit | None:
        """The port of a node that fits best, and how well.

        The closest type comes first, then ports before parameters, then the declared order.
        """
        return min(self._fits(of), default=None)

    def _fits(self, of: NodeType) -> Iterator[Fit]:
        if not self.is_output:
            for place, (name, given) in enumerate(of.outputs.items()):
                if self.type.accepts(given):
                    yield Fit(_distance(given, self.type), place, name)
            return
        for place, (name, wanted) in enumerate(of.inputs.items()):
            if wanted.accepts(self.type):
                yield Fit(_distance(self.type, wanted), place, name)
        for place, (name, param) in enumerate(of.params.items()):
            if param.port.accepts(self.type):
                yield Fit(_distance(self.type, param.port) + 10, place, name)


def wish_of(level: Level, fixed: Endpoint, is_output: bool) -> PortWish | None:
    """What a link dragged from a port asks for; None if nothing is known of the port."""
    type = level.type_of(fixed[0])
    if type is None:
        return None
    found = type.outputs.get(fixed[1]) if is_output else input_type(type, fixed[1])
    return None if found is None else PortWish(found, is_output)


def _distance(source: PortType, target: PortType) -> int:
    """How far two types are from being the same: 0 the same, 5 whatever comes."""
    if not source.members or not target.members:
        distance = 5 if source.members != target.members else 0
    elif source.members == target.members:
        distance = 0
    elif set(source.members) <= set(target.members):
        distance = 1
    else:
        distance = 2
    return distance + (2 if source.many != target.many else 0)


def _ports(level: Level, inputs: bool) -> Iterator[tuple[str, str, PortType]]:
    lookup = level.lookup
    for id, spec in level.graph.nodes.items():
        type = lookup(spec.type)
        if type is None:
            continue
        if not inputs:
            yield from ((id, name, port) for name, port in type.outputs.items())
            continue
        yield from ((id, name, port) for name, port in type.inputs.items())
        yield from ((id, name, param.port) for name, param in type.params.items())


def _missing(level: Level, source: Endpoint, target: Endpoint) -> str:
    """That a port does not exist.  Nothing is asked of a node whose type is not installed."""
    for id, _ in (source, target):
        node_in(level.graph, id)
    start, end = level.type_of(source[0]), level.type_of(target[0])
    if start is not None and source[1] not in start.outputs:
        return f"'{source[0]}' has no output '{source[1]}'."
    if end is not None and input_type(end, target[1]) is None:
        return f"'{target[0]}' has no input '{target[1]}'."
    return ""


def _misfit(level: Level, source: Endpoint, target: Endpoint) -> str:
    start, end = level.type_of(source[0]), level.type_of(target[0])
    if start is None or end is None:
        return ""
    given, wanted = start.outputs[source[1]], input_type(end, target[1])
    if wanted is None or wanted.accepts(given):
        return ""
    return f"'{target[1]}' takes {wanted.name}, but this gives {given.name}."


def _fed_from_outside(level: Level, target: Endpoint) -> str:
    graph = level.graph
    if isinstance(graph, Subgraph):
        for name, place in graph.inputs.items():
            if place == target:
                return f"The subgraph's own input '{name}' feeds '{target[1]}' already."
    return ""


def _round(level: Level, source: Endpoint, target: Endpoint) -> str:
    if not makes_circle(level, source, target):
        return ""
    if source[0] == target[0]:
        return "A node cannot feed itself."
    return f"The links would go round in a circle, as '{source[0]}' needs '{target[0]}'."
