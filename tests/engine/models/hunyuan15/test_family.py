"""HunyuanVideo 1.5 makes what diffusers' own pipelines make, and goes on from any step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.errors import InvalidInput
from tests.engine.models.conftest import TinyModel
from tests.engine.models.sampling_runs import (
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

FRAMES = 5
PROMPT = 'a red cat holds a sign that says "meow"'


@pytest.fixture(scope="module")
def model(tiny_model: TinyModel) -> Any:
    return loaded("hunyuan15", tiny_model("hunyuan15"))


@pytest.fixture(scope="module")
def from_picture(tiny_model: TinyModel) -> Any:
    return loaded("hunyuan15", tiny_model("hunyuan15", takes_image=True))


def own_frames(model: Any, guidance: float, **options: Any) -> Any:
    """The pipeline takes its guidance from its guider, and steers what it makes by no argument."""
    model.pipeline.guider.guidance_scale = guidance
    asked = {"prompt": PROMPT, "num_inference_steps": 2, "guidance_scale": None, **options}
    return as_bytes(upstream(model, FRAMES, **asked).frames[0])


@pytest.mark.proves("hunyuan-video-1.5-*t2v", "text")
def test_it_makes_the_pipelines_own_frames_and_resumes(model: Any) -> None:
    request = request_of(model, FRAMES, positive=model.encode_prompt(PROMPT), steps=2)
    states = states_of(model, request)
    assert np.array_equal(frames_of(model, request, states[-1]), own_frames(model, 3.0))
    assert_resumes(model, request, states)


@pytest.mark.proves("hunyuan-video-1.5-*i2v", "image")
def test_it_starts_from_a_picture_as_the_pipeline_does(from_picture: Any) -> None:
    request = request_of(
        from_picture,
        FRAMES,
        positive=from_picture.encode_prompt(PROMPT),
        steps=2,
        guidance=1.0,
        keyframes=(keyframe(0, 0),),
    )
    states = states_of(from_picture, request)
    # The pipeline takes its size from the picture.
    shape = {"width": None, "height": None, "image": pil(picture(0))}
    wanted = own_frames(from_picture, 1.0, **shape)
    assert np.array_equal(frames_of(from_picture, request, states[-1]), wanted)
    assert_resumes(from_picture, request, states)


@pytest.mark.parametrize(
    ("changes", "near"), [({"width": 70}, "64x64 is near"), ({"frames": 12}, "13 is near")]
)
def test_it_names_what_it_can_make_instead(model: Any, changes: dict[str, int], near: str) -> None:
    words = model.encode_prompt("")
    with pytest.raises(InvalidInput, match=rf"HunyuanVideo 1.5 cannot make .*{near}"):
        model.begin(request_of(model, positive=words, **{"frames": FRAMES, **changes}))
