"""HunyuanVideo makes what diffusers' own pipelines make, and goes on from any step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from engine.errors import InvalidInput
from engine.models.diffusion.schedulers import FLOW_SOLVERS
from tests.engine.models.conftest import TinyModel
from tests.engine.models.sampling_runs import (
    UNWANTED,
    as_bytes,
    assert_resumes,
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
FIRST = (keyframe(0, 0),)
# diffusers' solvers, of numpy.
pytestmark = pytest.mark.filterwarnings("ignore:__array_:DeprecationWarning")


@pytest.fixture(scope="module")
def model(tiny_model: TinyModel) -> Any:
    return loaded("hunyuan", tiny_model("hunyuan"))


@pytest.fixture(scope="module")
def in_place(tiny_model: TinyModel) -> Any:
    return loaded("hunyuan", tiny_model("hunyuan", image="token_replace"))


@pytest.fixture(scope="module")
def beside(tiny_model: TinyModel) -> Any:
    return loaded("hunyuan", tiny_model("hunyuan", image="latent_concat"))


@pytest.mark.proves("hunyuan-video", "text")
def test_it_makes_the_pipelines_own_frames_and_resumes(model: Any) -> None:
    request = request_of(model, FRAMES, negative=None, guidance=6.0)
    states = states_of(model, request)
    wanted = upstream(model, FRAMES, negative_prompt=None, guidance_scale=6.0).frames[0]
    assert np.array_equal(frames_of(model, request, states[-1]), as_bytes(wanted))
    assert_resumes(model, request, states)


@pytest.mark.proves("hunyuan-video-i2v", "image")
def test_a_picture_in_its_place_makes_the_pipelines_own_frames(in_place: Any) -> None:
    request = request_of(in_place, FRAMES, negative=None, guidance=6.0, keyframes=FIRST)
    states = states_of(in_place, request)
    wanted = upstream(
        in_place, FRAMES, negative_prompt=None, guidance_scale=6.0, image=pil(picture(0))
    ).frames[0]
    assert np.array_equal(frames_of(in_place, request, states[-1]), as_bytes(wanted))
    assert_resumes(in_place, request, states)


@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_a_picture_beside_makes_the_pipelines_own_frames(beside: Any, guidance: float) -> None:
    request = request_of(beside, 5, guidance=guidance, keyframes=FIRST)
    states = states_of(beside, request)
    wanted = upstream(
        beside, 9, guidance_scale=1.0, true_cfg_scale=guidance, image=pil(picture(0))
    ).frames[0]
    assert np.array_equal(frames_of(beside, request, states[-1]), as_bytes(wanted))
    assert_resumes(beside, request, states)


@pytest.mark.parametrize("solver", FLOW_SOLVERS)
def test_each_solver_comes_to_its_own_end_and_resumes(model: Any, solver: Any) -> None:
    request = request_of(model, 5, negative=None, solver=solver)
    states = states_of(model, request)
    assert len(states) == 1 + request.steps
    assert bool(states[-1].tensors["latent"].isfinite().all())
    assert_resumes(model, request, states)


@pytest.mark.parametrize("latents", [1, 4, 5, 8, 9, 11])
def test_it_decodes_in_the_tiles_of_its_vae_as_a_stream(model: Any, latents: int) -> None:
    latent = torch.randn(1, 4, latents, 2, 2, generator=torch.Generator().manual_seed(0))
    vae = model.parts["vae"]
    with torch.inference_mode():
        parts = list(model.decoded(latent))
        vae.use_framewise_decoding = True
        whole = vae.decode(latent / vae.config.scaling_factor).sample
        vae.use_framewise_decoding = False
    assert torch.equal(torch.cat(parts, dim=2), whole)
    assert all(part.shape[2] <= 17 for part in parts)


def test_embedded_guidance_takes_no_negative_prompt(model: Any) -> None:
    with pytest.raises(InvalidInput, match="takes no negative prompt"):
        model.begin(request_of(model, FRAMES, negative=model.encode_prompt(UNWANTED)))


@pytest.mark.parametrize(
    ("changes", "near"), [({"width": 70}, "64x64 is near"), ({"frames": 12}, "13 is near")]
)
def test_it_names_what_it_can_make_instead(model: Any, changes: dict[str, int], near: str) -> None:
    with pytest.raises(InvalidInput, match=rf"HunyuanVideo cannot make .*{near}"):
        model.begin(request_of(model, **{"frames": FRAMES, **changes}))


def test_an_image_model_wants_a_picture(in_place: Any) -> None:
    with pytest.raises(InvalidInput, match="starts from one picture, and was given none"):
        in_place.begin(request_of(in_place, FRAMES, negative=None))
