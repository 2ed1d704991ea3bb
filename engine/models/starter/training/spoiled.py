"""Clips spoiled on purpose, one way each: what a measure must find worse than the clip itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.models.starter.training import quality
from engine.models.starter.training.scene import BACKGROUNDS, COLOURS, SHAPES, Scene

Clip = NDArray[np.uint8]  # [T, H, W, 3]

_NOISE: Final = 12.0  # deviation, of 255
_BLUR: Final = 1.5  # pixels


def shuffled(video_THW3: Clip, other_THW3: Clip, rng: np.random.Generator) -> Clip:
    """The same frames in another order."""
    return np.asarray(video_THW3[rng.permutation(len(video_THW3))])


def frozen(video_THW3: Clip, other_THW3: Clip, rng: np.random.Generator) -> Clip:
    """The middle frame throughout."""
    return np.repeat(video_THW3[len(video_THW3) // 2][None], len(video_THW3), axis=0)


def noisy(video_THW3: Clip, other_THW3: Clip, rng: np.random.Generator) -> Clip:
    """New noise in each frame."""
    made = video_THW3 + rng.normal(0.0, _NOISE, video_THW3.shape)
    return np.asarray(made.round().clip(0, 255), dtype=np.uint8)


def blurred(video_THW3: Clip, other_THW3: Clip, rng: np.random.Generator) -> Clip:
    """Every frame out of focus."""
    return np.asarray(ndimage.gaussian_filter(video_THW3, (0, _BLUR, _BLUR, 0)))


def cut(video_THW3: Clip, other_THW3: Clip, rng: np.random.Generator) -> Clip:
    """The second half is another clip's."""
    half = len(video_THW3) // 2
    return np.concatenate([video_THW3[:half], other_THW3[half:]])


def unlike(scene: Scene) -> Scene:
    """A scene of another colour, shape and background: what a clip is cut to."""
    colours = list(COLOURS)
    return replace(
        scene,
        colour=colours[colours.index(scene.colour) - 3],
        shape=SHAPES[SHAPES.index(scene.shape) - 2],
        background=BACKGROUNDS[BACKGROUNDS.index(scene.background) - 2],
    )


Spoil = Callable[[Clip, Clip, np.random.Generator], Clip]
WORSE: Final[Mapping[str, tuple[str, Spoil]]] = {
    quality.SUBJECT: ("cut to another clip", cut),
    quality.BACKGROUND: ("cut to another clip", cut),
    quality.FLICKER: ("noise", noisy),
    quality.SMOOTH: ("frames shuffled", shuffled),
    quality.DYNAMIC: ("frozen", frozen),
    quality.NOISE: ("noise", noisy),
    quality.SHARP: ("blurred", blurred),
}
"""For each measure what must be worse by it."""


def controls_of(
    video_THW3: Clip, other_THW3: Clip, clean_THW3: Clip, seed: int
) -> dict[str, float]:
    """Each measure of the clip spoiled in the way that this measure must find out."""
    found: dict[str, float] = {}
    for spoil in dict.fromkeys(spoil for _, spoil in WORSE.values()):
        made = spoil(video_THW3, other_THW3, np.random.default_rng(seed))
        measured = quality.quality_of(made, clean_THW3)
        found |= {name: measured[name] for name, (_, own) in WORSE.items() if own is spoil}
    return found
