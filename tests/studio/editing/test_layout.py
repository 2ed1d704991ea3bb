"""Laid out, a graph runs from left to right and nothing lies on anything else."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.graph.document import Document, Link
from engine.graph.edits.changes import graph_in
from studio.editing.arrange import GRID
from studio.editing.layering import columns_of, ordered_columns, without_circles
from studio.editing.layout import lay_out, places_of
from tests.engine.graph.samples import graph, node
from tests.studio.editing.graphs import after, level

DIAMOND = graph(
    {"end": node("add"), "a": node("add"), "b": node("add"), "start": node("number")},
    "start -> a.first",
    "start -> b.first",
    "a -> end.first",
    "b -> end.second",
)


def test_columns_follow_the_links() -> None:
    places = places_of(DIAMOND, {})
    assert places["start"][0] < places["a"][0] == places["b"][0] < places["end"][0]
    assert places["a"][1] != places["b"][1]


def test_neighbours_lie_on_one_height() -> None:
    chain = graph(
        {"n": node("number"), "a": node("add"), "b": node("add")}, "n -> a.first", "a -> b.first"
    )
    places = places_of(chain, {"n": (200, 60), "a": (200, 100), "b": (200, 140)})
    middles = {places[id][1] + height / 2 for id, height in (("n", 60), ("a", 100), ("b", 140))}
    assert len(middles) == 1


def test_crossed_links_are_straightened() -> None:
    nodes = {f"{side}{n}": node("add") for side in "ab" for n in range(6)}
    crossed = graph(nodes, *(f"a{n} -> b{5 - n}.first" for n in range(6)))
    ids = list(crossed.nodes)
    needs = without_circles(ids, [(link.source[0], link.target[0]) for link in crossed.links])
    left, right = ordered_columns(needs, columns_of(needs))
    assert [id[1] for id in left] == [str(5 - int(id[1])) for id in right]


def test_a_circle_does_no_harm() -> None:
    needs = without_circles("abc", [("a", "b"), ("b", "c"), ("c", "a"), ("c", "c")])
    assert sum(map(len, needs.values())) == 2


def test_only_what_was_chosen_moves_and_keeps_its_corner() -> None:
    placed = DIAMOND.model_copy(
        update={"view": {"nodes": {"a": {"at": [500, 300]}, "end": {"at": [400, 700]}}}}
    )
    document = after(placed, lay_out(level(placed), {}, ["a", "end"]))
    boxes = document.view["nodes"]
    assert isinstance(boxes, dict)
    assert set(boxes) == {"a", "end"}
    assert boxes["a"] == {"at": [400.0, 300.0]}


def test_links_get_straight() -> None:
    led = DIAMOND.model_copy(update={"view": {"waypoints": {"a.first": [[1, 2]]}}})
    assert "waypoints" not in after(led, lay_out(level(led), {})).view


@given(st.data())
@settings(deadline=None)
def test_nothing_overlaps_and_all_is_on_the_grid(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 14))
    pair = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    joined = data.draw(st.lists(pair, max_size=20))
    document = Document(
        nodes={f"n{n}": node("add") for n in range(count)},
        links=tuple(Link(source=(f"n{a}", "result"), target=(f"n{b}", "first")) for a, b in joined),
    )
    sizes = {f"n{n}": (200.0, float(data.draw(st.integers(30, 400)))) for n in range(count)}
    edit = lay_out(level(document), sizes)
    edited = after(document, edit)
    assert edit == lay_out(level(document), sizes)
    boxes = edited.view["nodes"]
    assert isinstance(boxes, dict)
    assert set(boxes) == set(graph_in(document, "").nodes)
    places = {id: box["at"] for id, box in boxes.items()}  # type: ignore[index, call-overload]
    for id, (x, y) in places.items():  # type: ignore[misc, union-attr]
        assert x % GRID == 0 == y % GRID  # type: ignore[operator]
        for other, (x2, y2) in places.items():  # type: ignore[misc, union-attr]
            if other != id and abs(x - x2) < 200:  # type: ignore[operator, arg-type]
                upper = id if y <= y2 else other  # type: ignore[operator]
                assert abs(y - y2) >= sizes[upper][1]  # type: ignore[operator, arg-type]
