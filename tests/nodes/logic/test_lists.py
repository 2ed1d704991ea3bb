"""The nodes that list values: in the order in which they are to be run."""

from __future__ import annotations

from nodes.logic.list_numbers import ListNumbers
from nodes.logic.list_texts import ListTexts
from tests.nodes.recording import RecordingContext


def test_values_keep_their_order_and_repetitions(context: RecordingContext) -> None:
    assert ListNumbers(values=[3.0, 1.0, 1.0]).run(context) == [3.0, 1.0, 1.0]
    assert ListTexts(texts=["b", "a", "a"]).run(context) == ["b", "a", "a"]


def test_a_result_is_a_list_of_its_own(context: RecordingContext) -> None:
    values = [1.0, 2.0]
    ListNumbers(values=values).run(context).append(3.0)
    assert values == [1.0, 2.0]
