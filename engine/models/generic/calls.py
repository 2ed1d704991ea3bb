"""What a pipeline of diffusers can be asked for, read off its call, and whether we can run it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final

from engine.errors import InvalidInput
from engine.models.loading.classes import find_class

LENGTHS: Final = ("num_frames", "video_length", "frames")
RATES: Final = ("fps", "frame_rate")
PROMPT: Final = "prompt"
NEGATIVE: Final = "negative_prompt"
GUIDANCE: Final = "guidance_scale"
IMAGE: Final = "image"
STEPS: Final = "num_inference_steps"
CHUNK: Final = "decode_chunk_size"
"""How many frames are decoded at once, by VAEs that know no time."""
BINNING: Final = "use_resolution_binning"
"""Makes another size than was asked for, and stretches it."""
CLEANING: Final = "clean_caption"
"""Reads a prompt otherwise on a computer that has one more package."""
NEEDED: Final = (STEPS, "generator", "output_type")
SEVERAL_PASSES: Final = frozenset(
    {
        "base_num_frames",
        "chunk_partition",
        "latent_window_size",
        "num_frames_per_chunk",
        "num_latent_frames_per_chunk",
        "t0",
        "temporal_tile_size",
    }
)
"""Parameters of those that begin their loop anew for each part of a video."""
PARTS: Final = ("vae", "scheduler")
DENOISERS: Final = ("transformer", "unet")


@dataclass(frozen=True)
class Call:
    """The parameters of a pipeline's call and those it is made of, each with its default."""

    parameters: Mapping[str, Any]
    components: Mapping[str, Any]

    def has(self, name: str) -> bool:
        return name in self.parameters

    def needs(self, name: str) -> bool:
        """Whether it cannot be called without."""
        return self.parameters.get(name) is inspect.Parameter.empty

    def default(self, name: str) -> Any:
        """A parameter's default, None where it has none."""
        return None if self.needs(name) else self.parameters.get(name)

    def first(self, names: tuple[str, ...]) -> str:
        """The one of several names that it has, '' for none."""
        return next((name for name in names if name in self.parameters), "")


def call_of(kind: Any) -> Call:
    """How a pipeline's class is called."""
    parameters = {
        name: each.default
        for name, each in inspect.signature(kind.__call__).parameters.items()
        if name != "self" and each.kind is not each.VAR_KEYWORD
    }
    components = {
        name: each.default
        for name, each in inspect.signature(kind.__init__).parameters.items()
        if name != "self"
    }
    return Call(parameters, components)


def reason_against(pipeline: str) -> str:
    """Why a pipeline of this name cannot be run, '' where it can."""
    if find_spec("diffusers") is None:
        return "diffusers, which might, is not installed"
    try:
        ground = find_class("DiffusionPipeline", "diffusers", where="diffusers")
        kind = find_class(pipeline, "diffusers", where="The folder")
    except InvalidInput:
        return "diffusers does not define it either"
    if not issubclass(kind, ground):
        return "it is no pipeline, or lacks packages that it is made of"
    return _unfit(call_of(kind))


def _unfit(call: Call) -> str:
    if not call.first(LENGTHS):
        return "it makes no video: its call takes no number of frames"
    for name in NEEDED:
        if not call.has(name):
            return f"its steps cannot be owned: its call takes no '{name}'"
    for name in PARTS:
        if name not in call.components:
            return f"its steps cannot be owned: it has no '{name}'"
    if not any(name in call.components for name in DENOISERS):
        return f"its steps cannot be owned: it has no '{DENOISERS[0]}'"
    for name in SEVERAL_PASSES & call.parameters.keys():
        return f"its steps cannot be owned: it makes a video in several passes ('{name}')"
    given = {PROMPT, IMAGE, *LENGTHS, *NEEDED}
    for name in call.parameters:
        if call.needs(name) and name not in given:
            return f"it needs '{name}', which no node gives it"
    return ""
