"""Joining texts."""

from __future__ import annotations

from nodes.text.join_text import JoinText
from tests.nodes.recording import RecordingContext


def test_texts_are_joined_in_order_and_empty_ones_leave_no_gap(context: RecordingContext) -> None:
    node = JoinText(first="a", second="", third=None, fourth="b", separator=", ")
    assert node.run(context) == "a, b"
