"""Putting a node on a link: what fed the one end now goes through the node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import InvalidInput
from engine.graph.document import Endpoint
from engine.graph.edits import Composite, Connect, Edit
from engine.graph.node import NodeType
from studio.editing.adding import Added, add_node
from studio.editing.connect import PortWish, why_not, wish_of
from studio.editing.level import Level, feeding
from studio.editing.waypoints import lead_links, waypoints_of
from studio.faces import Point


@dataclass(frozen=True)
class Insertion:
    """The two links that replace one: into the node, and out of it."""

    entering: tuple[Endpoint, Endpoint]
    leaving: tuple[Endpoint, Endpoint]


def insertion(level: Level, node: str, target: Endpoint) -> Insertion | None:
    """How a node that is on the canvas would fit on the link into `target`; None if it does not.

    A node that has links already is left alone where they would have to give way.
    """
    source = feeding(level.graph).get(target)
    type = level.type_of(node)
    if source is None or type is None or node in (source[0], target[0]):
        return None
    feeds = {end[1] for end in feeding(level.graph) if end[0] == node}
    found = _ports(level, type, source, target, frozenset(feeds))
    if found is None:
        return None
    way = Insertion((source, (node, found[0])), ((node, found[1]), target))
    return way if _allowed(level, way) else None


def insert(level: Level, node: str, target: Endpoint, at: Point | None = None) -> Edit:
    """Put a node on the link into `target`.  Raises InvalidInput if it does not fit.

    Waypoints before the node (left of `at`) lead into it, the others out of it.
    """
    way = insertion(level, node, target)
    if way is None:
        raise InvalidInput(f"'{node}' does not fit on this link.")
    return Composite(f"Insert '{node}'", (*_led(level, way, at), *_links(level, way)))


def add_on_link(level: Level, type: NodeType, target: Endpoint, at: Point) -> Added:
    """Add a node and put it on the link into `target`; it stands alone if it does not fit."""
    added = add_node(level, type, at)
    after = level.after(added.edit.apply(level.document)[0])
    if insertion(after, added.id, target) is None:
        return added
    put = insert(after, added.id, target, at)
    return Added(Composite(added.edit.label, (added.edit, put)), added.id)


def fits_on_link(level: Level, type: NodeType, target: Endpoint) -> bool:
    """Whether a new node of this type could stand on the link into `target`."""
    source = feeding(level.graph).get(target)
    return source is not None and _ports(level, type, source, target, frozenset()) is not None


def _ports(
    level: Level, type: NodeType, source: Endpoint, target: Endpoint, taken: frozenset[str]
) -> tuple[str, str] | None:
    """The node's input and output that fit best between the two ends."""
    given, wanted = wish_of(level, source, True), wish_of(level, target, False)
    if given is None or wanted is None:
        return None
    entering = PortWish(given.type, True).best_port(_without(type, taken))
    leaving = PortWish(wanted.type, False).best_port(type)
    return None if entering is None or leaving is None else (entering, leaving)


def _without(type: NodeType, taken: frozenset[str]) -> NodeType:
    """The type without inputs that are in use, and without parameters, which nobody means."""
    from dataclasses import replace

    free = {name: port for name, port in type.inputs.items() if name not in taken}
    return replace(type, inputs=free, params={})


def _allowed(level: Level, way: Insertion) -> bool:
    """Whether both links can be made.

    The link between and the first of the two change nothing of that: only what leads round
    already could make use of them.
    """
    return not (why_not(level, *way.entering) or why_not(level, *way.leaving))


def _links(level: Level, way: Insertion) -> Sequence[Edit]:
    return Connect(*way.entering, level.within), Connect(*way.leaving, level.within)


def _led(level: Level, way: Insertion, at: Point | None) -> Sequence[Edit]:
    target = way.leaving[1]
    points = waypoints_of(level.document, level.within, target)
    if not points or at is None:
        return ()
    before = next((i for i, (x, _) in enumerate(points) if x > at[0]), len(points))
    ways = {way.entering[1]: points[:before], target: points[before:]}
    return (lead_links(level.within, ways, "Lead the links"),)
