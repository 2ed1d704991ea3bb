"""What is copied is pasted again, whatever happens to the text on the way."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.graph.document import Document, dump_document
from studio.editing.clipboard import accepts_text, duplicate, paste, paste_text
from studio.editing.copying import copy, copy_text
from studio.editing.fragment import dump_fragment, parse_fragment
from tests.engine.graph.samples import definition, graph, node
from tests.studio.editing.graphs import after, documents, level, pairs

SOFT = definition(
    {"blur": node("blur")},
    inputs={"image": ("blur", "image")},
    outputs={"result": ("blur", "result")},
)
PICTURE = graph(
    {"paint": node("paint", width=64), "blur": node("blur", "bypass"), "film": node("film")},
    "paint -> blur.image",
    "blur -> film.image",
    view={
        "nodes": {"paint": {"at": [0, 0]}, "blur": {"at": [300, 10], "color": "rose"}},
        "waypoints": {"blur.image": [[250, 5]]},
    },
)
NESTED = graph(
    {"paint": node("paint"), "s": node("subgraph/soft")},
    "paint -> s.image",
    subgraphs={"soft": SOFT},
    view={"nodes": {"soft:blur": {"at": [5, 6]}, "s": {"at": [7, 8]}}},
)
TEXT = copy_text(PICTURE, "", ["paint", "blur"])


def refusal(text: str) -> str:
    with pytest.raises(InvalidInput) as caught:
        paste_text(level(PICTURE), text)
    return str(caught.value)


def test_a_copy_holds_nodes_inner_links_and_where_inputs_came_from() -> None:
    fragment = copy(PICTURE, "", ["blur", "film"])
    assert list(fragment.nodes) == ["blur", "film"]
    assert [link.target for link in fragment.links] == [("film", "image")]
    assert [link.source for link in fragment.inputs] == [("paint", "result")]
    assert TEXT.startswith('{\n  "reelwright": "fragment",')
    assert copy_text(PICTURE, "", []) == ""


def test_pasted_nodes_get_free_ids_and_their_place() -> None:
    pasted = paste_text(level(PICTURE), TEXT, (1000, 500))
    document = after(PICTURE, pasted.edit)
    assert pasted.nodes == ("paint_2", "blur_2")
    assert document.nodes["blur_2"].mode == "bypass"
    assert "paint_2.result -> blur_2.image" in pairs(document)
    boxes = document.view["nodes"]
    assert isinstance(boxes, dict)
    assert boxes["paint_2"] == {"at": [1000, 500]}
    assert boxes["blur_2"] == {"at": [1300, 510], "color": "rose"}
    assert document.view["waypoints"] == {
        "blur.image": [[250, 5]],
        "blur_2.image": [[1250, 505]],
    }


def test_inputs_are_kept_only_if_asked() -> None:
    text = copy_text(PICTURE, "", ["film"])
    alone = after(PICTURE, paste_text(level(PICTURE), text).edit)
    assert not any("film_2" in pair for pair in pairs(alone))
    linked = after(PICTURE, paste_text(level(PICTURE), text, linked=True).edit)
    assert "blur.result -> film_2.image" in pairs(linked)


def test_an_input_that_does_not_fit_elsewhere_is_left_open() -> None:
    other = graph({"blur": node("film")})
    text = copy_text(PICTURE, "", ["film"])
    pasted = after(other, paste_text(level(other), text, linked=True).edit)
    assert not pasted.links


def test_definitions_come_along_once() -> None:
    text = copy_text(NESTED, "", ["s"])
    here = after(NESTED, paste_text(level(NESTED), text).edit)
    assert list(here.subgraphs) == ["soft"]
    there = after(PICTURE, paste_text(level(PICTURE), text).edit)
    assert there.subgraphs["soft"] == SOFT
    assert there.view["nodes"]["soft:blur"] == {"at": [5, 6]}  # type: ignore[index, call-overload]


def test_a_definition_of_the_same_name_that_differs_gets_another_name() -> None:
    other = NESTED.model_copy(update={"subgraphs": {"soft": definition({"x": node("paint")})}})
    document = after(other, paste_text(level(other), copy_text(NESTED, "", ["s"])).edit)
    assert document.nodes["s_2"].type == "subgraph/soft_2"
    assert document.subgraphs["soft_2"] == SOFT


def test_a_subgraph_is_not_pasted_into_itself() -> None:
    text = copy_text(NESTED, "", ["s"])
    with pytest.raises(InvalidInput, match="'soft' cannot contain itself"):
        paste_text(level(NESTED, "soft"), text)


def test_duplicates_lie_beside_their_originals() -> None:
    document = after(PICTURE, duplicate(level(PICTURE), ["blur"], linked=True).edit)
    assert document.view["nodes"]["blur_2"]["at"] == [340, 50]  # type: ignore[index, call-overload]
    assert "paint.result -> blur_2.image" in pairs(document)


@pytest.mark.parametrize(
    "wrapped",
    [
        "Here you are:\n\n```json\n{}\n```\nHave fun {{and}} more!",
        "```\n{}```",
        "Try this: {} and then press run.",
        "\ufeff  {}  ",
    ],
)
def test_text_around_a_graph_is_passed_over(wrapped: str) -> None:
    for text in (TEXT, dump_document(PICTURE)):
        found = parse_fragment(wrapped.replace("{}", text, 1))
        assert found.nodes["paint"] == PICTURE.nodes["paint"]


def test_a_whole_document_can_be_pasted() -> None:
    document = after(NESTED, paste_text(level(NESTED), dump_document(PICTURE)).edit)
    assert len(document.nodes) == 5


def test_what_is_wrong_is_told_in_one_sentence() -> None:
    assert refusal("  ").startswith("There is no text to paste.")
    assert refusal("hello").startswith("The text to paste holds no graph.")
    assert "is not valid JSON at line 1" in refusal('{"reelwright": fragment}')
    assert "seems to be cut off" in refusal(TEXT[:60])
    assert "is JSON, but no graph" in refusal('{"a": 1}')
    assert "There are no nodes" in refusal('{"reelwright": "fragment"}')
    assert "unknown key 'nods'" in refusal(TEXT.replace('"nodes"', '"nods"', 1))
    broken = TEXT.replace('["paint", "result"]', '["lost", "result"]')
    assert "a node 'lost' that is not in it" in refusal(broken)
    assert "newer Reelwright" in refusal('{"format": 99}')
    circle = definition({"s": node("subgraph/soft")})
    nested = NESTED.model_copy(update={"subgraphs": {"soft": circle}})
    assert "contain themselves" in refusal(dump_document(nested))


def test_a_menu_can_ask_cheaply_whether_there_is_something_to_paste() -> None:
    assert accepts_text(TEXT)
    assert accepts_text(dump_document(PICTURE))
    assert not accepts_text("hello {world}")


@given(documents())
@settings(deadline=None)
def test_copying_and_pasting_into_nothing_gives_the_same(document: Document) -> None:
    """Everything copied and pasted into an empty document is the document again."""
    text = copy_text(document, "", list(document.nodes), ["f"], ["n"])
    empty = Document()
    pasted = after(empty, paste_text(level(empty), text).edit)
    assert pasted.nodes == document.nodes
    assert set(pasted.links) == set(document.links)
    used = any(spec.type == "subgraph/soft" for spec in document.nodes.values())
    assert pasted.subgraphs == (document.subgraphs if used else {})
    again = copy_text(pasted, "", list(pasted.nodes), ["f"], ["n"])
    assert again == text
    assert dump_fragment(parse_fragment(text)) == text


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_damaged_text_is_pasted_or_refused(data: st.DataObject) -> None:
    base = data.draw(st.sampled_from([TEXT, dump_document(NESTED), copy_text(NESTED, "", ["s"])]))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(base)))
        base = (
            base[:at] + data.draw(st.text(max_size=4)) + base[at + data.draw(st.integers(0, 8)) :]
        )
    check(base)


@given(st.one_of(st.text(max_size=80), st.text(alphabet='{}[]":,a1`\n ', max_size=60)))
@example("{" * 5000)
@example('{"reelwright": "fragment", "nodes": {"a": {"type": "x", "version": 1}}, "view": 3}')
@settings(deadline=None)
def test_any_text_is_pasted_or_refused(text: str) -> None:
    check(text)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_exchanged_values_are_pasted_or_refused(data: st.DataObject) -> None:
    tree = json.loads(copy_text(NESTED, "", ["paint", "s"]))
    here = tree
    for _ in range(5):
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if not isinstance(here[key], (dict, list)) or data.draw(st.booleans()):
            here[key] = data.draw(st.sampled_from([None, 1, "x", [], {}, [[]], {"at": ["a", 2]}]))
            break
        here = here[key]
    check(json.dumps(tree))


def check(text: str) -> None:
    """The text is refused in a sentence, or pasted and undone without a trace."""
    try:
        pasted = paste_text(level(NESTED), text, (1, 2), linked=True)
    except InvalidInput as refused:
        reason = str(refused)
    else:
        after(NESTED, pasted.edit)
        return
    assert reason.endswith((".", "?", "}"))
    assert len(reason) < 600


def test_a_fragment_can_be_pasted_many_times() -> None:
    fragment = copy(PICTURE, "", list(PICTURE.nodes))
    document = PICTURE
    for _ in range(3):
        document = after(document, paste(level(document), fragment).edit)
    assert len(document.nodes) == 12
    assert len(document.links) == 8
