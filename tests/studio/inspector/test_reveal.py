"""Going to a node, wherever it stands; no Qt."""

from __future__ import annotations

from studio.document import OpenDocument, Selection
from studio.inspector.reveal import reveal, trail_to


def test_a_node_of_the_top_is_selected(nested: OpenDocument) -> None:
    nested.enter("up")
    assert reveal(nested, "up")
    assert nested.trail == ()
    assert nested.selection == Selection.of_nodes(["up"])


def test_a_node_deep_inside_is_entered(nested: OpenDocument) -> None:
    assert reveal(nested, "inner:seed")
    assert nested.trail == ("up", "deep")
    assert nested.selection == Selection.of_nodes(["seed"])


def test_what_is_not_there_is_not_found(nested: OpenDocument) -> None:
    assert not reveal(nested, "gone")
    assert not reveal(nested, "nothing:seed")
    assert trail_to(nested.document, "nothing") is None
