"""Rows of evenly spaced numbers."""

from __future__ import annotations

import pytest

from engine.errors import InvalidInput
from nodes.logic.sweep_numbers import SweepNumbers
from tests.nodes.recording import RecordingContext


def sweep(context: RecordingContext, start: float, stop: float, count: int, spacing: str) -> object:
    return SweepNumbers(start=start, stop=stop, count=count, spacing=spacing).run(context)


def test_both_ends_are_exact_and_part_of_the_row(context: RecordingContext) -> None:
    assert sweep(context, 1.0, 2.0, 5, "even") == [1.0, 1.25, 1.5, 1.75, 2.0]
    row = sweep(context, 0.1, 0.7, 4, "even")
    assert isinstance(row, list)
    assert (row[0], row[-1]) == (0.1, 0.7)


def test_a_geometric_row_multiplies(context: RecordingContext) -> None:
    assert sweep(context, 1.0, 16.0, 5, "geometric") == pytest.approx([1, 2, 4, 8, 16])


@pytest.mark.parametrize("spacing", ["even", "geometric"])
def test_a_row_of_one_is_its_start(context: RecordingContext, spacing: str) -> None:
    assert sweep(context, 3.0, 9.0, 1, spacing) == [3.0]


def test_a_geometric_row_through_0_is_refused(context: RecordingContext) -> None:
    with pytest.raises(InvalidInput, match=r"from -1\.0 to 1\.0\. Give two numbers above 0"):
        sweep(context, -1.0, 1.0, 3, "geometric")
