"""Would one more link make a circle?  Answered on the graph as it is written out.

A subgraph may be led through twice without any circle, and a link inside of a definition stands
in each of its instances; so the question is asked of the leaves that links really join.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from engine.graph.document import Document, Endpoint
from engine.graph.edits.subgraphs import instances_of
from engine.graph.expand import Expanded
from engine.graph.order import dependencies_first
from engine.graph.queries import dependencies
from engine.graph.resolution import resolve
from engine.graph.subgraphs import definition_name
from studio.editing.level import Level

Needs: TypeAlias = Mapping[str, Iterable[str]]


def makes_circle(level: Level, source: Endpoint, target: Endpoint) -> bool:
    """Whether a link from `source` to `target` would lead round."""
    return bool(leading_round(level, source, True, [target]))


def leading_round(
    level: Level, fixed: Endpoint, is_output: bool, others: Iterable[Endpoint]
) -> set[Endpoint]:
    """Those of the other ends that a link from (or, for an input, to) `fixed` would lead round."""
    return _Circles(level).through(fixed, is_output, others)


class _Circles:
    """Answers for one level of one document."""

    def __init__(self, level: Level) -> None:
        self._document = level.document
        self._expanded = Expanded({}, {})
        self._prefixes: tuple[str, ...] = ("",)
        self._needs: Needs = {}
        if level.document.subgraphs:
            self._write_out(level)
        if not self._expanded.leaves:
            # There are no subgraphs, or nothing of this level is written out: as it stands.
            self._needs = dependencies(level.graph)

    def _write_out(self, level: Level) -> None:
        expanded = resolve(level.document, level.registry).expanded
        prefixes = tuple(_paths(level.document, level.within))
        if prefixes and expanded.leaves:
            self._expanded, self._prefixes = expanded, prefixes
            incoming = expanded.incoming.items()
            self._needs = {id: [start for start, _ in ports.values()] for id, ports in incoming}

    def through(
        self, fixed: Endpoint, is_output: bool, others: Iterable[Endpoint]
    ) -> set[Endpoint]:
        """See `leading_round`."""
        needs = self._needs if is_output else _turned(self._needs)
        starts = [self._leaf(prefix, fixed, is_output) for prefix in self._prefixes]
        reached = _closure(needs, [id for id, _ in starts])
        return {
            other
            for other in others
            if any(self._leaf(p, other, not is_output)[0] in reached for p in self._prefixes)
            and (len(self._prefixes) == 1 or self._joined_round(fixed, is_output, other))
        }

    def _joined_round(self, fixed: Endpoint, is_output: bool, other: Endpoint) -> bool:
        """Whether the copies of a link in all instances lead to one another and back."""
        source, target = (fixed, other) if is_output else (other, fixed)
        ends = [(self._leaf(p, source, True), self._leaf(p, target, False)) for p in self._prefixes]
        replaced = {end for _, end in ends}
        needs: dict[str, list[str]] = {id: [] for id in self._expanded.leaves}
        for id, ports in self._expanded.incoming.items():
            needs[id] += [
                source for port, (source, _) in ports.items() if (id, port) not in replaced
            ]
        for start, end in ends:
            needs.setdefault(start[0], [])
            needs.setdefault(end[0], []).append(start[0])
        return dependencies_first(needs) is None

    def _leaf(self, prefix: str, place: Endpoint, is_output: bool) -> Endpoint:
        """What a port of a node comes to behind the borders of subgraphs."""
        path, port = prefix + place[0], place[1]
        while path in self._expanded.instances:
            graph = self._document.subgraphs[_definition_at(self._document, path)]
            sides = (graph.outputs,) if is_output else (graph.inputs, graph.params)
            inner = next((side[port] for side in sides if port in side), None)
            if inner is None:
                break
            path, port = f"{path}/{inner[0]}", inner[1]
        return path, port


def _paths(document: Document, within: str) -> Iterator[str]:
    """Where a definition stands, written out, with a '/' at the end; '' for the top.

    An instance that is switched off has no inside.
    """
    if not within:
        yield ""
        return
    for outer, id in instances_of(document, within):
        graph = document.subgraphs[outer] if outer else document
        if outer != within and graph.nodes[id].mode == "on":
            yield from (f"{path}{id}/" for path in _paths(document, outer))


def _definition_at(document: Document, path: str) -> str:
    """The definition that the instance of a path is of."""
    nodes, name = document.nodes, ""
    for id in path.split("/"):
        name = definition_name(nodes[id].type) or ""
        if name in document.subgraphs:
            nodes = document.subgraphs[name].nodes
    return name


def _closure(needs: Needs, starts: Iterable[str]) -> set[str]:
    """These nodes and all that they lean on."""
    reached: set[str] = set()
    left = list(starts)
    while left:
        id = left.pop()
        if id not in reached:
            reached.add(id)
            left.extend(needs.get(id, ()))
    return reached


def _turned(needs: Needs) -> dict[str, list[str]]:
    """The same links, read from their start."""
    feeds: dict[str, list[str]] = {}
    for id, sources in needs.items():
        for source in sources:
            feeds.setdefault(source, []).append(id)
    return feeds
