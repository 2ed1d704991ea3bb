"""Nodes are found by title, id, type and value, on every level."""

from __future__ import annotations

from studio.editing.find import find
from tests.engine.graph.samples import REGISTRY, definition, graph, node

DOCUMENT = graph(
    {"paint": node("paint", color="blue"), "soft": node("subgraph/soft"), "lost": node("x.lost")},
    subgraphs={"soft": definition({"blur": node("blur"), "inner": node("paint")})},
    view={
        "nodes": {"soft": {"title": "Make it soft"}},
        "notes": {"n": {"within": "soft", "text": "Remember the blur"}},
        "frames": {"f": {"title": "Painting"}},
    },
)


def ids(query: str) -> list[tuple[str, str]]:
    return [(match.within, match.id) for match in find(DOCUMENT, REGISTRY, query)]


def test_titles_and_ids_are_found_on_all_levels() -> None:
    assert ids("paint") == [("", "paint"), ("soft", "inner"), ("", "f")]
    assert ids("blur") == [("soft", "blur"), ("soft", "n")]
    assert ids("make soft") == [("", "soft")]


def test_values_and_types_are_found() -> None:
    (match,) = find(DOCUMENT, REGISTRY, "blue")
    assert match.where == "color: blue"
    assert ids("x.lost") == [("", "lost")]


def test_nothing_is_found_for_nothing() -> None:
    assert ids("") == ids("  ") == ids("xyzzy") == []
