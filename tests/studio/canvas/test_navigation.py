"""Going from node to node with the arrow keys."""

from __future__ import annotations

import pytest

from studio.canvas.geometry import Box
from studio.canvas.navigation import neighbour

BOXES = {
    "middle": Box(0, 0, 100, 50),
    "right": Box(300, 10, 100, 50),
    "far right": Box(900, 0, 100, 50),
    "below": Box(20, 200, 100, 50),
    "above": Box(-10, -200, 100, 50),
    "left": Box(-300, 0, 100, 50),
}


@pytest.mark.parametrize(
    ("direction", "found"),
    [("right", "right"), ("left", "left"), ("up", "above"), ("down", "below")],
)
def test_an_arrow_leads_to_the_nearest_node_that_way(direction: str, found: str) -> None:
    assert neighbour(BOXES, "middle", direction, (0, 0)) == found


def test_straight_on_counts_more_than_near() -> None:
    boxes = {"a": Box(0, 0, 10, 10), "aside": Box(60, 150, 10, 10), "ahead": Box(200, 0, 10, 10)}
    assert neighbour(boxes, "a", "right", (0, 0)) == "ahead"


def test_at_the_edge_there_is_nowhere_to_go() -> None:
    assert neighbour(BOXES, "far right", "right", (0, 0)) == ""


def test_from_nowhere_it_begins_in_the_middle_of_what_is_seen() -> None:
    assert neighbour(BOXES, "", "left", (320.0, 20.0)) == "right"
    assert neighbour({}, "", "left", (0.0, 0.0)) == ""
