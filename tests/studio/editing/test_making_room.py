"""A node on a link has room between the ends, and only what must move does."""

from __future__ import annotations

from studio.editing.arrange import Box
from studio.editing.making_room import room_for
from tests.engine.graph.samples import graph, node
from tests.studio.editing.graphs import level

CHAIN = graph(
    {"a": node("paint"), "b": node("blur"), "c": node("film"), "x": node("blur")},
    "a -> b.image",
    "b -> c.image",
)
BOXES = {
    "a": Box(0, 0, 200, 100),
    "b": Box(280, 0, 200, 100),
    "c": Box(560, 50, 200, 100),
    "x": Box(560, 400, 200, 100),
}
NEW = Box(150, 10, 200, 100)


def test_what_leans_on_the_end_moves_as_far_as_needed() -> None:
    places = room_for(level(CHAIN), BOXES, "new", NEW, ("b", "image"))
    assert places == {"b": (480, 0), "c": (760, 50), "new": (240, 10)}


def test_nothing_moves_where_there_is_room() -> None:
    far = {**BOXES, "b": Box(480, 0, 200, 100)}
    assert room_for(level(CHAIN), far, "new", NEW, ("b", "image")) == {}


def test_nothing_moves_for_a_link_that_leads_back() -> None:
    back = {**BOXES, "b": Box(-400, 0, 200, 100)}
    assert room_for(level(CHAIN), back, "new", NEW, ("b", "image")) == {}
    assert room_for(level(CHAIN), BOXES, "new", NEW, ("x", "image")) == {}


def test_what_is_left_of_the_end_stays() -> None:
    left = {**BOXES, "c": Box(100, 300, 200, 100)}
    places = room_for(level(CHAIN), left, "new", NEW, ("b", "image"))
    assert set(places) == {"b", "new"}
