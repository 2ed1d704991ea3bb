"""The rule of links agrees with validation; links are made, replaced and moved."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.graph.document import Document
from engine.graph.edits import Connect
from engine.graph.validate import validate
from studio.editing.connect import (
    connect,
    disconnect,
    move_end,
    ports_that_fit,
    why_not,
    wish_of,
)
from tests.engine.graph.samples import REGISTRY, definition, graph, node
from tests.studio.editing.graphs import after, documents, level, pairs, typed

FILM = graph(
    {"number": node("number"), "paint": node("paint"), "blur": node("blur"), "film": node("film")},
    "paint -> blur.image",
    "blur -> film.image",
)


def test_what_fits_is_no_reason() -> None:
    assert why_not(level(FILM), ("paint", "result"), ("film", "image")) == ""
    assert why_not(level(FILM), ("paint", "result"), ("blur", "mask")) == ""


def test_wrong_types_are_told_in_a_sentence() -> None:
    reason = why_not(level(FILM), ("film", "result"), ("blur", "mask"))
    assert reason == "'mask' takes Image, but this gives Clip."


def test_a_circle_is_told_in_a_sentence() -> None:
    reason = why_not(level(FILM), ("blur", "result"), ("blur", "mask"))
    assert reason == "A node cannot feed itself."
    nodes = {"a": node("blur"), "b": node("blur")}
    chain = graph(nodes, "a -> b.image")
    reason = why_not(level(chain), ("b", "result"), ("a", "image"))
    assert reason == "The links would go round in a circle, as 'b' needs 'a'."


def test_ports_that_do_not_exist_are_told() -> None:
    assert "no output 'x'" in why_not(level(FILM), ("paint", "x"), ("film", "image"))
    assert "no input 'x'" in why_not(level(FILM), ("paint", "result"), ("film", "x"))


def test_a_link_makes_a_port_of_a_parameter() -> None:
    document = after(FILM, connect(level(FILM), ("number", "result"), ("film", "seconds")))
    assert "number.result -> film.seconds" in pairs(document)
    assert not validate(document, REGISTRY)


def test_a_new_link_replaces_the_old_one_and_its_waypoints() -> None:
    led = FILM.model_copy(update={"view": {"waypoints": {"film.image": [[1, 2]]}}})
    document = after(led, connect(level(led), ("paint", "result"), ("film", "image")))
    assert pairs(document) == {"paint.result -> blur.image", "paint.result -> film.image"}
    assert document.view == {}
    same = after(led, connect(level(led), ("blur", "result"), ("film", "image")))
    assert same.view == led.view


def test_what_does_not_fit_is_not_linked() -> None:
    with pytest.raises(InvalidInput, match="takes Image"):
        connect(level(FILM), ("film", "result"), ("blur", "mask"))


def test_the_end_of_a_link_is_moved() -> None:
    document = after(FILM, move_end(level(FILM), ("blur", "image"), ("blur", "mask")))
    assert "paint.result -> blur.mask" in pairs(document)
    assert "paint.result -> blur.image" not in pairs(document)
    with pytest.raises(InvalidInput, match="takes Number"):
        move_end(level(FILM), ("blur", "image"), ("film", "seconds"))


def test_several_links_are_taken_away_at_once() -> None:
    document = after(FILM, disconnect(level(FILM), [("blur", "image"), ("film", "image")]))
    assert not document.links


def test_a_port_fed_from_outside_takes_no_link() -> None:
    inner = definition(
        {"blur": node("blur"), "paint": node("paint")}, inputs={"image": ("blur", "image")}
    )
    document = graph({"s": node("subgraph/soft")}, subgraphs={"soft": inner})
    inside = level(document, "soft")
    reason = why_not(inside, ("paint", "result"), ("blur", "image"))
    assert reason == "The subgraph's own input 'image' feeds 'image' already."
    assert ports_that_fit(inside, ("paint", "result"), True) == {("blur", "mask")}


def test_a_subgraph_may_be_led_through_twice_where_that_is_no_circle() -> None:
    """Two ways through one subgraph that do not meet inside."""
    nodes = {"a": node("blur"), "b": node("blur")}
    ends = {"inputs": {"x": ("a", "image"), "y": ("b", "image")}}
    inner = definition(nodes, outputs={"x": ("a", "result"), "y": ("b", "result")}, **ends)
    document = graph({"s": node("subgraph/two")}, subgraphs={"two": inner})
    assert why_not(level(document), ("s", "x"), ("s", "y")) == ""
    round = why_not(level(document), ("s", "x"), ("s", "x"))
    assert round == "A node cannot feed itself."


def test_a_link_inside_counts_in_every_instance() -> None:
    """The two instances feed each other; a link inside would close the circle."""
    nodes = {"a": node("blur"), "b": node("blur")}
    ports = {"inputs": {"x": ("a", "image")}, "outputs": {"y": ("b", "result")}}
    inner = definition(nodes, **ports)
    document = graph(
        {"s": node("subgraph/two"), "t": node("subgraph/two")},
        "s.y -> t.x",
        "t.y -> s.x",
        subgraphs={"two": inner},
    )
    assert "circle" in why_not(level(document, "two"), ("a", "result"), ("b", "image"))
    straight = document.model_copy(update={"links": document.links[:1]})
    assert why_not(level(straight, "two"), ("a", "result"), ("b", "image")) == ""


def test_a_dragged_link_asks_for_the_closest_port() -> None:
    wish = wish_of(level(FILM), ("paint", "result"), True)
    assert wish is not None
    assert wish.best_port(typed("blur")) == "mask"
    assert wish.best_port(typed("save")) == "what"
    assert wish.best_port(typed("add")) is None
    back = wish_of(level(FILM), ("film", "image"), False)
    assert back is not None
    assert back.best_port(typed("paint")) == "result"
    number = wish_of(level(FILM), ("number", "result"), True)
    assert number is not None
    assert number.best_port(typed("film")) == "seconds"


def wrong(document: Document, within: str, target: tuple[str, str]) -> bool:
    """Whether validation finds fault with the link into `target`."""
    place = f"{within}:{target[0]}" if within else target[0]
    for problem in validate(document, REGISTRY):
        if "circle" in problem.message or "feeds already" in problem.message:
            return True
        about = problem.node == place and problem.field == target[1]
        if about and ("but '" in problem.message or "no input" in problem.message):
            return True
    return False


@given(documents(valid=True), st.data())
@settings(max_examples=400, deadline=None)
def test_the_rule_agrees_with_validation(document: Document, data: st.DataObject) -> None:
    within = data.draw(st.sampled_from(["", *document.subgraphs]))
    here = level(document, within)
    ids = list(here.graph.nodes)
    start, end = data.draw(st.sampled_from(ids)), data.draw(st.sampled_from(ids))
    types = here.type_of(start), here.type_of(end)
    assert types[0] is not None
    assert types[1] is not None
    outputs, inputs = list(types[0].outputs), [*types[1].inputs, *types[1].params]
    if not outputs or not inputs:
        return
    source = (start, data.draw(st.sampled_from(outputs)))
    target = (end, data.draw(st.sampled_from(inputs)))
    reason = why_not(here, source, target)
    linked, _ = Connect(source, target, within).apply(document)
    assert bool(reason) == wrong(linked, within, target), reason
    assert (target in ports_that_fit(here, source, True)) == (not reason)
    assert (source in ports_that_fit(here, target, False)) == (not reason)
