"""The node lets a video stream by, and stops it where it shows what was taken down."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from engine.errors import BlockedByPolicy
from engine.trust.takedown.passages import passages_of
from engine.trust.takedown.register import Register
from engine.trust.takedown.request import FIELDS, State, request_of
from nodes.safety.check_takedown import CheckTakedown
from tests.engine.trust.takedown.clips import as_clip, textured
from tests.nodes.recording import RecordingContext

VIDEO = textured(1)


def register() -> Register:
    made = Register()
    asked = request_of({name: f"the {name}" for name in FIELDS})
    made.add(asked, passages_of(as_clip(VIDEO)), datetime.now(UTC))
    return made


def test_with_an_empty_register_the_clip_passes_as_it_is(context: RecordingContext) -> None:
    clip = as_clip(VIDEO)
    assert CheckTakedown(clip=clip).run(context) is clip


def test_another_video_passes_unchanged(context: RecordingContext) -> None:
    register()
    passed = CheckTakedown(clip=as_clip(textured(2))).run(context)
    assert np.array_equal(np.concatenate(list(passed)), textured(2))


def test_registered_material_stops_while_it_is_read(context: RecordingContext) -> None:
    register()
    passed = CheckTakedown(clip=as_clip(VIDEO)).run(context)
    with pytest.raises(BlockedByPolicy, match=r"request 1 .* takedown list"):
        list(passed)


def test_what_is_registered_since_is_other_work() -> None:
    before = CheckTakedown.content({})
    made = register()
    blocked = CheckTakedown.content({})
    made.resolve(1, State.REFUSED, "no")
    assert before == CheckTakedown.content({}) != blocked
