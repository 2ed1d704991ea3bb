"""Counting through seeds."""

from __future__ import annotations

from nodes.logic.sweep_seeds import SweepSeeds
from tests.nodes.recording import RecordingContext


def test_seeds_are_counted_from_the_first(context: RecordingContext) -> None:
    assert SweepSeeds(start=7, count=3, step=10).run(context) == [7, 17, 27]
