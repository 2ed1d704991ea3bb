"""LTX-Video makes what diffusers' own pipeline makes, and goes on from any step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from engine.errors import InvalidInput
from engine.models.catalog import find
from engine.models.families import family_in
from tests.engine.models.conftest import TinyModel
from tests.engine.models.sampling_runs import (
    as_bytes,
    assert_resumes,
    assert_same,
    clip_of,
    frames_of,
    keyframe,
    loaded,
    picture,
    pil,
    request_of,
    states_of,
    upstream,
)

FRAMES = 17
# numpy's own, from the pipeline's schedule: ours does not go that way.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def model(tiny_model: TinyModel) -> Any:
    return loaded("ltx", tiny_model("ltx"))


def condition(index: int, image: Any = None, video: Any = None) -> Any:
    from diffusers.pipelines.ltx.pipeline_ltx_condition import LTXVideoCondition

    return LTXVideoCondition(image=image, video=video, frame_index=index)


@pytest.mark.parametrize(
    "places",
    [
        pytest.param((), marks=pytest.mark.proves("ltx", "text")),
        pytest.param((0,), marks=pytest.mark.proves("ltx", "image")),
        pytest.param((0, 5, -1), marks=pytest.mark.proves("ltx", "keyframes")),
        pytest.param((-1,), marks=pytest.mark.proves("ltx", "last-image")),
    ],
    ids=["text", "a first picture", "pictures at any frame", "a last picture alone"],
)
def test_it_makes_the_pipelines_own_frames_and_resumes(model: Any, places: tuple[int, ...]) -> None:
    keyframes = tuple(keyframe(seed, index) for seed, index in enumerate(places))
    request = request_of(model, FRAMES, keyframes=keyframes)
    states = states_of(model, request)
    conditions = [condition(k.index % FRAMES, pil(k.image)) for k in keyframes]
    wanted = upstream(model, FRAMES, conditions=conditions or None, frame_rate=24).frames[0]
    assert np.array_equal(frames_of(model, request, states[-1]), as_bytes(wanted))
    assert_resumes(model, request, states)


@pytest.mark.proves("ltx", "extension")
def test_a_clip_goes_on_as_the_pipeline_continues_it(model: Any) -> None:
    beginning = clip_of(11)  # what is past 1 + 8n frames is left out
    request = request_of(model, FRAMES, beginning=beginning)
    states = states_of(model, request)
    pictures = [pil(picture(seed)) for seed in range(11)]
    conditions = [condition(0, video=pictures[:9])]
    wanted = upstream(model, FRAMES, conditions=conditions, frame_rate=24).frames[0]
    assert np.array_equal(frames_of(model, request, states[-1]), as_bytes(wanted))
    assert_resumes(model, request, states)


def test_a_distilled_model_is_sampled_at_the_timesteps_it_was_taught(
    tiny_model: TinyModel, model: Any
) -> None:
    taught = find("ltx-video-0.9.8-13b-distilled").defaults
    distilled = loaded("ltx", tiny_model("ltx"))
    distilled.adapt(replace(distilled.handle, recommended=taught))
    request = request_of(distilled, FRAMES, steps=taught.steps, guidance=1.0)
    states = states_of(distilled, request)
    wanted = upstream(
        model, FRAMES, guidance_scale=1.0, frame_rate=24,
        num_inference_steps=None, timesteps=list(taught.timesteps),
    ).frames[0]  # fmt: skip
    assert np.array_equal(frames_of(distilled, request, states[-1]), as_bytes(wanted))
    assert_resumes(distilled, request, states)
    usual = request_of(distilled, FRAMES, steps=6, guidance=1.0)  # another number: as any model
    assert_same(states_of(distilled, usual)[-1], states_of(model, usual)[-1])


def test_an_older_model_makes_its_own_pipelines_frames(tiny_model: TinyModel) -> None:
    """Up to 0.9.1 the pipeline was another, with another schedule and other places in time, which
    it rounds in another order.
    """
    from diffusers import LTXPipeline

    model = loaded("ltx", tiny_model("ltx", older=True))
    request = request_of(model, FRAMES)
    states = states_of(model, request)
    pipeline = LTXPipeline(**model.parts.parts)
    wanted = upstream(model, FRAMES, pipeline, frame_rate=24, output_type="latent").frames
    assert torch.allclose(states[-1].tensors["latent"], wanted, rtol=0, atol=1e-5)
    with pytest.raises(InvalidInput, match="cannot be sampled in 1 step"):
        model.begin(request_of(model, FRAMES, steps=1))


def test_without_guidance_it_makes_the_pipelines_own_frames(model: Any) -> None:
    request = request_of(model, 9, guidance=1.0)
    wanted = upstream(model, 9, guidance_scale=1.0, frame_rate=24).frames[0]
    assert np.array_equal(
        frames_of(model, request, states_of(model, request)[-1]), as_bytes(wanted)
    )


def test_a_keyframe_past_the_end_is_refused(model: Any) -> None:
    with pytest.raises(InvalidInput, match="no frame 17 in a clip of 17 frames"):
        model.begin(request_of(model, FRAMES, keyframes=(keyframe(0, FRAMES),)))


def test_a_preview_is_a_picture_with_a_pixel_a_latent(model: Any) -> None:
    preview = model.preview(model.begin(request_of(model, FRAMES)))
    assert preview.pixels_HWC.shape == (2, 2, 3)


def test_its_folder_is_known_by_the_pipeline(tiny_model: TinyModel) -> None:
    assert family_in(tiny_model("ltx")) == "ltx"


@pytest.mark.parametrize(
    ("changes", "near"),
    [({"width": 70}, "64x64"), ({"frames": 12}, "9 is near"), ({"frames": 13}, "17 is near")],
)
def test_it_names_what_it_can_make_instead(model: Any, changes: dict[str, int], near: str) -> None:
    with pytest.raises(InvalidInput, match=f"LTX-Video cannot make .*{near}"):
        model.begin(request_of(model, **{"frames": FRAMES, **changes}))


def test_with_little_memory_it_is_decoded_in_tiles_near_the_whole(model: Any) -> None:
    request = request_of(model, 65, steps=1)
    latent = model.finish(request, states_of(model, request)[-1])
    whole = np.concatenate([*model.decode(latent)]).astype(int)
    model.decoding_bytes = 1
    try:
        chunks = [*model.decode(latent)]
    finally:
        model.decoding_bytes = None
    assert [len(chunk) for chunk in chunks] == [9] + [8] * 7
    assert np.abs(np.concatenate(chunks) - whole).mean() < 16
