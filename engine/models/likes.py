"""What a model likes best, as its makers or its family say."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.models.family import Capabilities, Family
    from engine.values import VideoModel


def likes_of(model: VideoModel, family: Family) -> Capabilities:
    """What a model likes best: what its makers recommend for it, else what suits its family."""
    told, likes = model.recommended, family.capabilities
    return replace(
        likes,
        width=told.width or likes.width,
        height=told.height or likes.height,
        frames=told.frames or likes.frames,
        fps=exact_rate(told.fps or 0) or likes.fps,
        steps=told.steps or likes.steps,
        guidance=told.guidance or likes.guidance,
    )


def second_guidance_of(model: VideoModel, guidance: float, second: float = 0.0) -> float | None:
    """The guidance of a second expert, where 0 leaves one to the model; None is the first one's.

    Who chose the first expert's guidance has not asked for the makers' second.
    """
    return second or (None if guidance else model.recommended.second_guidance)


def exact_rate(fps: float) -> Fraction:
    """The fraction that a written frame rate stands for: 23.976 is 24000/1001, 25 is 25."""
    ntsc = Fraction(round(fps) * 1000, 1001)
    if fps and abs(float(ntsc) - fps) < 0.001:
        return ntsc
    return Fraction(fps).limit_denominator(1000)
