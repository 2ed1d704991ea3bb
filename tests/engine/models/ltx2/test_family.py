"""LTX-2 makes the picture and the sound that diffusers' own pipeline makes, from any step on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from engine.errors import InvalidInput
from tests.engine.models.conftest import TinyModel
from tests.engine.models.sampling_runs import (
    as_bytes,
    assert_resumes,
    clip_of,
    frames_of,
    keyframe,
    loaded,
    pil,
    request_of,
    states_of,
    upstream,
)

FRAMES = 17
UNGUIDED = {
    "guidance_scale": 1.0,
    "stg_scale": 0.0,
    "modality_scale": 1.0,
    "guidance_rescale": 0.0,
    "audio_guidance_scale": 1.0,
    "audio_stg_scale": 0.0,
    "audio_modality_scale": 1.0,
    "audio_guidance_rescale": 0.0,
}
OLDER = {**UNGUIDED, "guidance_scale": 4.0, "audio_guidance_scale": 4.0}


@pytest.fixture(scope="module")
def model(tiny_model: TinyModel) -> Any:
    return loaded("ltx2", tiny_model("ltx2"))


@pytest.fixture(scope="module")
def older(tiny_model: TinyModel) -> Any:
    return loaded("ltx2", tiny_model("ltx2", newer=False))


def conditions(*places: int) -> Any:
    from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition

    pictures = [pil(keyframe(seed, 0).image) for seed in range(len(places))]
    return [
        LTX2VideoCondition(frames=picture, index=place)
        for picture, place in zip(pictures, places, strict=True)
    ]


@pytest.mark.parametrize(
    "places",
    [
        pytest.param((), marks=pytest.mark.proves("ltx2", "text", "audio")),
        pytest.param((0,), marks=pytest.mark.proves("ltx2", "image")),
        pytest.param((-1,), marks=pytest.mark.proves("ltx2", "last-image")),
        pytest.param((0, 5, -1), marks=pytest.mark.proves("ltx2", "keyframes")),
    ],
    ids=["words", "a first picture", "a last picture alone", "pictures at several latents"],
)
def test_it_makes_the_pipelines_own_picture_and_sound(model: Any, places: tuple[int, ...]) -> None:
    keyframes = tuple(keyframe(seed, index) for seed, index in enumerate(places))
    request = request_of(model, FRAMES, keyframes=keyframes)
    states = states_of(model, request)
    latents = {0: 0, 5: 1, -1: 2}  # the latent frame that holds a frame
    asked = conditions(*(latents[index] for index in places))
    wanted = upstream(model, FRAMES, conditions=asked, spatio_temporal_guidance_blocks=[1])
    assert np.array_equal(frames_of(model, request, states[-1]), as_bytes(wanted.frames[0]))
    sound = model.decode_audio(model.finish(request, states[-1]))
    heard = wanted.audio[0].numpy()
    assert np.array_equal(sound.samples_CN[:, : heard.shape[1]], heard)
    assert_resumes(model, request, states)


@pytest.mark.proves("ltx2", "extension")
def test_a_clip_goes_on_as_the_pipeline_continues_it(model: Any) -> None:
    from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition

    request = request_of(model, FRAMES, beginning=clip_of(11), steps=2)
    pictures = [pil(keyframe(seed, 0).image) for seed in range(9)]  # 1 + 8n of the 11
    wanted = upstream(
        model,
        FRAMES,
        conditions=[LTX2VideoCondition(frames=pictures, index=0)],
        num_inference_steps=2,
        spatio_temporal_guidance_blocks=[1],
    )
    state = states_of(model, request)[-1]
    assert np.array_equal(frames_of(model, request, state), as_bytes(wanted.frames[0]))


def test_a_finished_video_is_kept_and_heard(model: Any) -> None:
    """Its picture stays to the last bit, and another picture sounds otherwise."""
    heard = []
    for first in (0, 1):
        watched = model.encode(clip_of(9, first))
        request = request_of(model, 9, steps=2, watched=watched)
        states = states_of(model, request)
        latent = model.finish(request, states[-1])
        assert torch.equal(latent.video_BCTHW, watched.video_BCTHW)
        heard.append(latent.audio_BLD)
        assert_resumes(model, request, states)
    assert not torch.equal(*heard)


def test_2_0_is_steered_by_its_prompt_alone(older: Any) -> None:
    request = request_of(older, 9, guidance=4.0)
    wanted = upstream(older, 9, use_cross_timestep=False, **OLDER)
    state = states_of(older, request)[-1]
    assert np.array_equal(frames_of(older, request, state), as_bytes(wanted.frames[0]))


def test_unguided_it_asks_the_denoiser_once(model: Any) -> None:
    request = request_of(model, 9, guidance=1.0)
    calls = []
    hook = model.pipeline.transformer.register_forward_pre_hook(lambda *_: calls.append(1))
    state = states_of(model, request)[-1]
    hook.remove()
    assert len(calls) == request.steps
    wanted = upstream(model, 9, **UNGUIDED)
    assert np.array_equal(frames_of(model, request, state), as_bytes(wanted.frames[0]))


def test_sound_lasts_as_long_as_the_frames_are_shown(model: Any) -> None:
    request = request_of(model, FRAMES, steps=2)
    sound = model.decode_audio(model.finish(request, states_of(model, request)[-1]))
    assert sound.rate == 24_000
    assert sound.samples_CN.shape == (2, 17_000)  # 17 frames at 24 a second


def test_without_sound_the_picture_is_the_same(model: Any) -> None:
    request = request_of(model, 9, steps=2)
    silent = request_of(model, 9, steps=2, audio=False)
    with_sound, without = (model.finish(r, states_of(model, r)[-1]) for r in (request, silent))
    assert without.audio_BLD is None
    assert torch.equal(with_sound.video_BCTHW, without.video_BCTHW)


def test_one_step_is_refused_where_the_schedule_has_none(model: Any) -> None:
    with pytest.raises(InvalidInput, match="cannot be sampled in 1 step"):
        model.begin(request_of(model, 9, steps=1))


def test_it_names_what_it_can_make_instead(model: Any) -> None:
    with pytest.raises(InvalidInput, match=r"LTX-2 cannot make 12 frames.*9 is near"):
        model.begin(request_of(model, 12))
