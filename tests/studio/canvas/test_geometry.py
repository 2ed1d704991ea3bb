"""Where everything of a node lies."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from studio.canvas.geometry import (
    HEADER,
    Box,
    NodeShape,
    has_picture,
    picture_file,
    same_look,
    shape_of,
    wrapped,
)
from studio.runs import NodeRun
from tests.studio.canvas.samples import CLIP_IN, PROMPT, STEPS, node

BUSY = node(
    "a",
    inputs=(CLIP_IN, replace(CLIP_IN, name="second")),
    params=(STEPS, PROMPT, replace(STEPS, spec=replace(STEPS.spec, name="other"))),
    run=NodeRun(state="failed", message="It broke.", preview=b"jpeg"),
)


def boxes_of(shape: NodeShape) -> list[Box]:
    """Everything on a node that may not lie on something else, from top to bottom."""
    found = [row.box for row in shape.rows]
    return found + [box for box in (shape.preview, shape.footer) if box is not None]


def test_nothing_on_a_node_lies_on_something_else() -> None:
    shape = shape_of(BUSY, "It broke.")
    for upper, lower in pairwise(boxes_of(shape)):
        assert upper.y + upper.h <= lower.y


def test_everything_lies_inside_of_the_node() -> None:
    shape = shape_of(BUSY, "It broke.")
    for box in boxes_of(shape):
        assert box.x >= 0
        assert box.x + box.w <= shape.width
        assert box.y >= HEADER
        assert box.y + box.h <= shape.height


def test_inputs_are_on_the_left_edge_and_outputs_on_the_right() -> None:
    shape = shape_of(BUSY)
    assert [spot.x for spot in shape.inputs.values()] == [0.0, 0.0]
    assert [spot.x for spot in shape.outputs.values()] == [200.0]
    assert shape.inputs["second"].y > shape.inputs["clip"].y > HEADER


def test_a_collapsed_node_is_its_header_with_all_ports_in_its_middle() -> None:
    shape = shape_of(replace(BUSY, collapsed=True), "It broke.")
    assert shape.height == HEADER
    assert boxes_of(shape) == []
    assert shape.port("second", is_output=False) == (0.0, HEADER / 2)


def test_a_parameter_can_be_linked_at_the_edge_of_its_row() -> None:
    shape = shape_of(BUSY)
    assert shape.port("steps", is_output=False) == (0.0, shape.rows[0].box.y + 10)


def test_a_port_that_does_not_exist_is_taken_to_be_in_the_header() -> None:
    assert shape_of(BUSY).port("gone", is_output=True) == (200.0, HEADER / 2)


def test_a_prompt_gets_more_room_than_a_number() -> None:
    shape = shape_of(BUSY)
    assert shape.rows[1].box.h > 2 * shape.rows[0].box.h


def test_without_pictures_there_is_no_room_for_one() -> None:
    assert shape_of(BUSY, pictured=True).preview is not None
    assert shape_of(BUSY, pictured=False).preview is None


def test_long_sentences_are_wrapped_by_words_and_end_in_an_ellipsis() -> None:
    lines = wrapped("word " * 60, 200.0)
    assert all(line.replace("word", "").strip() in ("", "…") for line in lines)
    assert len(lines) == 4
    assert lines[-1].endswith("…")
    assert wrapped("Waiting", 200.0) == ("Waiting",)


@pytest.mark.parametrize(
    ("name", "is_one"), [("a.png", True), ("a.MP4", True), ("a.wav", False), ("a.reel", False)]
)
def test_a_result_is_shown_if_it_can_be_seen(name: str, is_one: bool) -> None:
    made = node("a", run=NodeRun(files=(Path(name),)))
    assert has_picture(made) is is_one
    assert picture_file(made) == (name if is_one else "")


def test_a_node_that_loads_a_picture_shows_it() -> None:
    spec = replace(PROMPT.spec, name="path", widget="open-file")
    loading = node("a", params=(replace(PROMPT, spec=spec, value="shots/first.jpg"),))
    assert picture_file(loading) == "shots/first.jpg"


def test_a_moved_node_looks_the_same() -> None:
    assert same_look(BUSY, replace(BUSY, at=(5.0, 5.0)))
    assert same_look(BUSY, replace(BUSY, run=replace(BUSY.run)))


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Other"},
        {"mode": "mute"},
        {"collapsed": True},
        {"problem": "No."},
        {"run": NodeRun(state="done")},
        {"color": "rose"},
        {"width": 300.0},
        {"subgraph": "inside"},
    ],
)
def test_anything_else_makes_it_look_otherwise(change: dict[str, object]) -> None:
    assert not same_look(BUSY, replace(BUSY, **change))  # type: ignore[arg-type]


def test_boxes_join_and_meet() -> None:
    one, other = Box(0, 0, 10, 10), Box(20, 5, 10, 10)
    assert one.joined(other) == Box(0, 0, 30, 15)
    assert not one.meets(other)
    assert one.grown(10).meets(other)
    assert one.moved(12, 0).meets(other)
    assert other.holds(25, 10)
    assert not other.holds(19, 10)
    assert other.holds(19, 10, reach=1)
