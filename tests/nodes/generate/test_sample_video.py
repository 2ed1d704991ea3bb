"""Sampling: the request that is made, progress, checkpoints, resuming, cancelling."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import torch

from engine.errors import Cancelled, InvalidInput
from engine.graph.node import declare
from engine.models.family import Family, SampleRequest, SampleState
from engine.models.likes import exact_rate
from engine.values import (
    Conditioning,
    FrameCondition,
    Image,
    Latent,
    Origin,
    Recommended,
    VideoModel,
)
from nodes.generate.sample_video import SampleVideo
from tests.nodes.pictures import picture
from tests.nodes.recording import RecordingContext

SMALL = {"steps": 6, "width": 32, "height": 16, "frames": 9, "seed": 7, "checkpoint_every": 2}


@pytest.fixture(scope="module")
def positive(family: Family) -> Conditioning:
    return family.encode_prompt("a red ball moving left")


@pytest.fixture
def sample(model: VideoModel, positive: Conditioning) -> SampleVideo:
    return sampler(model, positive)


def sampler(model: VideoModel, positive: Conditioning, **changes: object) -> SampleVideo:
    defaults = {name: param.default for name, param in declare(SampleVideo).params.items()}
    links = {"model": model, "positive": positive, "negative": None, "keyframes": None}
    return SampleVideo(**{**defaults, **links, **SMALL, **changes})


def same(one: Latent, other: Latent) -> bool:
    assert one.audio_BLD is not None
    assert other.audio_BLD is not None
    sounds_alike = torch.equal(one.audio_BLD, other.audio_BLD)
    return sounds_alike and torch.equal(one.video_BCTHW, other.video_BCTHW)


def test_sound_is_made_unless_it_is_switched_off(
    context: RecordingContext, model: VideoModel, positive: Conditioning
) -> None:
    assert sampler(model, positive).run(context).audio_BLD is not None
    assert sampler(model, positive, sound=False).run(context).audio_BLD is None


def test_a_sample_has_the_size_and_length_asked_for_and_says_where_it_came_from(
    context: RecordingContext, sample: SampleVideo, model: VideoModel
) -> None:
    latent = sample.run(context)
    assert (latent.width, latent.height, latent.frames) == (32, 16, 9)
    assert latent.origin == Origin(
        model=Path(model.source).name,
        model_digest=model.digest,
        prompt="a red ball moving left",
        seed=7,
    )


def test_each_step_is_told_and_can_be_looked_at(
    context: RecordingContext, sample: SampleVideo
) -> None:
    sample.run(context)
    assert context.told == [(step, 6, "steps") for step in range(1, 7)]
    assert len(context.previews) == 6
    assert context.previews[2]().width == 32


def test_checkpoints_are_kept_every_so_many_steps_and_after_the_last(
    context: RecordingContext, model: VideoModel, positive: Conditioning
) -> None:
    sampler(model, positive, steps=7, checkpoint_every=3).run(context)
    assert [snapshot.step for snapshot in context.saved] == [3, 6, 7]


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_from_any_checkpoint_on_the_sample_is_the_same_bit_for_bit(
    context: RecordingContext, sample: SampleVideo, kept: int
) -> None:
    whole = sample.run(context)
    context.stored = context.saved[kept]
    context.told.clear()
    assert same(sample.run(context), whole)
    assert [done for done, _, _ in context.told] == list(range(context.stored.step + 1, 7))


def test_cancelling_stops_within_the_step_and_keeps_it(
    context: RecordingContext, sample: SampleVideo
) -> None:
    context.cancel_at = 3
    with pytest.raises(Cancelled):
        sample.run(context)
    assert [done for done, _, _ in context.told] == [1, 2, 3]
    assert context.saved[-1].step == 3


def test_a_step_that_runs_out_of_memory_is_taken_again_with_more_room(
    context: RecordingContext,
    sample: SampleVideo,
    family: Family,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context.models.keep_only(sample.model)  # others would be put away first
    whole, failed = sample.run(context), []
    step = family.step

    def step_with_little_room(request: SampleRequest, state: SampleState) -> SampleState:
        if state.step == 3 and not failed:
            failed.append(state.step)
            raise MemoryError
        return step(request, state)

    monkeypatch.setattr(family, "step", step_with_little_room)
    monkeypatch.setattr(family, "settle_memory", lambda *_: None, raising=False)
    monkeypatch.setattr(family, "spare_memory", lambda: "one by one", raising=False)
    assert same(sample.run(context), whole)
    assert context.notes == ["Out of memory, so from here on: one by one."]


def test_memory_is_settled_for_the_sample_that_is_gone_on_with(
    context: RecordingContext, sample: SampleVideo, family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[SampleState | None] = []
    monkeypatch.setattr(
        family, "settle_memory", lambda _, state: begun.append(state), raising=False
    )
    monkeypatch.setattr(family, "spare_memory", lambda: None, raising=False)
    sample.run(context)
    context.stored = context.saved[0]
    sample.run(context)
    assert [state and state.step for state in begun] == [None, context.saved[0].step]


def test_a_checkpoint_of_other_work_is_refused(
    context: RecordingContext, sample: SampleVideo, model: VideoModel, positive: Conditioning
) -> None:
    sample.run(context)
    context.stored = context.saved[0]
    with pytest.raises(InvalidInput, match="another sample"):
        sampler(model, positive, frames=5).run(context)


def test_0_takes_what_the_model_likes(
    context: RecordingContext, model: VideoModel, positive: Conditioning, family: Family
) -> None:
    zeros = {"steps": 0, "width": 0, "height": 0, "frames": 0}
    latent = sampler(model, positive, **zeros).run(context)
    likes = family.capabilities
    assert (latent.width, latent.height) == (likes.width, likes.height)
    assert (latent.frames, latent.fps) == (likes.frames, likes.fps)
    assert context.told[-1] == (likes.steps, likes.steps, "steps")


def test_what_the_makers_recommend_comes_before_what_the_family_likes(
    context: RecordingContext, model: VideoModel, positive: Conditioning
) -> None:
    zeros = {"steps": 0, "width": 0, "height": 0, "frames": 0}
    advice = Recommended(width=48, height=32, frames=5, fps=23.976, steps=3)
    latent = sampler(replace(model, recommended=advice), positive, **zeros).run(context)
    assert (latent.width, latent.height, latent.frames) == (48, 32, 5)
    assert latent.fps == Fraction(24000, 1001)
    assert context.told[-1] == (3, 3, "steps")


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({}, (4.0, 3.0, 5.0)),
        ({"guidance": 6.0}, (6.0, None, 5.0)),
        ({"guidance": 6.0, "second_guidance": 2.0, "shift": 1.0}, (6.0, 2.0, 1.0)),
    ],
)
def test_the_makers_second_guidance_goes_with_their_first(
    model: VideoModel,
    positive: Conditioning,
    family: Family,
    given: dict[str, float],
    asked: tuple[float, float | None, float],
) -> None:
    advice = Recommended(guidance=4.0, second_guidance=3.0, shift=5.0)
    request = sampler(replace(model, recommended=advice), positive, **given)._request(family)
    assert (request.guidance, request.second_guidance, request.shift) == asked


@pytest.mark.parametrize(
    "change",
    [{"seed": 8}, {"guidance": 1.5}, {"solver": "heun"}, {"shift": 1.0}, {"attention": "causal"}],
)
def test_every_parameter_reaches_the_model(
    context: RecordingContext,
    sample: SampleVideo,
    model: VideoModel,
    positive: Conditioning,
    change: dict[str, object],
) -> None:
    assert not same(sampler(model, positive, **change).run(context), sample.run(context))


def test_what_to_avoid_reaches_the_model(
    context: RecordingContext,
    sample: SampleVideo,
    model: VideoModel,
    positive: Conditioning,
    family: Family,
) -> None:
    other = sampler(model, positive, negative=family.encode_prompt("blue"))
    assert not same(other.run(context), sample.run(context))


def test_keyframes_hold_and_their_files_are_ingredients(
    context: RecordingContext, model: VideoModel, positive: Conditioning, family: Family
) -> None:
    first = Image(picture(16, 32).pixels_HWC, Origin(ingredients=("first.png",)))
    kept = sampler(model, positive, keyframes=[FrameCondition(first, 0)]).run(context)
    alone = sampler(model, positive, keyframes=[FrameCondition(first, 0)], seed=8).run(context)
    assert torch.equal(kept.video_BCTHW[:, :, 0], alone.video_BCTHW[:, :, 0])
    assert not torch.equal(kept.video_BCTHW[:, :, 1], alone.video_BCTHW[:, :, 1])
    assert kept.origin.ingredients == ("first.png",)
    assert kept.origin.generated


def test_a_size_that_the_model_cannot_make_names_a_near_one(
    context: RecordingContext, model: VideoModel, positive: Conditioning
) -> None:
    with pytest.raises(InvalidInput, match=r"30x16.*32x16 is near"):
        sampler(model, positive, width=30).run(context)


def test_how_often_work_is_kept_is_no_part_of_it() -> None:
    assert not declare(SampleVideo).params["checkpoint_every"].matters


@pytest.mark.parametrize(
    ("written", "rate"),
    [
        (0.0, Fraction(0)),
        (25.0, Fraction(25)),
        (23.976, Fraction(24000, 1001)),
        (29.97, Fraction(30000, 1001)),
        (59.94, Fraction(60000, 1001)),
        (12.5, Fraction(25, 2)),
        (0.5, Fraction(1, 2)),
    ],
)
def test_a_written_frame_rate_means_an_exact_one(written: float, rate: Fraction) -> None:
    assert exact_rate(written) == rate
