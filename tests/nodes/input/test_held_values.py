"""The nodes that hold one value: what is set comes out, and nothing else."""

from __future__ import annotations

import pytest

from engine.graph.node import Node
from nodes.input.choose_seed import ChooseSeed
from nodes.input.enter_integer import EnterInteger
from nodes.input.enter_number import EnterNumber
from tests.nodes.recording import RecordingContext


@pytest.mark.parametrize(
    ("node", "value"),
    [
        (ChooseSeed(seed=2**63 - 1), 2**63 - 1),
        (EnterInteger(value=-3), -3),
        (EnterNumber(value=0.25), 0.25),
    ],
)
def test_what_is_set_comes_out(context: RecordingContext, node: Node, value: float) -> None:
    assert node.run(context) == value
