"""How a node stands, in words."""

from __future__ import annotations

import pytest

from studio.canvas.status import footer_of, tip_of
from studio.runs import NodeRun
from tests.studio.canvas.samples import node


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (NodeRun(), ""),
        (NodeRun("waiting"), "Waiting"),
        (NodeRun("running"), "Running"),
        (NodeRun("running", message="Loading the model"), "Loading the model"),
        (NodeRun("running", done=3, total=30, unit="steps"), "3 / 30 steps"),
        (NodeRun("running", done=3, total=30, eta=62.0), "3 / 30 · 1:02 left"),
        (NodeRun("done", seconds=3.21), "Done in 3.2 s"),
        (NodeRun("done", seconds=0.001), "Done"),
        (NodeRun("cached"), "From the cache"),
        (NodeRun("failed", message="No memory."), "No memory."),
        (NodeRun("failed"), "Failed."),
        (NodeRun("cancelled"), "Stopped"),
    ],
)
def test_the_foot_of_a_node_tells_how_it_stands(run: NodeRun, words: str) -> None:
    assert footer_of(node("a", run=run)) == words


def test_a_missing_type_is_named() -> None:
    assert "test.node" in footer_of(node("a", missing=True))


def test_a_tooltip_tells_the_problem_and_what_the_node_is_for() -> None:
    text = tip_of(node("a", problem="It needs a clip.", mode="bypass"))
    assert text.splitlines()[0] == "Do something"
    assert "It needs a clip." in text
    assert "Bypassed" in text
    assert "Does something." in text
    assert "In detail." not in text
