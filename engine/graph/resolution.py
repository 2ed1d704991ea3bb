"""A document resolved against a registry: the flat graph, and everything that is wrong.

This is what `validate`, `check` and `flatten` have in common.  It is remembered for the documents
seen last, and where an edit only changed parameters, only these are looked at again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import Final, TypeAlias
from weakref import WeakKeyDictionary

from engine.graph.document import Document, NodeSpec
from engine.graph.expand import Expanded, expand
from engine.graph.exposure import exposure_problems
from engine.graph.flat import FlatGraph, FlatNode
from engine.graph.modes import Resolved, resolve_modes
from engine.graph.order import dependencies_first
from engine.graph.problems import Problem
from engine.graph.registry import Registry
from engine.graph.settled import settle
from engine.graph.subgraphs import lookup_in, read_definitions
from engine.graph.wiring import read_wiring

REMEMBERED: Final = 4
"""How many documents are remembered with their resolution, for each registry."""


@dataclass(frozen=True, eq=False)
class Resolution:
    """What a document comes to.

    `problems` always matter; `faults` matter if the wanted outputs need their node: those of
    leaves are in `resolved.faults` too, under the leaf's path.  `ordered` is false if there is no
    order to compute in (a circle, say); then nothing is known of who needs what.
    """

    graph: FlatGraph
    problems: tuple[Problem, ...]
    faults: tuple[Problem, ...]
    expanded: Expanded
    resolved: Resolved
    ordered: bool

    @property
    def sound(self) -> bool:
        """Whether there is nothing at all to complain about."""
        return not self.problems and not self.faults


_Recent: TypeAlias = tuple[tuple[Document, Resolution], ...]
_recent: Final[WeakKeyDictionary[Registry, _Recent]] = WeakKeyDictionary()


def resolve(document: Document, registry: Registry) -> Resolution:
    """Resolve a document, or remember how it was resolved."""
    recent = _recent.get(registry, ())
    for known, resolution in recent:
        if known is document:
            return resolution
    resolution = _patched(document, registry, recent) or _resolve(document, registry, recent)
    _recent[registry] = ((document, resolution), *recent[: REMEMBERED - 1])
    return resolution


def _resolve(document: Document, registry: Registry, recent: _Recent) -> Resolution:
    definitions = read_definitions(document, registry)
    lookup = lookup_in(definitions.types, registry)
    top = read_wiring(document, document, lookup, registry)
    inner = {
        name: read_wiring(graph, document, lookup, registry, name)
        for name, graph in document.subgraphs.items()
    }
    wirings = (top, *inner.values())
    problems = [*definitions.problems, *chain.from_iterable(w.problems for w in wirings)]
    problems += exposure_problems(document, top)
    faults = list(chain.from_iterable(chain.from_iterable(w.faults.values()) for w in wirings))
    expanded = expand(document, top, inner) if definitions.sound else Expanded({}, {})
    order = dependencies_first(_needs(expanded))
    if order is None:
        problems.append(_cycle(expanded))
    ordered = definitions.sound and order is not None
    before = recent[0][1].graph.nodes if recent else {}
    resolved = resolve_modes(expanded, order or (), before)
    seen = set(faults)
    faults += [p for p in chain.from_iterable(resolved.faults.values()) if p not in seen]
    graph = FlatGraph(resolved.nodes, _left_out(resolved))
    return Resolution(graph, tuple(problems), tuple(faults), expanded, resolved, ordered)


def _needs(expanded: Expanded) -> dict[str, list[str]]:
    incoming = expanded.incoming
    return {
        id: [source for source, _ in incoming[id].values()] if id in incoming else []
        for id in expanded.leaves
    }


def _cycle(expanded: Expanded) -> Problem:
    from engine.graph.queries import find_cycle

    path = find_cycle(_needs(expanded))
    shown = path if len(path) <= 12 else [*path[:6], "...", *path[-5:]]
    message = f"The links go round in a circle: {' → '.join(shown)}."
    return Problem(message, "Remove one of these links.", path[0])


def _left_out(resolved: Resolved) -> tuple[str, ...]:
    """A sentence for each muted node that takes others with it."""
    victims: dict[str, list[str]] = {}
    for id, cause in resolved.muted.items():
        if id != cause:
            victims.setdefault(cause, []).append(id)
    return tuple(
        f"As '{cause}' is muted, {_listed(ids)} cannot run." for cause, ids in victims.items()
    )


def _listed(ids: list[str]) -> str:
    shown = ", ".join(f"'{id}'" for id in ids[:5])
    return shown if len(ids) <= 5 else f"{shown} and {len(ids) - 5} more"


def _patched(document: Document, registry: Registry, recent: _Recent) -> Resolution | None:
    """A resolution made from an earlier one, if only parameters of computing nodes differ.

    What else was wrong stays wrong: faulty nodes, and those that need them, do not compute.
    """
    for known, resolution in recent:
        if (
            known.links is document.links
            and known.subgraphs is document.subgraphs
            and known.exposed == document.exposed
        ):
            return _with_new_params(known, document, registry, resolution)
    return None


def _with_new_params(
    known: Document, document: Document, registry: Registry, resolution: Resolution
) -> Resolution | None:
    if list(known.nodes) != list(document.nodes):
        return None
    nodes: dict[str, FlatNode] = {}
    for (id, old), new in zip(known.nodes.items(), document.nodes.values(), strict=True):
        if old is new:
            continue
        node = _with_new_spec(resolution.graph.nodes.get(id), old, new, registry)
        if node is None:
            return None
        nodes[id] = node
    graph = replace(resolution.graph, nodes={**resolution.graph.nodes, **nodes})
    return replace(resolution, graph=graph)


def _with_new_spec(
    node: FlatNode | None, old: NodeSpec, new: NodeSpec, registry: Registry
) -> FlatNode | None:
    """The flat node after its parameters changed; None if more changed, or wrongly."""
    type = registry.get(new.type)
    same = (old.type, old.version, old.mode) == (new.type, new.version, new.mode)
    if node is None or type is None or not same:
        return None
    settled = settle(new, type)
    if settled.faults:
        return None
    params = {name: value for name, value in settled.params.items() if name in node.params}
    return node if params == node.params else replace(node, params=params)
