"""An unknown name leads to the one that was meant."""

from __future__ import annotations

from engine.graph.names import closest, way_out


def test_the_nearest_name_is_found() -> None:
    assert closest("stpes", ["seed", "steps", "width"]) == "steps"
    assert closest("colour", ["color"]) == "color"
    assert closest("xyz", ["steps", "seed"]) is None
    assert closest("steps", []) is None


def test_the_way_out_is_what_was_meant_or_what_there_is() -> None:
    assert way_out("stpes", ["seed", "steps"]) == "Did you mean 'steps'?"
    assert way_out("xyz", ["seed", "steps"]) == "There is 'seed', 'steps'."
    assert way_out("xyz", [], none="There are none.") == "There are none."


def test_what_there_is_is_told_in_one_line() -> None:
    assert way_out("xyz", [f"name{i}" for i in range(100)]).endswith("'name11' and more.")
