"""Going to a node by its place key, on whatever level it stands; knows no Qt."""

from __future__ import annotations

from collections import deque

from engine.graph.document import Document
from engine.graph.subgraphs import definition_name
from studio.document import OpenDocument, Selection


def reveal(opened: OpenDocument, key: str) -> bool:
    """Show the level that a node stands on and select it.  Whether there is such a node."""
    level, _, id = key.rpartition(":")
    if level != opened.level:
        trail = trail_to(opened.document, level)
        if trail is None:
            return False
        opened.go_to_level(0)
        for instance in trail:
            opened.enter(instance)
    if id not in opened.graph.nodes:
        return False
    opened.select(Selection.of_nodes([id]))
    return True


def trail_to(document: Document, level: str) -> tuple[str, ...] | None:
    """The instances to enter, outermost first, to stand in a definition; the shortest way."""
    ahead: deque[tuple[str, tuple[str, ...]]] = deque([("", ())])
    seen: set[str] = set()
    while ahead:
        here, trail = ahead.popleft()
        if here == level:
            return trail
        if here in seen:
            continue
        seen.add(here)
        graph = document.subgraphs[here] if here else document
        for id, spec in graph.nodes.items():
            name = definition_name(spec.type)
            if name is not None and name in document.subgraphs:
                ahead.append((name, (*trail, id)))
    return None
