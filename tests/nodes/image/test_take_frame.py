"""Taking one frame out of a video."""

from __future__ import annotations

import pytest

from engine.errors import InvalidInput
from nodes.image.take_frame import TakeFrame
from tests.nodes.pictures import clip
from tests.nodes.recording import RecordingContext


@pytest.mark.parametrize(("frame", "level"), [(0, 0), (5, 100), (-1, 160), (-9, 0)])
def test_a_frame_is_counted_from_either_end(
    context: RecordingContext, frame: int, level: int
) -> None:
    image = TakeFrame(clip=clip(9), frame=frame).run(context)
    assert (image.pixels_HWC == level).all()


@pytest.mark.parametrize("frame", [9, -10])
def test_a_frame_outside_names_the_length(context: RecordingContext, frame: int) -> None:
    with pytest.raises(InvalidInput, match=rf"no frame {frame} in a video of 9.*-9 to 8"):
        TakeFrame(clip=clip(9), frame=frame).run(context)
