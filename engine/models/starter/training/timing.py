"""How long a clip takes from prompt to frames and sound, stage by stage, as the product does it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TypeVar

from engine.models.family import SampleRequest, SampleState
from engine.models.starter.family import StarterFamily, load
from engine.values import VideoModel

PROMPT = "a red ball bouncing over a meadow"
_TAKES = 5

T = TypeVar("T")


def stage_seconds(folder: Path, steps: int) -> dict[str, float]:
    """Medians of five takes, in seconds, after one that is not counted; process start left out."""
    family = load(VideoModel("starter", str(folder), "timed"), folder, "cpu")
    takes = [_take(family, steps, seed) for seed in range(_TAKES + 1)][1:]
    found = {stage: median(take[stage] for take in takes) for stage in takes[0]}
    return {**found, "steps": float(steps)}


def _take(family: StarterFamily, steps: int, seed: int) -> dict[str, float]:
    likes, spent = family.capabilities, {}

    def timed(stage: str, work: Callable[[], T]) -> T:
        begun = time.perf_counter()
        made = work()
        spent[stage] = time.perf_counter() - begun
        return made

    positive = timed("prompt", lambda: family.encode_prompt(PROMPT))
    request = SampleRequest(
        positive, None, likes.width, likes.height, likes.frames, likes.fps,
        steps, likes.guidance, seed,
    )  # fmt: skip

    def sampled() -> SampleState:
        state = family.begin(request)
        while state.step < state.steps:
            state = family.step(request, state)
        return state

    latent = family.finish(request, timed("sampling", sampled))
    timed("frames", lambda: [*family.decode(latent)])
    timed("sound", lambda: family.decode_audio(latent))
    return {**spent, "whole": sum(spent.values()), "clip lasts": float(likes.frames / likes.fps)}
