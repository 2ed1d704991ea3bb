"""An open document: history, levels, selection, saving."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.graph.document import Document, Exposed, Link, NodeSpec, dump_document, load_document
from engine.graph.edits import (
    Composite,
    Edit,
    Expose,
    Group,
    Move,
    RemoveNode,
    SetMode,
    SetParam,
    Unexpose,
)
from engine.graph.registry import Registry, installed_registry
from studio.document import LONGEST_HISTORY, OpenDocument, Selection


@pytest.fixture
def registry() -> Registry:
    return installed_registry()


@pytest.fixture
def opened(registry: Registry) -> OpenDocument:
    return OpenDocument(graph(), registry)


def graph() -> Document:
    nodes = {
        "prompt": NodeSpec(type="text.prompt", version=1, params={"text": "a cat"}),
        "join": NodeSpec(type="text.join", version=1),
        "seed": NodeSpec(type="input.seed", version=1),
    }
    return Document(nodes=nodes, links=(Link(source=("prompt", "result"), target=("join", "a")),))


def test_an_edit_can_be_undone_and_redone_to_the_very_same_documents(opened: OpenDocument) -> None:
    first = opened.document
    opened.do(SetParam("prompt", "text", "a dog"))
    second = opened.document
    opened.undo()
    assert opened.document is first
    opened.redo()
    assert opened.document is second


def test_an_edit_that_cannot_be_done_leaves_everything_as_it_was(opened: OpenDocument) -> None:
    before = opened.document
    with pytest.raises(InvalidInput, match="no node 'nothing'"):
        opened.do(RemoveNode("nothing"))
    assert opened.document is before
    assert opened.history == ()


def test_an_edit_that_changes_nothing_is_no_step(opened: OpenDocument) -> None:
    opened.do(SetParam("prompt", "text", "a cat"))
    assert opened.history == ()


def test_another_order_of_controls_is_a_change(opened: OpenDocument) -> None:
    first, second = Exposed(node="prompt", param="text"), Exposed(node="seed", param="seed")
    opened.do(Expose("words", first))
    opened.do(Expose("number", second))
    opened.do(Composite("Reorder", (Unexpose("words"), Expose("words", first))))
    assert list(opened.document.exposed) == ["number", "words"]
    assert len(opened.history) == 3


def test_edits_with_the_same_merge_are_one_step(opened: OpenDocument) -> None:
    first = opened.document
    for text in ("a", "ab", "abc"):
        opened.do(SetParam("prompt", "text", text), merge="typing")
    assert len(opened.history) == 1
    opened.undo()
    assert opened.document is first


def test_the_end_of_a_merge_begins_a_new_step(opened: OpenDocument) -> None:
    opened.do(SetParam("prompt", "text", "a"), merge="typing")
    opened.end_merge()
    opened.do(SetParam("prompt", "text", "ab"), merge="typing")
    assert len(opened.history) == 2


def test_a_merge_does_not_reach_over_an_undo(opened: OpenDocument) -> None:
    opened.do(SetParam("prompt", "text", "a"), merge="typing")
    opened.do(SetMode("seed", "mute"))
    opened.undo()
    opened.do(SetParam("prompt", "text", "ab"), merge="typing")
    assert opened.history == ("Set 'prompt.text'", "Set 'prompt.text'")


def test_a_new_edit_takes_the_place_of_what_was_undone(opened: OpenDocument) -> None:
    opened.do(SetParam("prompt", "text", "a"))
    opened.undo()
    opened.do(SetMode("seed", "mute"))
    assert opened.history == ("Mute 'seed'",)
    assert opened.redo_label == ""


def test_going_to_a_position_is_undoing_or_redoing_so_far(opened: OpenDocument) -> None:
    states = [opened.document]
    for text in "abcd":
        opened.do(SetParam("prompt", "text", text))
        states.append(opened.document)
    for position in (2, 0, 4, 1, 99, -5):
        opened.go_to(position)
        assert opened.document is states[min(4, max(0, position))]


def test_undoing_back_to_what_is_saved_makes_it_clean(opened: OpenDocument, tmp_path: Path) -> None:
    opened.save(tmp_path / "a.reel")
    opened.do(SetParam("prompt", "text", "a dog"))
    assert opened.dirty
    opened.undo()
    assert not opened.dirty
    assert load_document(tmp_path / "a.reel") == opened.document


def test_a_document_without_a_file_asks_for_a_name(opened: OpenDocument) -> None:
    with pytest.raises(InvalidInput, match="no file yet"):
        opened.save()


def test_the_history_is_bounded(opened: OpenDocument) -> None:
    for number in range(LONGEST_HISTORY + 5):
        opened.do(SetParam("prompt", "text", str(number)))
    assert len(opened.history) == LONGEST_HISTORY
    opened.go_to(0)
    assert opened.document.nodes["prompt"].params["text"] == "4"


def test_a_subgraph_is_entered_and_left(opened: OpenDocument) -> None:
    opened.do(Group(("prompt", "join"), "words", "w"))
    opened.enter("w")
    assert (opened.level, opened.trail) == ("words", ("w",))
    assert set(opened.graph.nodes) == {"prompt", "join"}
    assert opened.flat_path("join") == "w/join"
    opened.leave()
    assert opened.level == ""
    assert opened.selection == Selection.of_nodes(["w"])


def test_only_subgraphs_are_entered(opened: OpenDocument) -> None:
    with pytest.raises(InvalidInput, match="'seed' is no subgraph"):
        opened.enter("seed")


def test_undoing_the_subgraph_that_is_shown_returns_to_what_exists(opened: OpenDocument) -> None:
    opened.do(Group(("prompt", "join"), "words", "w"))
    opened.enter("w")
    opened.undo()
    assert opened.trail == ()


def test_what_is_gone_is_selected_no_longer(opened: OpenDocument) -> None:
    opened.select(Selection(nodes=frozenset({"prompt", "seed"}), links=frozenset({("join", "a")})))
    opened.do(RemoveNode("prompt"))
    assert opened.selection == Selection.of_nodes(["seed"])


def test_subgraphs_are_types_and_follow_their_definition(opened: OpenDocument) -> None:
    opened.do(Group(("join",), "words", "w"))
    found = opened.type_of("w")
    assert found is not None
    assert list(found.inputs) == ["a"]
    opened.undo()
    assert opened.type_named("subgraph/words") is None


def test_problems_are_those_of_the_document_as_it_is(opened: OpenDocument) -> None:
    at_first = opened.problems
    told: list[bool] = []
    opened.problems_changed.connect(lambda: told.append(True))
    opened.do(SetParam("seed", "seed", "no number"))
    assert opened.problems[0].node == "seed"
    opened.undo()
    assert opened.problems == at_first
    assert len(told) == 2


def test_problems_of_an_older_document_come_too_late(opened: OpenDocument) -> None:
    before = opened.document
    opened.do(SetParam("seed", "seed", "no number"))
    found = opened.problems
    opened.know(before, ())
    assert opened.known_problems == found


def test_listeners_are_told_the_document_before_and_after(opened: OpenDocument) -> None:
    told: list[tuple[Document, Document]] = []
    opened.changed.connect(lambda before, after: told.append((before, after)))
    first = opened.document
    opened.do(Move({"seed": (10, 20)}))
    assert told == [(first, opened.document)]


edits = st.sampled_from(["prompt", "join", "seed"]).flatmap(
    lambda id: st.one_of(
        st.builds(SetMode, st.just(id), st.sampled_from(["on", "bypass", "mute"])),
        st.builds(Move, st.fixed_dictionaries({id: st.tuples(st.floats(-9, 9), st.just(1.0))})),
        st.builds(SetParam, st.just(id), st.just("text"), st.text(max_size=3)),
        st.builds(RemoveNode, st.just(id)),
    )
)


@given(st.lists(st.tuples(edits, st.sampled_from(["", "m"])), max_size=20))
def test_all_the_way_back_and_forth_again_is_the_same_text(steps: list[tuple[Edit, str]]) -> None:
    opened = OpenDocument(graph(), installed_registry())
    first = dump_document(opened.document)
    for edit, merge in steps:
        try:
            opened.do(edit, merge)
        except InvalidInput:
            continue
    last = dump_document(opened.document)
    opened.go_to(0)
    assert dump_document(opened.document) == first
    while opened.redo_label:
        opened.redo()
    assert dump_document(opened.document) == last
