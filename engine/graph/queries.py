"""Questions about a graph, answered by networkx, which is imported when one is asked.

`needs` maps every node to the nodes it depends on, as `dependencies` gives it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from engine.graph.document import Document, Subgraph

if TYPE_CHECKING:
    import networkx


def dependencies(graph: Document | Subgraph) -> dict[str, list[str]]:
    """Every node of a document or definition, with the nodes whose outputs it takes."""
    needs: dict[str, list[str]] = {id: [] for id in graph.nodes}
    for link in graph.links:
        if link.source[0] in needs and link.target[0] in needs:
            needs[link.target[0]].append(link.source[0])
    return needs


def find_cycle(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """The nodes of one cycle in the direction of its links, the first again at the end, or []."""
    import networkx as nx

    try:
        edges = nx.find_cycle(_digraph(needs))
    except nx.NetworkXNoCycle:
        return []
    return [edges[0][0], *(target for _, target in edges)]


def ancestors(needs: Mapping[str, Iterable[str]], ids: Iterable[str]) -> set[str]:
    """These nodes and everything they depend on."""
    return _reachable(_digraph(needs).reverse(copy=False), ids)


def descendants(needs: Mapping[str, Iterable[str]], ids: Iterable[str]) -> set[str]:
    """These nodes and everything that depends on them."""
    return _reachable(_digraph(needs), ids)


def _reachable(graph: networkx.DiGraph[str], ids: Iterable[str]) -> set[str]:
    import networkx as nx

    starts = set(ids)
    layers = nx.bfs_layers(graph, starts) if starts else ()
    return {id for layer in layers for id in layer}


def _digraph(needs: Mapping[str, Iterable[str]]) -> networkx.DiGraph[str]:
    import networkx as nx

    graph: networkx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(needs)
    graph.add_edges_from((source, id) for id, sources in needs.items() for source in sources)
    return graph
