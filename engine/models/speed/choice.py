"""What a user chooses to make a model faster, as all that decides what it then computes."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from engine.errors import InvalidInput
from engine.models.speed.magnitudes import MAGNITUDES
from engine.values import Speed, VideoModel
from engine.values.model import AttentionKernel, Decoding, StepCache

FIRST_BLOCK: Final = 0.05
MAGCACHE: Final = 0.06
INTERVAL: Final = 3


def speed_of(
    model: VideoModel,
    *,
    cache: StepCache = "none",
    threshold: float = 0.0,
    interval: int = 0,
    attention: AttentionKernel = "auto",
    compiled: bool = False,
    decoding: Decoding = "auto",
) -> Speed:
    """The speed that is asked for, with what the cache needs and nothing that it does not.

    A threshold or an interval of 0 is the cache's own.  Raises InvalidInput for 'magcache' on a
    model that nobody measured.
    """
    speed = Speed(attention=attention, compiled=compiled, decoding=decoding)
    if cache == "none":
        return speed
    if cache == "first block":
        return replace(speed, cache=cache, threshold=threshold or FIRST_BLOCK)
    if cache == "taylorseer":
        return replace(speed, cache=cache, interval=interval or INTERVAL)
    if model.source not in MAGNITUDES:
        raise InvalidInput(
            f"'magcache' does not know '{model.source}': it goes by what was measured on a model.",
            remedy=f"Use another cache, or one of these models: {', '.join(MAGNITUDES)}.",
        )
    return replace(
        speed,
        cache=cache,
        threshold=threshold or MAGCACHE,
        magnitudes=MAGNITUDES[model.source],
    )
