"""Questions about graphs."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from engine.graph.order import dependencies_first
from engine.graph.queries import ancestors, dependencies, descendants, find_cycle
from tests.engine.graph.samples import graph, node

NEEDS = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c", "b"], "e": []}
graphs = st.integers(1, 12).flatmap(
    lambda n: st.fixed_dictionaries(
        {
            f"n{i}": st.lists(st.integers(0, n - 1).map(lambda k: f"n{k}"), max_size=3)
            for i in range(n)
        }
    )
)


def test_the_links_of_a_document_say_who_needs_whom() -> None:
    document = graph(
        {id: node("add") for id in "abc"}, "a -> b.first", "a -> b.second", "x -> c.first"
    )
    assert dependencies(document) == {"a": [], "b": ["a", "a"], "c": []}


def test_ancestors_and_descendants_contain_the_nodes_themselves() -> None:
    assert ancestors(NEEDS, ["d"]) == {"a", "b", "c", "d"}
    assert ancestors(NEEDS, ["b", "e"]) == {"a", "b", "e"}
    assert descendants(NEEDS, ["b"]) == {"b", "d"}
    assert descendants(NEEDS, []) == set()


def test_dependencies_come_first_and_the_mapping_breaks_ties() -> None:
    assert dependencies_first(NEEDS) == ["a", "b", "c", "d", "e"]
    assert dependencies_first({"b": ["a"], "z": [], "a": []}) == ["z", "a", "b"]
    assert dependencies_first({}) == []


@given(graphs)
def test_there_is_an_order_exactly_if_there_is_no_circle(needs: dict[str, list[str]]) -> None:
    order = dependencies_first(needs)
    cycle = find_cycle(needs)
    assert (order is None) == bool(cycle)
    if order is None:
        assert cycle[0] == cycle[-1]
        assert all(source in needs[target] for source, target in pairwise(cycle))
    else:
        assert sorted(order) == sorted(needs)
        assert all(order.index(s) < order.index(id) for id in needs for s in needs[id])
