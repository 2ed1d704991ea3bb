"""How a family's samples are compared: with its pipeline's own, and with themselves, resumed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import PIL.Image
import torch
from numpy.typing import NDArray
from safetensors.torch import load, save

from engine.models.families import loader
from engine.models.family import Family, SampleRequest, SampleState
from engine.values import Clip, FrameCondition, Image, VideoModel

PROMPT = "a red cat jumps over a very long wall"
UNWANTED = "blurry"
SIDE = 64
STEPS = 3
SEED = 7


def loaded(family: str, folder: Path, precision: str = "auto") -> Any:
    """A family's model on the CPU; its upstream pipeline is its `pipeline`."""
    model = loader(family)(VideoModel(family, str(folder), "digest", precision), folder, "cpu")
    model.pipeline.set_progress_bar_config(disable=True)  # type: ignore[attr-defined]
    return model


def request_of(model: Family, frames: int, **changes: Any) -> SampleRequest:
    fields: dict[str, Any] = {
        "positive": model.encode_prompt(PROMPT),
        "negative": model.encode_prompt(UNWANTED),
        "width": SIDE,
        "height": SIDE,
        "frames": frames,
        "fps": Fraction(24),
        "steps": STEPS,
        "guidance": 3.0,
        "seed": SEED,
    }
    return SampleRequest(**{**fields, **changes})


def states_of(model: Family, request: SampleRequest) -> list[SampleState]:
    """The state at the beginning and after each step."""
    states = [model.begin(request)]
    while states[-1].step < states[-1].steps:
        states.append(model.step(request, states[-1]))
    return states


def frames_of(model: Family, request: SampleRequest, state: SampleState) -> NDArray[np.uint8]:
    return np.concatenate(list(model.decode(model.finish(request, state))))


DECODING = {"ltx": {"decode_timestep": 0.05, "decode_noise_scale": 0.025}}
"""How a pipeline's documentation advises to decode."""


@contextmanager
def same_noise_for_decoding() -> Iterator[None]:
    """LTX's pipeline decodes with the noise that follows its sample's, which a latent does not
    know: here it takes what our family takes.
    """
    module: Any = import_module("diffusers.pipelines.ltx.pipeline_ltx_condition")
    randn_tensor = module.randn_tensor

    def drawn(shape: Any, generator: torch.Generator, **kind: Any) -> torch.Tensor:
        decoding = sys._getframe(1).f_code.co_name == "__call__"  # the rest is drawn elsewhere
        mine = torch.Generator().manual_seed(0) if decoding else generator
        noise: torch.Tensor = randn_tensor(shape, generator=mine, **kind)
        return noise

    with patch.object(module, "randn_tensor", drawn):
        yield


def upstream(model: Any, frames: int | None, pipeline: Any = None, **options: Any) -> Any:
    """What the pipeline's own loop makes of the same components and seed."""
    asked = {
        "prompt": PROMPT,
        "negative_prompt": UNWANTED,
        "width": SIDE,
        "height": SIDE,
        "num_frames": frames,
        "num_inference_steps": STEPS,
        "guidance_scale": 3.0,
        "generator": torch.Generator().manual_seed(SEED),
        "output_type": "np",
        **({} if model is None else DECODING.get(model.handle.family, {})),
        **options,
    }
    with torch.inference_mode(), same_noise_for_decoding():
        return (pipeline or model.pipeline)(**{k: v for k, v in asked.items() if v is not None})


def as_bytes(frames: NDArray[np.float32]) -> NDArray[np.uint8]:
    return (frames * 255).round().astype(np.uint8)


def assert_resumes(model: Family, request: SampleRequest, states: list[SampleState]) -> None:
    """From every state, read from a file, the next one is what it was without a stop."""
    for state, after in pairwise(states):
        tensors = load(save({n: t.contiguous() for n, t in state.tensors.items()}))
        read = SampleState(state.step, request.steps, tensors, dict(state.scalars))
        assert_same(model.step(request, model.restore(request, read)), after)


def assert_same(left: SampleState, right: SampleState) -> None:
    assert (left.step, left.steps, left.scalars) == (right.step, right.steps, right.scalars)
    assert left.tensors.keys() == right.tensors.keys()
    for name, tensor in left.tensors.items():
        assert torch.equal(tensor, right.tensors[name]), name


def picture(seed: int) -> Image:
    """Noise of the size of the video: every pixel matters."""
    pixels = np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    return Image(pixels)


def keyframe(seed: int, index: int | None) -> FrameCondition:
    return FrameCondition(picture(seed), index)


def clip_of(frames: int, first: int = 0) -> Clip:
    pixels = np.stack([picture(first + seed).pixels_HWC for seed in range(frames)])
    return Clip(lambda: iter([pixels]), frames, SIDE, SIDE, Fraction(24))


def pil(image: Image) -> PIL.Image.Image:
    return PIL.Image.fromarray(image.pixels_HWC)
