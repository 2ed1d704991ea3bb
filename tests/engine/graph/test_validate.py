"""Every problem of a graph is found at once, with node, field, value and the way out."""

from __future__ import annotations

import pytest

from engine.graph.document import Document, Exposed
from engine.graph.problems import InvalidDocument, Problem
from engine.graph.validate import check, validate
from tests.engine.graph.samples import REGISTRY, graph, links, node


def the_problem(document: Document) -> Problem:
    (problem,) = validate(document, REGISTRY)
    return problem


def test_a_good_graph_has_no_problems() -> None:
    document = graph({"paint": node("paint", width=64), "save": node("save")}, "paint -> save.what")
    assert validate(document, REGISTRY) == ()
    check(document, REGISTRY)


def test_an_empty_graph_has_no_problems() -> None:
    assert validate(Document(), REGISTRY) == ()


@pytest.mark.parametrize(
    ("document", "sentence", "node_id", "field", "value"),
    [
        (
            graph({"a": node("pant")}),
            "Node 'a': the node type 'test.pant' is not installed. Did you mean 'test.paint'?",
            "a",
            "type",
            "test.pant",
        ),
        (
            graph({"a": node("acme.warp")}, packs={"acme": "1.0"}),
            "Node 'a': the node type 'acme.warp' is not installed. "
            "Install the pack acme, or remove the node.",
            "a",
            "type",
            "acme.warp",
        ),
        (
            graph({"a": node("subgraph/x")}),
            "Node 'a': there is no subgraph 'x' in this document. Remove the node.",
            "a",
            "type",
            "subgraph/x",
        ),
        (
            graph({"a": node("paint", version=2)}),
            "Node 'a': it was saved by version 2 of test.paint; here is 1. Update the node pack.",
            "a",
            "version",
            "2",
        ),
        (
            graph({"a": node("paint", width=8)}),
            "Node 'a': parameter 'width' must be from 16 to 8192 px, not 8.",
            "a",
            "width",
            "8",
        ),
        (
            graph({"a": node("paint", width="wide")}),
            "Node 'a': parameter 'width' must be a whole number, not 'wide'.",
            "a",
            "width",
            "'wide'",
        ),
        (
            graph({"a": node("paint", color="pink")}),
            "Node 'a': parameter 'color' must be one of red, green, blue, not 'pink'.",
            "a",
            "color",
            "'pink'",
        ),
        (
            graph({"a": node("paint", colour="red")}),
            "Node 'a': it has no parameter 'colour'. Did you mean 'color'?",
            "a",
            "colour",
            "'red'",
        ),
        (
            graph({"a": node("paint"), "b": node("blur", image="a")}, "a -> b.image"),
            "Node 'b': it has no parameter 'image'. It is an input; link something to it.",
            "b",
            "image",
            "'a'",
        ),
        (
            graph({"a": node("blur")}),
            "Node 'a': its input 'image' is open. Link an Image to it.",
            "a",
            "image",
            "",
        ),
        (
            graph({"a": node("number"), "b": node("blur")}, "a -> b.image"),
            "Node 'b': its input 'image' takes Image, but 'a.result' gives Number. "
            "Link an Image to it, or convert it in between.",
            "b",
            "image",
            "Number",
        ),
        (
            graph({"a": node("paint"), "b": node("add", first=1.0)}, "a -> b.first"),
            None,
            "b",
            "first",
            None,
        ),
        (
            graph({"a": node("paint"), "b": node("blur")}, "a -> b.image", "a -> b.imgae"),
            "Node 'b': it has no input or parameter 'imgae', where 'a.result' is linked. "
            "Did you mean 'image'?",
            "b",
            "imgae",
            "",
        ),
        (
            graph({"a": node("paint"), "b": node("blur")}, "a.image -> b.image"),
            "Node 'b': its 'image' is linked to 'a.image', an output that does not exist. "
            "There is 'result'.",
            "b",
            "image",
            "'a.image'",
        ),
        (
            graph({"a": node("paint"), "b": node("save")}, "a -> b.what", "b.path -> a.width"),
            None,
            "a",
            "width",
            "'b.path'",
        ),
        (
            graph(
                {"paint": node("paint"), "b": node("blur")}, "paint -> b.image", "pain -> b.mask"
            ),
            "The link from 'pain.result' to 'b.mask' starts at a node 'pain' that does not exist. "
            "Did you mean 'paint'?",
            "pain",
            "",
            "pain",
        ),
        (
            graph({"a": node("paint")}, "a -> gone.image"),
            "The link from 'a.result' to 'gone.image' ends at a node 'gone' that does not exist. "
            "Remove the link.",
            "gone",
            "",
            "gone",
        ),
        (
            graph(
                {"a": node("paint"), "b": node("paint"), "c": node("blur")},
                "a -> c.image",
                "b -> c.image",
            ),
            "Node 'c': two links lead to its input 'image', from 'a.result' and 'b.result'. "
            "Remove one of them.",
            "c",
            "image",
            "'b.result'",
        ),
        (
            graph({"a": node("paint")}, exposed={"size": Exposed(node="b", param="width")}),
            "The exposed 'size' is of a node 'b' that does not exist. There is 'a'.",
            "b",
            "size",
            "b",
        ),
        (
            graph({"a": node("paint")}, exposed={"size": Exposed(node="a", param="with")}),
            "The exposed 'size' is of a parameter 'with' that node 'a' does not have. "
            "Did you mean 'width'?",
            "a",
            "size",
            "with",
        ),
    ],
)
def test_a_problem_names_its_place_and_the_way_out(
    document: Document, sentence: str | None, node_id: str, field: str, value: str | None
) -> None:
    found = validate(document, REGISTRY)
    problem = next(p for p in found if (p.node, p.field) == (node_id, field))
    assert problem.severity == "error"
    if sentence is not None:
        assert str(problem) == sentence
        assert len(found) == 1
    if value is not None:
        assert problem.value == value


def test_a_link_may_feed_a_parameter_of_its_type() -> None:
    nodes = {"a": node("integer"), "b": node("paint"), "c": node("film")}
    assert validate(graph(nodes, "a -> b.width", "b -> c.image", "a -> c.seconds"), REGISTRY) == ()
    problem = the_problem(graph(nodes, "b -> c.image", "b -> c.seconds"))
    assert "its input 'seconds' takes Number, but 'b.result' gives Image" in str(problem)


def test_a_circle_names_its_path() -> None:
    nodes = {id: node("add") for id in "abc"}
    problem = the_problem(graph(nodes, "a -> b.first", "b -> c.first", "c -> a.first"))
    assert "a → b → c → a." in str(problem) or "b → c → a → b." in str(problem)
    assert problem.remedy == "Remove one of these links."


def test_a_node_that_feeds_itself_is_a_circle() -> None:
    problem = the_problem(graph({"a": node("add")}, "a -> a.first"))
    assert "The links go round in a circle: a → a." in str(problem)


def test_a_long_circle_is_told_shortly() -> None:
    nodes = {f"n{i}": node("add") for i in range(5000)}
    pairs = [f"n{i} -> n{(i + 1) % 5000}.first" for i in range(5000)]
    problem = the_problem(graph(nodes, *pairs))
    assert "→ ... →" in problem.message
    assert len(problem.message) < 200


def test_everything_wrong_is_told_at_once() -> None:
    nodes = {"a": node("paint", width=1), "b": node("nothing"), "c": node("blur"), "d": node("add")}
    found = validate(graph(nodes, "x -> c.image", "d -> d.second"), REGISTRY)
    assert [problem.node for problem in found] == ["x", "d", "a", "b", "d"]
    with pytest.raises(InvalidDocument, match="The graph has 5 problems") as caught:
        check(graph(nodes, "x -> c.image", "d -> d.second"), REGISTRY)
    assert caught.value.exit_code == 2
    assert caught.value.problems == found


def half_finished() -> Document:
    """A picture that is saved, beside a node that is unknown and one that is half wired."""
    nodes = {
        "paint": node("paint"),
        "save": node("save"),
        "alien": node("acme.warp"),
        "after": node("film"),
    }
    return graph(nodes, "paint -> save.what", "alien -> after.image")


def test_what_no_wanted_output_needs_is_a_warning() -> None:
    found = validate(half_finished(), REGISTRY)
    assert [(problem.node, problem.severity) for problem in found] == [("alien", "warning")]
    check(half_finished(), REGISTRY)


def test_what_a_wanted_output_needs_is_an_error() -> None:
    found = validate(half_finished(), REGISTRY, outputs=["after"])
    assert [(problem.node, problem.severity) for problem in found] == [("alien", "error")]
    check(half_finished(), REGISTRY, outputs=["save"])
    with pytest.raises(InvalidDocument, match=r"acme.warp"):
        check(half_finished(), REGISTRY, outputs=["after"])


def test_without_declared_outputs_the_open_ends_are_wanted() -> None:
    document = graph({"a": node("acme.warp"), "b": node("film")}, "a -> b.image")
    assert [problem.severity for problem in validate(document, REGISTRY)] == ["error"]


def test_a_wanted_node_must_exist() -> None:
    with pytest.raises(InvalidDocument, match=r"There is no node 'sav' .* Did you mean 'save'"):
        check(half_finished(), REGISTRY, outputs=["sav"])


def test_a_wanted_node_must_not_be_muted() -> None:
    nodes = {"a": node("paint", mode="mute"), "b": node("film")}
    document = graph(nodes, "a -> b.image")
    with pytest.raises(InvalidDocument, match="'a' gives no result, because it is muted"):
        check(document, REGISTRY, outputs=["a"])
    with pytest.raises(InvalidDocument, match="because it needs 'a', which is muted"):
        check(document, REGISTRY, outputs=["b"])


def test_a_node_that_does_not_compute_needs_no_inputs() -> None:
    for mode in ("bypass", "mute"):
        assert validate(graph({"a": node("blur", mode=mode)}), REGISTRY) == ()


def test_an_exposed_parameter_that_a_link_feeds_is_a_warning() -> None:
    document = graph(
        {"a": node("integer"), "b": node("paint")},
        "a -> b.width",
        exposed={"size": Exposed(node="b", param="width")},
    )
    assert the_problem(document).severity == "warning"


def test_a_thousand_wrong_links_are_told_in_no_time() -> None:
    nodes = {f"node{i}": node("add") for i in range(1000)}
    document = Document(
        nodes=nodes, links=links(*(f"nod{i} -> node{i}.first" for i in range(1000)))
    )
    assert len(validate(document, REGISTRY)) == 1000
