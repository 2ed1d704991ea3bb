"""Sound for a finished video."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.models.family import Capabilities, Family
from engine.values import Conditioning, VideoModel
from nodes.audio.make_sound import MakeSound
from tests.nodes.pictures import clip
from tests.nodes.recording import RecordingContext


@pytest.fixture
def positive(family: Family) -> Conditioning:
    return family.encode_prompt("a red ball moving left")


def maker(model: VideoModel, positive: Conditioning, seed: int = 1) -> MakeSound:
    video = clip(9, 16, 32)
    return MakeSound(model=model, clip=video, positive=positive, steps=3, guidance=0.0, seed=seed)


def test_the_frames_stay_and_the_sound_lasts_as_long(
    context: RecordingContext, model: VideoModel, positive: Conditioning
) -> None:
    node = maker(model, positive)
    made = node.run(context)
    assert made.audio is not None
    assert made.audio.duration == made.duration
    assert np.array_equal(np.concatenate([*made]), np.concatenate([*node.clip]))
    assert [done for done, _, _ in context.told] == [1, 2, 3]


def test_a_seed_is_a_take(
    context: RecordingContext, model: VideoModel, positive: Conditioning
) -> None:
    takes = [maker(model, positive, seed).run(context).audio for seed in (1, 1, 2)]
    first, again, other = (take.samples_CN for take in takes if take is not None)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_model_without_sound_is_refused(
    context: RecordingContext,
    model: VideoModel,
    positive: Conditioning,
    family: Family,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    silent: Capabilities = replace(family.capabilities, audio=False)
    monkeypatch.setattr(type(family), "capabilities", property(lambda _: silent))
    with pytest.raises(InvalidInput, match="makes no sound"):
        maker(model, positive).run(context)
