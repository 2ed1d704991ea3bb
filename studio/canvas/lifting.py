"""Nodes in the user's hand: taken out of the index while they are dragged."""

from __future__ import annotations

from collections.abc import Mapping

from engine.graph.document import Endpoint
from studio.canvas.index import Chunk, Index
from studio.canvas.visuals import LinkVisual, NodeVisual
from studio.faces import Point


class Lifted:
    """Some nodes, the links between them, and the links that tie them to the rest.

    `chunk` holds the nodes and inner links where they were; it is drawn moved by `dx`, `dy`, which
    costs nothing for each of them.  Only links to the rest are bent anew as they move.
    """

    def __init__(
        self,
        ids: frozenset[str],
        nodes: Mapping[str, NodeVisual],
        links: Mapping[Endpoint, LinkVisual],
        links_of: Mapping[str, set[Endpoint]],
        index: Index,
    ) -> None:
        self.ids = ids
        self.nodes = {id: nodes[id] for id in ids}
        self.chunk = Chunk()
        self.border: list[LinkVisual] = []
        self.dx = self.dy = 0.0
        self._from: dict[str, Point] = {}
        for id, node in self.nodes.items():
            index.drop_node(node)
            self.chunk.nodes[id] = node
            self._from[id] = (node.x, node.y)
        for target in {target for id in ids for target in links_of.get(id, ())}:
            link = links[target]
            index.drop_link(link)
            if link.face.source[0] in ids and target[0] in ids:
                self.chunk.links[target] = link
            else:
                self.border.append(link)

    def move(self, dx: float, dy: float, nodes: Mapping[str, NodeVisual]) -> None:
        """Hold them this far from where they were."""
        self.dx, self.dy = dx, dy
        for id, (x, y) in self._from.items():
            node = self.nodes[id]
            node.x, node.y = x + dx, y + dy
        for link in self.border:
            self._lead(link, nodes)

    def put_down(self, nodes: Mapping[str, NodeVisual], index: Index) -> None:
        """Lay everything back where it was."""
        self.move(0.0, 0.0, nodes)
        for node in self.nodes.values():
            index.put_node(node)
        for link in (*self.chunk.links.values(), *self.border):
            index.put_link(link)

    def _lead(self, link: LinkVisual, nodes: Mapping[str, NodeVisual]) -> None:
        source, target = link.face.source, link.face.target
        link.lead(
            nodes[source[0]].port_pos(source[1], True), nodes[target[0]].port_pos(target[1], False)
        )
