"""In bfloat16 each number is narrowed where the pipelines narrow it: frames equal to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from diffusers import WanPipeline

from tests.engine.models.conftest import TinyModel
from tests.engine.models.sampling_runs import (
    as_bytes,
    assert_resumes,
    frames_of,
    loaded,
    request_of,
    states_of,
    upstream,
)

pytestmark = pytest.mark.filterwarnings(
    "ignore:In CPU autocast:UserWarning", "ignore:__array_:DeprecationWarning"
)

# By family: frames, what our request says otherwise, what the pipeline's call says otherwise.
FAMILIES: dict[str, tuple[int, dict[str, Any], dict[str, Any]]] = {
    "wan": (5, {}, {}),
    "ltx": (9, {}, {"frame_rate": 24}),
    "ltx2": (9, {}, {"spatio_temporal_guidance_blocks": [1]}),
    "cogvideox": (9, {}, {}),
    "mochi": (7, {}, {}),
    "hunyuan": (5, {"negative": None}, {"negative_prompt": None}),
    "hunyuan15": (5, {}, {"guidance_scale": None}),
    "latte": (6, {}, {"num_frames": None, "video_length": 6, "clean_caption": False}),
}


@pytest.mark.proves("{family}", "half")
@pytest.mark.parametrize("family", FAMILIES)
def test_it_makes_the_pipelines_own_frames_and_resumes(tiny_model: TinyModel, family: str) -> None:
    frames, ours, theirs = FAMILIES[family]
    model = loaded(family, tiny_model(family), precision="bfloat16")
    request = request_of(model, frames, steps=2, **ours)
    states = states_of(model, request)
    if family == "hunyuan15":
        model.pipeline.guider.guidance_scale = request.guidance
    pipeline = WanPipeline(**model.parts.parts) if family == "wan" else model.pipeline
    wanted = upstream(model, frames, pipeline, num_inference_steps=2, **theirs).frames[0]
    assert np.array_equal(frames_of(model, request, states[-1]), as_bytes(wanted))
    assert_resumes(model, request, states)
