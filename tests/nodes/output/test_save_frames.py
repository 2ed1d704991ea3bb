"""Writing a video as single pictures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.errors import Cancelled
from engine.media.embed import read_embedded
from engine.media.read_image import read_image
from engine.trust.verification import State
from engine.trust.verify import verify
from nodes.output.save_frames import SaveFrames
from tests.nodes.pictures import clip, tone
from tests.nodes.recording import RecordingContext


def saver(*, sign: bool) -> SaveFrames:
    heard = replace(clip(5), audio=tone(5 / 16))
    return SaveFrames(
        clip=heard,
        name="frames_{seed}",
        classifiers="",
        faces="",
        mark=True,
        label="none",
        sign=sign,
        overwrite=False,
    )


def test_each_frame_is_a_picture_with_sound_and_graph_beside(context: RecordingContext) -> None:
    made = saver(sign=False).run(context)
    assert (made.path.name, made.kind) == ("frames_7", "frames")
    files = sorted(path.name for path in made.path.iterdir())
    assert files == [*(f"frame_{n:06}.png" for n in range(1, 6)), "graph.reel", "sound.wav"]
    levels = [read_image(made.path / name).pixels_HWC[0, 0, 0] for name in files[:5]]
    assert levels == [0, 20, 40, 60, 80]
    assert read_embedded(made.path) == context.document


def test_each_frame_is_signed(context: RecordingContext) -> None:
    made = saver(sign=True).run(context)
    assert made.signed
    assert verify(made.path).state is State.INTACT


def test_cancelling_leaves_nothing_behind(context: RecordingContext) -> None:
    context.cancel_at = 1
    with pytest.raises(Cancelled):
        saver(sign=False).run(context)
    assert not list(context.output.iterdir())
