"""CogVideoX makes what diffusers' own pipelines make, and goes on from any step."""

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
    picture,
    pil,
    request_of,
    states_of,
    upstream,
)

FRAMES = 9


@pytest.fixture(scope="module", params=["ddim", "dpm"])
def model(request: pytest.FixtureRequest, tiny_model: TinyModel) -> Any:
    return loaded("cogvideox", tiny_model("cogvideox", scheduler=request.param))


@pytest.fixture(scope="module")
def from_picture(tiny_model: TinyModel) -> Any:
    return loaded("cogvideox", tiny_model("cogvideox", takes_image=True))


@pytest.mark.proves("cogvideox-*", "text")
def test_it_makes_the_pipelines_own_frames_and_resumes(model: Any) -> None:
    request = request_of(model, FRAMES)
    states = states_of(model, request)
    wanted = upstream(model, FRAMES).frames[0]
    assert np.array_equal(frames_of(model, request, states[-1]), as_bytes(wanted))
    assert_resumes(model, request, states)


@pytest.mark.proves("cogvideox-2b cogvideox-5b", "video")
def test_it_changes_a_video_as_the_pipeline_does(model: Any) -> None:
    request = request_of(model, FRAMES, source=clip_of(FRAMES), strength=0.7, steps=4)
    states = states_of(model, request)
    assert len(states) == 1 + 2  # of four steps, by the strength
    wanted = upstream(
        model,
        None,
        model.restyling,
        video=[pil(picture(seed)) for seed in range(FRAMES)],
        strength=0.7,
        num_inference_steps=4,
    ).frames[0]
    assert np.array_equal(frames_of(model, request, states[-1]), as_bytes(wanted))
    assert_resumes(model, request, states)


def test_the_other_solver_may_be_chosen(tiny_model: TinyModel) -> None:
    """A model that names DDIM, sampled as one that names DPM is, and the other way round."""
    ddim, dpm = (
        loaded("cogvideox", tiny_model("cogvideox", scheduler=name)) for name in ("ddim", "dpm")
    )
    for model, solver, other in ((ddim, "dpm++ sde", dpm), (dpm, "ddim", ddim)):
        request = request_of(model, FRAMES, solver=solver)
        states = states_of(model, request)
        pipeline = model.pipeline
        own, pipeline.scheduler = pipeline.scheduler, other.pipeline.scheduler
        wanted = upstream(model, FRAMES, output_type="latent").frames
        pipeline.scheduler = own
        assert torch.equal(states[-1].tensors["latent"], wanted)
    with pytest.raises(InvalidInput, match="cannot be sampled with 'unipc'"):
        model.begin(request_of(model, FRAMES, solver="unipc"))


@pytest.mark.proves("cogvideox1.5-5b", "text")
def test_1_5_makes_the_pipelines_own_frames_and_resumes(tiny_model: TinyModel) -> None:
    model = loaded("cogvideox", tiny_model("cogvideox", paired=True))
    request = request_of(model, FRAMES)
    states = states_of(model, request)
    wanted = upstream(model, FRAMES).frames[0]
    assert np.array_equal(frames_of(model, request, states[-1]), as_bytes(wanted))
    assert_resumes(model, request, states)


@pytest.mark.proves("cogvideox1.5-5b", "video")
def test_1_5_changes_a_video_of_paired_latents(tiny_model: TinyModel) -> None:
    model = loaded("cogvideox", tiny_model("cogvideox", paired=True))
    request = request_of(model, 8, source=clip_of(8), strength=1.0, steps=2)
    state = states_of(model, request)[-1]
    pictures = [pil(picture(seed)) for seed in range(8)]
    wanted = upstream(
        model, None, model.restyling, video=pictures, strength=1.0, num_inference_steps=2
    ).frames[0]
    assert np.array_equal(frames_of(model, request, state), as_bytes(wanted))
    with pytest.raises(InvalidInput, match=r"cannot change 9 frames.*8 is near"):
        model.begin(request_of(model, 9, source=clip_of(9)))


@pytest.mark.parametrize(
    "paired",
    [
        pytest.param(True, marks=pytest.mark.proves("cogvideox1.5-5b-i2v", "image")),
        pytest.param(False, marks=pytest.mark.proves("cogvideox-5b-i2v", "image")),
    ],
)
def test_it_starts_from_a_picture_as_the_pipeline_does(tiny_model: TinyModel, paired: bool) -> None:
    model = loaded("cogvideox", tiny_model("cogvideox", takes_image=True, paired=paired))
    request = request_of(model, FRAMES, keyframes=(keyframe(0, 0),))
    states = states_of(model, request)
    wanted = upstream(model, FRAMES, image=pil(picture(0))).frames[0]
    assert np.array_equal(frames_of(model, request, states[-1]), as_bytes(wanted))
    assert_resumes(model, request, states)


@pytest.mark.parametrize("latents", [1, 2, 3, 4, 5])
def test_it_decodes_as_a_stream_bit_for_bit(from_picture: Any, latents: int) -> None:
    generator = torch.Generator().manual_seed(latents)
    latent = torch.randn(1, 4, latents, 4, 4, generator=generator)
    vae = from_picture.parts["vae"]
    with torch.inference_mode():
        parts = list(from_picture.decoded(latent))
        whole = vae.decode(1 / vae.config.scaling_factor * latent).sample
    assert torch.equal(torch.cat(parts, dim=2), whole)
    assert len(parts) == max(latents // 2, 1)


@pytest.mark.parametrize(
    ("places", "given"), [((), "none"), ((5,), "one elsewhere"), ((0, 5), "2")]
)
def test_a_model_that_starts_from_a_picture_wants_one(
    from_picture: Any, places: tuple[int, ...], given: str
) -> None:
    keyframes = tuple(keyframe(0, place) for place in places)
    with pytest.raises(InvalidInput, match=f"starts from one picture, and was given {given}"):
        from_picture.begin(request_of(from_picture, FRAMES, keyframes=keyframes))


@pytest.mark.parametrize(
    ("changes", "near"), [({"width": 70}, "64x64 is near"), ({"frames": 12}, "9 is near")]
)
def test_it_names_what_it_can_make_instead(model: Any, changes: dict[str, int], near: str) -> None:
    with pytest.raises(InvalidInput, match=rf"CogVideoX cannot make .*{near}"):
        model.begin(request_of(model, **{"frames": FRAMES, **changes}))


def test_a_strength_that_leaves_no_step_is_refused(model: Any) -> None:
    with pytest.raises(InvalidInput, match=r"leaves none of 3 steps.*Use 0.33 or more"):
        model.begin(request_of(model, FRAMES, source=clip_of(FRAMES), strength=0.1))
