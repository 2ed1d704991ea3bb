"""Gathering keyframes."""

from __future__ import annotations

import pytest

from engine.errors import InvalidInput
from engine.values import FrameCondition
from nodes.model.merge_keyframes import MergeKeyframes
from tests.nodes.pictures import picture
from tests.nodes.recording import RecordingContext


def at(*indices: int | None) -> list[FrameCondition]:
    return [FrameCondition(picture(), index) for index in indices]


def test_keyframes_of_all_inputs_come_together_in_order(context: RecordingContext) -> None:
    node = MergeKeyframes(first=at(0), second=None, third=at(4, 8), fourth=at(-1))
    assert [keyframe.index for keyframe in node.run(context)] == [0, 4, 8, -1]


def test_there_may_be_several_references(context: RecordingContext) -> None:
    node = MergeKeyframes(first=at(None, 0), second=at(None), third=None, fourth=None)
    assert [keyframe.index for keyframe in node.run(context)] == [None, 0, None]


def test_two_pictures_at_one_frame_are_refused(context: RecordingContext) -> None:
    node = MergeKeyframes(first=at(0), second=at(4, 0), third=None, fourth=None)
    with pytest.raises(InvalidInput, match=r"frame 0\. Give each keyframe a frame of its own"):
        node.run(context)
