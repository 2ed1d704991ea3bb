"""Other names change nothing that is computed, and lose nothing that is seen."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.graph.document import Document
from engine.graph.validate import validate
from studio.editing.renaming import RenameSubgraph, make_unique, rename_node
from tests.engine.graph.samples import REGISTRY, definition, graph, node
from tests.studio.editing.graphs import after, documents

INNER = definition({"blur": node("blur"), "deep": node("subgraph/deep")})
DOCUMENT = graph(
    {"paint": node("paint"), "film": node("film"), "s": node("subgraph/soft")},
    "paint -> film.image",
    subgraphs={"deep": definition({"paint": node("paint")}), "soft": INNER},
    view={
        "nodes": {"soft:blur": {"at": [1, 2]}, "deep:paint": {"at": [3, 4]}},
        "waypoints": {"film.image": [[5, 6]], "soft:blur.image": [[7, 8]]},
        "frames": {"f": {"within": "soft", "at": [0, 0], "size": [9, 9]}},
    },
)


def test_waypoints_follow_a_node() -> None:
    document = after(DOCUMENT, rename_node(DOCUMENT, "", "film", "movie"))
    assert document.view["waypoints"] == {"movie.image": [[5, 6]], "soft:blur.image": [[7, 8]]}
    assert document.links[0].target == ("movie", "image")
    with pytest.raises(InvalidInput, match="already"):
        rename_node(DOCUMENT, "", "film", "paint").apply(DOCUMENT)


def test_everything_follows_a_definition() -> None:
    document = after(DOCUMENT, RenameSubgraph("soft", "gentle"))
    assert list(document.subgraphs) == ["deep", "gentle"]
    assert document.nodes["s"].type == "subgraph/gentle"
    assert document.view["nodes"] == {"gentle:blur": {"at": [1, 2]}, "deep:paint": {"at": [3, 4]}}
    assert document.view["waypoints"] == {"film.image": [[5, 6]], "gentle:blur.image": [[7, 8]]}
    assert document.view["frames"]["f"]["within"] == "gentle"  # type: ignore[index, call-overload]
    inner = after(DOCUMENT, RenameSubgraph("deep", "below"))
    assert inner.subgraphs["soft"].nodes["deep"].type == "subgraph/below"


def test_a_taken_or_unknown_name_is_refused() -> None:
    for old, new, reason in (
        ("soft", "deep", "already"),
        ("sofd", "x", "Did you mean 'soft'"),
        ("soft", "a/b", "cannot be a name"),
    ):
        with pytest.raises(InvalidInput, match=reason):
            RenameSubgraph(old, new).apply(DOCUMENT)


def test_an_instance_gets_a_definition_of_its_own() -> None:
    twice = DOCUMENT.model_copy(update={"nodes": {**DOCUMENT.nodes, "t": node("subgraph/soft")}})
    document = after(twice, make_unique(twice, "", "t"))
    assert document.nodes["t"].type == "subgraph/soft_2"
    assert document.nodes["s"].type == "subgraph/soft"
    assert document.subgraphs["soft_2"] == INNER
    assert document.view["nodes"]["soft_2:blur"] == {"at": [1, 2]}  # type: ignore[index, call-overload]
    with pytest.raises(InvalidInput, match="no subgraph"):
        make_unique(twice, "", "paint")


@given(documents(), st.data())
@settings(deadline=None)
def test_a_document_is_as_sound_as_before(document: Document, data: st.DataObject) -> None:
    id = data.draw(st.sampled_from(list(document.nodes)))
    renamed = after(document, rename_node(document, "", id, "other"))
    assert after(renamed, rename_node(renamed, "", "other", id)) == document
    if document.subgraphs:
        renamed = after(document, RenameSubgraph("soft", "gentle"))
        assert len(validate(renamed, REGISTRY)) == len(validate(document, REGISTRY))
        assert after(renamed, RenameSubgraph("gentle", "soft")) == document
