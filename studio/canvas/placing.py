"""Where nodes go that the document does not place: laid out once, and then they stay there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.graph.document import Document, Subgraph
from studio.canvas.geometry import shape_of
from studio.canvas.status import footer_of
from studio.editing.layout import places_of
from studio.faces import CanvasFace, NodeFace, Point

GAP: Final = 80.0
FARTHEST: Final = 390_000.0


def places_for(
    face: CanvasFace, graph: Document | Subgraph | None, known: Mapping[str, Point]
) -> dict[str, Point]:
    """The upper left corner of every node: the document's, else the known, else a new one.

    New ones are laid out together, below what has a place.
    """
    places: dict[str, Point] = {}
    missing: list[str] = []
    for id, node in face.nodes.items():
        if node.at is not None:
            places[id] = (_near(node.at[0]), _near(node.at[1]))
        elif id in known:
            places[id] = known[id]
        else:
            missing.append(id)
    if missing:
        places |= _laid_out(face, graph, missing, places)
    return places


def _near(value: float) -> float:
    """A damaged document may place a node where nobody ever finds it."""
    return min(FARTHEST, max(-FARTHEST, value))


def _laid_out(
    face: CanvasFace,
    graph: Document | Subgraph | None,
    missing: list[str],
    placed: Mapping[str, Point],
) -> dict[str, Point]:
    sizes = {id: _size(face.nodes[id]) for id in missing}
    if graph is None:
        found = {id: (n * (200 + GAP), 0.0) for n, id in enumerate(missing)}
    else:
        found = places_of(graph, sizes, missing)
    if not placed:
        return found
    left = min(x for x, _y in placed.values())
    bottom = max(y + _size(face.nodes[id])[1] for id, (_x, y) in placed.items())
    return {id: (x + left, y + bottom + GAP) for id, (x, y) in found.items()}


def _size(node: NodeFace) -> tuple[float, float]:
    shape = shape_of(node, footer_of(node))
    return shape.width, shape.height
