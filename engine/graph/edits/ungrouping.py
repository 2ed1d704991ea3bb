"""Putting the nodes of a subgraph in the place of an instance of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.errors import InvalidInput
from engine.graph.document import Document, Endpoint, Link, NodeSpec, Subgraph
from engine.graph.edits.changes import (
    Change,
    Drop,
    DropLink,
    InsertLink,
    PlannedEdit,
    Put,
    ReplaceLink,
    graph_in,
)
from engine.graph.edits.names import free_name, node_in, place_key
from engine.graph.edits.subgraphs import border_of, instances_of
from engine.graph.edits.view import boxes_of
from engine.graph.subgraphs import definition_name


@dataclass(frozen=True)
class Ungroup(PlannedEdit):
    """Write out one instance where it stands; its definition goes if nothing else uses it."""

    id: str
    within: str = ""

    @property
    def label(self) -> str:
        return f"Ungroup '{self.id}'"

    def plan(self, document: Document) -> Iterator[Change]:
        graph = graph_in(document, self.within)
        spec = node_in(graph, self.id)
        name = definition_name(spec.type)
        if name is None or name not in document.subgraphs:
            raise InvalidInput(f"Node '{self.id}' is no subgraph.")
        if spec.mode != "on":
            what = f"Node '{self.id}' is switched to {spec.mode}."
            raise InvalidInput(what, remedy="Turn it on before ungrouping it.")
        inner = _Inlay(self.id, document.subgraphs[name], graph)
        yield from self._led_in_links(graph.links, inner)
        yield from self._renamed_outside(document, graph, inner)
        yield from self._exchanged_nodes(graph, spec, inner)
        last = list(instances_of(document, name)) == [(self.within, self.id)]
        if last:
            yield Drop("subgraphs", name)
        yield from self._moved_boxes(document, name, inner, last)

    def _led_in_links(self, links: tuple[Link, ...], inner: _Inlay) -> Iterator[Change]:
        lost: list[int] = []
        for index, link in enumerate(links):
            led = inner.led_in(link)
            if led is None:
                lost.append(index)
            elif led != link:
                yield ReplaceLink(index, led, self.within)
        for index in reversed(lost):
            yield DropLink(index, self.within)
        for offset, link in enumerate(inner.graph.links):
            added = Link(source=inner.renamed(link.source), target=inner.renamed(link.target))
            yield InsertLink(len(links) - len(lost) + offset, added, self.within)

    def _renamed_outside(
        self, document: Document, graph: Document | Subgraph, inner: _Inlay
    ) -> Iterator[Change]:
        if isinstance(graph, Subgraph):
            for side, name, place in border_of(graph):
                if place[0] == self.id:
                    ports = inner.outputs if side == "outputs" else inner.inlets
                    behind = ports.get(place[1])
                    if behind is None:
                        yield Drop(side, name, self.within)
                    else:
                        yield Put(side, name, behind, self.within)
            return
        for name, exposed in document.exposed.items():
            if exposed.node != self.id:
                continue
            behind = inner.inlets.get(exposed.param)
            if behind is None:
                yield Drop("exposed", name)
            else:
                update = {"node": behind[0], "param": behind[1]}
                yield Put("exposed", name, exposed.model_copy(update=update))

    def _exchanged_nodes(
        self, graph: Document | Subgraph, instance: NodeSpec, inner: _Inlay
    ) -> Iterator[Change]:
        index = list(graph.nodes).index(self.id)
        yield Drop("nodes", self.id, self.within)
        given: dict[str, dict[str, object]] = {}
        for name, value in instance.params.items():
            place = inner.graph.params.get(name)
            if place is not None:
                given.setdefault(place[0], {})[place[1]] = value
        for offset, (id, spec) in enumerate(inner.graph.nodes.items()):
            if id in given:
                spec = spec.model_copy(update={"params": {**spec.params, **given[id]}})
            yield Put("nodes", inner.ids[id], spec, self.within, index + offset)

    def _moved_boxes(
        self, document: Document, name: str, inner: _Inlay, last: bool
    ) -> Iterator[Change]:
        """The nodes come out where they were inside; the instance's box goes."""
        before = boxes_of(document)
        boxes = {key: box for key, box in before.items() if key != place_key(self.id, self.within)}
        for id, outside in inner.ids.items():
            if (key := place_key(id, name)) in before:
                boxes[place_key(outside, self.within)] = before[key]
                if last:
                    del boxes[key]
        if boxes != before:
            yield Put("view", "nodes", boxes)


class _Inlay:
    """The definition's nodes under the ids they get outside."""

    def __init__(self, instance: str, graph: Subgraph, outside: Document | Subgraph) -> None:
        self.graph = graph
        self.ids: dict[str, str] = {}
        self._instance = instance
        taken = set(outside.nodes) - {instance}
        for id in graph.nodes:
            self.ids[id] = free_name(id, taken)
            taken.add(self.ids[id])
        self.inlets = self._renamed_ports({**graph.inputs, **graph.params})
        self.outputs = self._renamed_ports(graph.outputs)

    def renamed(self, place: Endpoint) -> Endpoint:
        """An inner port as it is called outside."""
        return self.ids.get(place[0], place[0]), place[1]

    def led_in(self, link: Link) -> Link | None:
        """An outer link with its ends at the instance led inside; None if nothing is there."""
        source: Endpoint | None = link.source
        target: Endpoint | None = link.target
        if link.source[0] == self._instance:
            source = self.outputs.get(link.source[1])
        if link.target[0] == self._instance:
            target = self.inlets.get(link.target[1])
        return None if source is None or target is None else Link(source=source, target=target)

    def _renamed_ports(self, ports: Mapping[str, Endpoint]) -> dict[str, Endpoint]:
        return {name: self.renamed(place) for name, place in ports.items()}
