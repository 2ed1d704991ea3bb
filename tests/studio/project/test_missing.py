"""Nodes that are not installed: named, counted, and what to install."""

from __future__ import annotations

from engine.graph.document import Document, NodeSpec, Subgraph
from engine.graph.registry import NodePack, Registry, installed_registry
from studio.project.missing import MissingType, missing_in


def spec(type: str, version: int = 1) -> NodeSpec:
    return NodeSpec(type=type, version=version)


def test_nothing_is_missing_from_what_is_installed() -> None:
    nodes = {"a": spec("text.prompt"), "b": spec("subgraph/sub")}
    document = Document(nodes=nodes, subgraphs={"sub": Subgraph()}, packs={"reelwright": "0.1.0"})
    missing = missing_in(document, installed_registry())
    assert not missing
    assert missing.packs == ()


def test_types_are_counted_in_all_graphs_with_their_newest_version() -> None:
    inner = Subgraph(nodes={"c": spec("odd.blur", 3), "d": spec("odd.glow")})
    document = Document(nodes={"a": spec("odd.blur", 2)}, subgraphs={"sub": inner})
    missing = missing_in(document, Registry([]))
    assert missing.types == (MissingType("odd.blur", 3, 2), MissingType("odd.glow", 1, 1))
    assert missing.sentence == (
        "3 nodes of 2 types are not installed; everything is kept, and can be saved again."
    )
    assert missing.advice == "Ask whoever made the graph which node pack it needs."


def test_the_pack_to_install_is_named() -> None:
    document = Document(nodes={"a": spec("odd.blur")}, packs={"odd": "2.1", "reelwright": "0.1.0"})
    missing = missing_in(document, installed_registry())
    (pack,) = missing.packs
    assert pack.advice == "Install the pack 'odd' 2.1: pip install --upgrade 'odd>=2.1'"
    assert missing.advice == ""
    assert missing.sentence.startswith("1 node is not installed;")


def test_a_pack_that_is_older_here_is_to_be_updated() -> None:
    document = Document(nodes={"a": spec("odd.blur")}, packs={"odd": "2.10"})
    (pack,) = missing_in(document, Registry([NodePack("odd", "2.9", [])])).packs
    assert pack.advice.startswith("Update the pack 'odd' from 2.9 to 2.10 or newer")


def test_a_pack_that_could_not_be_loaded_says_why() -> None:
    def broken() -> list[type]:
        raise ImportError("no module named 'cupy'")

    registry = Registry([NodePack("odd", "1.0", broken)])
    document = Document(nodes={"a": spec("odd.blur")}, packs={"odd": "1.0"})
    (pack,) = missing_in(document, registry).packs
    assert pack.advice == "Repair the pack 'odd': ImportError: no module named 'cupy'."


def test_a_type_that_is_almost_installed_is_suggested() -> None:
    missing = missing_in(Document(nodes={"a": spec("text.promt")}), installed_registry())
    assert missing.advice == "Is 'text.promt' the node 'text.prompt'?"
