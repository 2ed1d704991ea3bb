"""Mochi 1 makes what diffusers' own pipeline makes, and decodes it as a stream."""

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
    frames_of,
    keyframe,
    loaded,
    request_of,
    states_of,
    upstream,
)

FRAMES = 13
# Its denoiser asks for float32 under autocast, which a CPU has not.
pytestmark = pytest.mark.filterwarnings("ignore:In CPU autocast:UserWarning")


@pytest.fixture(scope="module")
def model(tiny_model: TinyModel) -> Any:
    return loaded("mochi", tiny_model("mochi"))


@pytest.mark.proves("mochi", "text")
@pytest.mark.parametrize("guidance", [3.0, 1.0])
def test_it_makes_the_pipelines_own_latent_and_resumes(model: Any, guidance: float) -> None:
    request = request_of(model, FRAMES, guidance=guidance)
    states = states_of(model, request)
    wanted = upstream(model, FRAMES, guidance_scale=guidance, output_type="latent").frames
    assert torch.equal(states[-1].tensors["latent"], wanted)
    assert_resumes(model, request, states)


def test_its_frames_are_the_pipelines_own_but_for_rounding(model: Any) -> None:
    request = request_of(model, FRAMES)
    wanted = as_bytes(upstream(model, FRAMES).frames[0]).astype(int)
    made = frames_of(model, request, states_of(model, request)[-1])
    assert np.abs(made - wanted).max() <= 1


def test_it_decodes_as_a_stream_what_its_vae_decodes_whole(model: Any) -> None:
    latent = torch.randn(1, 12, 5, 4, 4, generator=torch.Generator().manual_seed(0))
    mean, spread = model._statistics(latent)
    with torch.inference_mode():
        parts = list(model.decoded(latent))
        whole = model.parts["vae"].decode(latent * spread + mean).sample
    assert [part.shape[2] for part in parts] == [1, 6, 6, 6, 6]
    assert torch.allclose(torch.cat(parts, dim=2), whole, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("changes", "near"), [({"width": 70}, "64x64 is near"), ({"frames": 12}, "13 is near")]
)
def test_it_names_what_it_can_make_instead(model: Any, changes: dict[str, int], near: str) -> None:
    with pytest.raises(InvalidInput, match=rf"Mochi 1 cannot make .*{near}"):
        model.begin(request_of(model, **{"frames": FRAMES, **changes}))


def test_it_refuses_a_picture(model: Any) -> None:
    with pytest.raises(InvalidInput, match="Mochi 1 cannot be given pictures"):
        model.begin(request_of(model, FRAMES, keyframes=(keyframe(0, 0),)))
