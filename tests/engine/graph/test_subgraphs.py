"""Definitions are checked once, and their instances like any node."""

from __future__ import annotations

import pytest

from engine.graph.document import Document
from engine.graph.validate import validate
from tests.engine.graph.samples import REGISTRY, definition, graph, node


def with_inner(**rest: object) -> Document:
    inner = definition({"blur": node("blur"), "wrong": node("paint", width=1)}, **rest)
    return graph(
        {"paint": node("paint"), "soft": node("subgraph/soft"), "save": node("save")},
        "paint -> soft.image",
        "soft -> save.what",
        subgraphs={"soft": inner},
    )


BORDER = {"inputs": {"image": ("blur", "image")}, "outputs": {"result": ("blur", "result")}}


def test_a_problem_inside_a_definition_names_it_once() -> None:
    twice = with_inner(**BORDER)
    nodes = {**twice.nodes, "again": node("subgraph/soft")}
    document = graph(
        nodes, "paint -> soft.image", "soft -> again.image", "again -> save.what",
        subgraphs=twice.subgraphs,
    )  # fmt: skip
    found = validate(document, REGISTRY)
    assert [problem.node for problem in found] == ["soft:wrong"]
    assert str(found[0]).startswith("Node 'soft:wrong': parameter 'width' must be from 16")


def test_an_instance_has_the_ports_and_ranges_of_what_is_inside() -> None:
    inner = definition(
        {"paint": node("paint", width=32), "blur": node("blur")},
        "paint -> blur.mask",
        **BORDER,
        params={"size": ("paint", "width")},
    )
    nodes = {"n": node("number"), "s": node("subgraph/soft", size=3)}
    found = validate(graph(nodes, "n -> s.image", subgraphs={"soft": inner}), REGISTRY)
    assert [str(problem) for problem in found] == [
        "Node 's': parameter 'size' must be from 16 to 8192 px, not 3.",
        "Node 's': its input 'image' takes Image, but 'n.result' gives Number. "
        "Link an Image to it, or convert it in between.",
    ]
    assert {problem.severity for problem in found} == {"error"}
    nodes = {"s": node("subgraph/soft")}
    found = validate(graph(nodes, subgraphs={"soft": inner}), REGISTRY)
    assert [problem.field for problem in found] == ["image"]


@pytest.mark.parametrize(
    ("border", "sentence"),
    [
        (
            {"inputs": {"i": ("blr", "image")}},
            "Subgraph 's': 'i' leads to 'blr', a node it does not have. Did you mean 'blur'?",
        ),
        (
            {"inputs": {"i": ("blur", "imag")}},
            "Subgraph 's': 'i' leads to 'blur.imag', which does not exist. Did you mean 'image'?",
        ),
        (
            {"outputs": {"o": ("blur", "x")}},
            "Subgraph 's': 'o' leads to 'blur.x', which does not exist. There is 'result'.",
        ),
        (
            {"params": {"p": ("blur", "shrp")}},
            "Subgraph 's': 'p' leads to 'blur.shrp', which does not exist. Did you mean 'sharp'?",
        ),
        (
            {"inputs": {"i": ("blur", "image"), "j": ("blur", "image")}},
            "Subgraph 's': input 'j' leads to 'blur.image', which something feeds already. "
            "Remove one of the two.",
        ),
        (
            {"inputs": {"sharp": ("blur", "image")}, "params": {"sharp": ("blur", "sharp")}},
            "Subgraph 's' has both an input and a parameter 'sharp'. Rename one of them.",
        ),
    ],
)
def test_a_border_that_leads_nowhere_is_told(border: dict[str, object], sentence: str) -> None:
    inner = definition({"blur": node("blur")}, **border)
    found = validate(graph({}, subgraphs={"s": inner}), REGISTRY)
    assert sentence in [str(problem) for problem in found]


def test_definitions_that_contain_themselves_are_told() -> None:
    subgraphs = {
        "a": definition({"x": node("subgraph/b")}),
        "b": definition({"y": node("subgraph/a")}),
    }
    (problem,) = validate(graph({"n": node("subgraph/a")}, subgraphs=subgraphs), REGISTRY)
    assert problem.message in (
        "Subgraphs contain themselves: 'a' → 'b' → 'a'.",
        "Subgraphs contain themselves: 'b' → 'a' → 'b'.",
    )


def test_a_graph_that_would_explode_is_refused_before_it_is_written_out() -> None:
    pair = {"x": node("number"), "y": node("number")}
    subgraphs = {"s0": definition(pair)}
    for level in range(1, 60):
        inner = {id: node(f"subgraph/s{level - 1}") for id in "xy"}
        subgraphs[f"s{level}"] = definition(inner)
    (problem,) = validate(graph({"n": node("subgraph/s59")}, subgraphs=subgraphs), REGISTRY)
    assert problem.message == "Written out, the subgraphs come to more than 200,000 nodes."


def test_nesting_has_an_end() -> None:
    subgraphs = {"s0": definition({"n": node("number")})}
    for level in range(1, 1001):
        subgraphs[f"s{level}"] = definition({"n": node(f"subgraph/s{level - 1}")})
    (problem,) = validate(graph({"n": node("subgraph/s1000")}, subgraphs=subgraphs), REGISTRY)
    assert problem.message == "Subgraphs are nested more than 1,000 levels deep."
