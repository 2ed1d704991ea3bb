"""Latte makes what diffusers' own pipeline makes, and decodes it in parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DPMSolverMultistepScheduler, LattePipeline

from engine.errors import InvalidInput
from engine.models.families import family_in
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
from tests.engine.models.tiny.latte import FRAMES

pytestmark = pytest.mark.filterwarnings("ignore:__array_:DeprecationWarning")


@pytest.fixture(scope="module")
def folder(tiny_model: TinyModel) -> Path:
    return tiny_model("latte")


@pytest.fixture(scope="module")
def model(folder: Path) -> Any:
    return loaded(family_in(folder), folder)


def its_own(folder: Path, solver: Any = None, **options: Any) -> Any:
    pipeline = LattePipeline.from_pretrained(folder)
    if solver is not None:
        pipeline.scheduler = solver.from_config(pipeline.scheduler.config)
    pipeline.set_progress_bar_config(disable=True)
    asked = {"video_length": FRAMES, "clean_caption": False, **options}
    return upstream(None, None, pipeline, **asked).frames


@pytest.mark.proves("latte", "text")
@pytest.mark.parametrize("guidance", [3.0, 1.0])
def test_it_makes_the_pipelines_own_frames_and_resumes(
    model: Any, folder: Path, guidance: float
) -> None:
    request = request_of(model, FRAMES, guidance=guidance)
    states = states_of(model, request)
    latent = its_own(folder, guidance_scale=guidance, output_type="latent")
    assert torch.equal(states[-1].tensors["latent"], latent)
    made = frames_of(model, request, states[-1])
    assert made.std() > 10
    assert np.array_equal(made, as_bytes(its_own(folder, guidance_scale=guidance)[0]))
    assert_resumes(model, request, states)


def test_a_negative_prompt_is_cut_to_the_length_of_the_prompt(model: Any, folder: Path) -> None:
    unwanted = "blurry, and much longer than what is to be followed"
    request = request_of(
        model,
        FRAMES,
        positive=model.encode_prompt("a cat"),
        negative=model.encode_prompt(unwanted),
    )
    wanted = its_own(folder, prompt="a cat", negative_prompt=unwanted, output_type="latent")
    assert torch.equal(states_of(model, request)[-1].tensors["latent"], wanted)


def test_another_solver_is_made_of_its_own_noise_levels(model: Any, folder: Path) -> None:
    wanted = its_own(folder, DPMSolverMultistepScheduler, output_type="latent")
    request = request_of(model, FRAMES, solver="dpm++")
    assert torch.equal(states_of(model, request)[-1].tensors["latent"], wanted)


@pytest.mark.parametrize(("spared", "lengths"), [(None, [14, 3]), (1, [1] * 17)])
def test_it_decodes_in_parts_what_its_vae_decodes_whole(
    model: Any, monkeypatch: pytest.MonkeyPatch, spared: int | None, lengths: list[int]
) -> None:
    monkeypatch.setattr(model, "decoding_bytes", spared)
    latent = torch.randn(1, 4, 17, 4, 4, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        parts = list(model.decoded(latent))
        vae = model.parts["vae"]
        whole = vae.decode(latent[0].transpose(0, 1) / vae.config.scaling_factor).sample
    assert [part.shape[2] for part in parts] == lengths
    assert torch.allclose(torch.cat(parts, dim=2)[0].transpose(0, 1), whole, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"width": 70}, "Latte cannot make 70x64 pixels.*64x64 is near"),
        ({"frames": 5}, "Latte cannot make 5 frames. It makes 6 only"),
        ({"keyframes": (keyframe(0, 0),)}, "Latte cannot be given pictures"),
    ],
)
def test_it_names_what_it_can_make_instead(model: Any, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        model.begin(request_of(model, **{"frames": FRAMES, **changes}))
