"""From a problem to the node it is about, on whatever level."""

from __future__ import annotations

import pytest

from engine.graph.document import Document, NodeSpec, Subgraph
from engine.graph.problems import Problem
from engine.graph.registry import Registry
from studio.app.places_of_problems import ProblemWalk, go_to_problem, trail_to
from studio.document import OpenDocument

TOY = NodeSpec(type="toy.node", version=1)


def instance(name: str) -> NodeSpec:
    return NodeSpec(type=f"subgraph/{name}", version=1)


@pytest.fixture
def document() -> OpenDocument:
    """a; up (outer) holding deep (inner) holding z; nothing uses 'spare'."""
    made = Document(
        nodes={"a": TOY, "up": instance("outer")},
        subgraphs={
            "outer": Subgraph(nodes={"deep": instance("inner")}),
            "inner": Subgraph(nodes={"z": TOY}),
            "spare": Subgraph(nodes={"y": TOY}),
        },
    )
    return OpenDocument(made, Registry.of())


def test_a_node_of_the_top_is_selected(document: OpenDocument) -> None:
    assert go_to_problem(document, Problem("", node="a")) == "a"
    assert document.selection.nodes == {"a"}


def test_a_node_inside_is_gone_to(document: OpenDocument) -> None:
    assert go_to_problem(document, Problem("", node="inner:z")) == "z"
    assert document.trail == ("up", "deep")
    assert go_to_problem(document, Problem("", node="a")) == "a"
    assert document.trail == ()


def test_what_nothing_uses_cannot_be_gone_to(document: OpenDocument) -> None:
    assert go_to_problem(document, Problem("", node="spare:y")) == ""
    assert trail_to(document, "spare") is None


def test_a_problem_of_no_node_leads_nowhere(document: OpenDocument) -> None:
    assert go_to_problem(document, Problem("The document has no output.")) == ""


def test_problems_are_walked_round_and_round(document: OpenDocument) -> None:
    walk = ProblemWalk()
    first, second, third = (Problem(name, node="a") for name in "123")
    document.know(document.document, (first, second, third))
    seen = [walk.step(document, by) for by in (1, 1, 1, 1, -1)]
    assert seen == [first, second, third, first, third]


def test_without_problems_there_is_no_step(document: OpenDocument) -> None:
    document.know(document.document, ())
    assert ProblemWalk().step(document, 1) is None
