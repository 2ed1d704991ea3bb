"""Nodes and links by where they lie: chunks of the plane, each drawn as one from far away."""

from __future__ import annotations

from collections.abc import Iterator
from math import floor
from typing import TYPE_CHECKING, Final

from engine.graph.document import Endpoint
from studio.canvas.geometry import Box
from studio.canvas.visuals import LinkVisual, NodeVisual

if TYPE_CHECKING:
    from studio.canvas.far import FarPicture

CHUNK: Final = 2048.0


class Chunk:
    """What begins in one square of the plane: a link belongs where it starts."""

    def __init__(self) -> None:
        self.nodes: dict[str, NodeVisual] = {}
        self.links: dict[Endpoint, LinkVisual] = {}
        self.far: FarPicture | None = None
        self._nodes_around: Box | None = None
        self._links_around: Box | None = None

    def touch(self) -> None:
        """Something in it is otherwise now."""
        self.far = None
        self._nodes_around = self._links_around = None

    @property
    def nodes_around(self) -> Box:
        """A rectangle around all its nodes."""
        if self._nodes_around is None:
            self._nodes_around = around(node.box for node in self.nodes.values())
        return self._nodes_around

    @property
    def links_around(self) -> Box:
        """A rectangle around all its links."""
        if self._links_around is None:
            self._links_around = around(link.bounds for link in self.links.values())
        return self._links_around


class Index:
    """Finds what lies in a rectangle without looking at everything."""

    def __init__(self) -> None:
        self.chunks: dict[tuple[int, int], Chunk] = {}

    def put_node(self, node: NodeVisual) -> None:
        """Take in a node where it lies now."""
        node.chunk = _chunk_of(node.x, node.y)
        chunk = self._chunk(node.chunk)
        chunk.nodes[node.face.id] = node
        chunk.touch()

    def drop_node(self, node: NodeVisual) -> None:
        """Take out a node, also one that has moved since."""
        chunk = self.chunks[node.chunk]
        del chunk.nodes[node.face.id]
        self._tidy(node.chunk, chunk)

    def put_link(self, link: LinkVisual) -> None:
        """Take in a link where it starts now."""
        link.chunk = _chunk_of(*link.curve.start)
        chunk = self._chunk(link.chunk)
        chunk.links[link.face.target] = link
        chunk.touch()

    def drop_link(self, link: LinkVisual) -> None:
        """Take out a link."""
        chunk = self.chunks[link.chunk]
        del chunk.links[link.face.target]
        self._tidy(link.chunk, chunk)

    def touch(self, node: NodeVisual) -> None:
        """A node in it looks otherwise now."""
        self.chunks[node.chunk].touch()

    def nodes_in(self, box: Box) -> Iterator[NodeVisual]:
        """The nodes that a rectangle meets."""
        for chunk in self.chunks.values():
            if chunk.nodes and chunk.nodes_around.meets(box):
                yield from (node for node in chunk.nodes.values() if node.box.meets(box))

    def links_in(self, box: Box) -> Iterator[LinkVisual]:
        """The links whose surroundings a rectangle meets."""
        for chunk in self.chunks.values():
            if chunk.links and chunk.links_around.meets(box):
                yield from (link for link in chunk.links.values() if link.bounds.meets(box))

    def _chunk(self, key: tuple[int, int]) -> Chunk:
        chunk = self.chunks.get(key)
        if chunk is None:
            chunk = self.chunks[key] = Chunk()
        return chunk

    def _tidy(self, key: tuple[int, int], chunk: Chunk) -> None:
        chunk.touch()
        if not chunk.nodes and not chunk.links:
            del self.chunks[key]


def around(boxes: Iterator[Box]) -> Box:
    """The smallest rectangle around all of them; an empty one at the origin around nothing."""
    found = list(boxes)
    if not found:
        return Box(0.0, 0.0, 0.0, 0.0)
    x, y = min(box.x for box in found), min(box.y for box in found)
    right = max(box.x + box.w for box in found)
    bottom = max(box.y + box.h for box in found)
    return Box(x, y, right - x, bottom - y)


def _chunk_of(x: float, y: float) -> tuple[int, int]:
    return floor(x / CHUNK), floor(y / CHUNK)
