"""Taking one item out of a list."""

from __future__ import annotations

import pytest

from engine.errors import InvalidInput
from nodes.logic.pick_item import PickItem
from tests.nodes.recording import RecordingContext


@pytest.mark.parametrize(("index", "item"), [(0, "a"), (2, "c"), (-1, "c"), (-3, "a")])
def test_an_item_is_counted_from_either_end(
    context: RecordingContext, index: int, item: str
) -> None:
    assert PickItem(items=["a", "b", "c"], index=index).run(context) == item


@pytest.mark.parametrize(
    ("items", "remedy"), [(["a", "b"], "from -2 to 1"), ([], "with something in it")]
)
def test_an_index_outside_names_the_way_out(
    context: RecordingContext, items: list[object], remedy: str
) -> None:
    with pytest.raises(InvalidInput, match=remedy):
        PickItem(items=items, index=5).run(context)
