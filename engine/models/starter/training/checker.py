"""Looks at a clip and says what it shows: knows the world's palette and backgrounds, and nothing of
the model.

Backgrounds are found by comparing the whole clip with each empty background, the subject is what
differs from it, its colour is the nearest palette colour in Lab, its count the connected parts, its
motion the regression of the centroid over time (or its bounces), its shape the best overlap with
drawn shapes of the same area.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy import ndimage

from engine.models.starter.training.backdrops import paint_background
from engine.models.starter.training.bounces import find_bounces
from engine.models.starter.training.scene import BACKGROUNDS, COLOURS, MOTIONS, SHAPES, Scene
from engine.models.starter.training.world import signed_distance

STILL_BELOW = 8.0  # pixels travelled in the clip, for a picture 64 wide
FAST_ABOVE = 28.0
BOUNCE_ABOVE = 4.5  # pixels between a bouncing subject's highest and lowest place
FAST_BEAT_BELOW = 15.0  # frames between two bounces
UNLIKE_ANY_BACKGROUND = 24.0  # mean absolute difference, of 255
_SUBJECT_DIFFERENCE = 34.0  # Euclidean in RGB
_SMALLEST_PART = 40.0  # square pixels, for a picture 64 wide


@dataclass(frozen=True)
class Finding:
    """What a clip shows; None where it cannot be told (and then it counts as wrong)."""

    background: str | None
    colour: str | None = None
    shape: str | None = None
    count: int | None = None
    motion: str | None = None
    speed: str | None = None

    def agrees(self, scene: Scene) -> dict[str, bool]:
        """Attribute by attribute, whether the clip shows the scene."""
        names = ("colour", "shape", "count", "motion", "background", "speed")
        return {name: getattr(self, name) == getattr(scene, name) for name in names}


@dataclass(frozen=True, eq=False)
class Subject:
    """Where a clip's subject is: numbered connected parts (0 is none) in each frame [H, W]; `seen`
    are the frames that have any.
    """

    background: str
    unlikeness: float
    frames: list[np.ndarray]
    seen: list[int]

    @cached_property
    def centres(self) -> np.ndarray:
        """The subject's centre in each of the frames it was `seen` in, [N, (y, x)] in pixels."""
        centres = [ndimage.center_of_mass(self.frames[index] > 0) for index in self.seen]
        return np.array(centres, dtype=float).reshape(-1, 2)


def find_subject(video_THW3: np.ndarray) -> Subject:
    """What of a uint8 clip [T, H, W, 3] differs from the background that it is most like."""
    video = video_THW3.astype(np.float32)
    height, width = video.shape[1:3]
    background, unlikeness = _nearest_background(video)
    difference_THW = np.linalg.norm(video - paint_background(background, height, width), axis=-1)
    smallest = _SMALLEST_PART * (min(height, width) / 64) ** 2
    frames = [_parts(frame > _SUBJECT_DIFFERENCE, smallest) for frame in difference_THW]
    seen = [index for index, parts in enumerate(frames) if parts.max() > 0]
    return Subject(background, unlikeness, frames, seen)


def check_clip(video_THW3: np.ndarray, subject: Subject | None = None) -> Finding:
    """What a uint8 clip [T, H, W, 3] shows; `subject` where it was found already."""
    subject = find_subject(video_THW3) if subject is None else subject
    frames, seen = subject.frames, subject.seen
    if subject.unlikeness > UNLIKE_ANY_BACKGROUND:
        return Finding(background=None)
    if len(seen) < 0.7 * len(frames):
        return Finding(background=subject.background)
    counts = [int(frames[index].max()) for index in seen]
    motion, speed = _motion(subject, min(video_THW3.shape[1:3]) / 64)
    return Finding(
        background=subject.background,
        colour=_colour(video_THW3.astype(np.float32), frames, seen),
        shape=_shape(frames, seen),
        count=int(np.median(counts)),
        motion=motion,
        speed=speed,
    )


def _nearest_background(video_THW3: np.ndarray) -> tuple[str, float]:
    """The background that differs least, differences cut off so that a subject cannot outweigh the
    rest.
    """
    height, width = video_THW3.shape[1:3]
    sample = video_THW3[:: max(1, len(video_THW3) // 4)]
    unlikeness = {
        name: float(np.minimum(np.abs(sample - paint_background(name, height, width)), 60.0).mean())
        for name in BACKGROUNDS
    }
    best = min(unlikeness, key=lambda name: unlikeness[name])
    return best, unlikeness[best]


def _parts(mask_HW: np.ndarray, smallest: float) -> np.ndarray:
    """Numbered connected parts (0 is none), thin bridges cut, crumbs dropped, holes kept."""
    opened = ndimage.binary_opening(mask_HW, np.ones((2, 2), bool))
    labels, num_labels = ndimage.label(opened)
    kept: np.ndarray = np.zeros(labels.shape, np.uint8)
    number = 0
    for label in range(1, num_labels + 1):
        part = labels == label
        if part.sum() >= smallest:
            number += 1
            kept[part] = number
    return kept


def _motion(subject: Subject, scale: float) -> tuple[str | None, str | None]:
    frames, centres = subject.frames, subject.centres
    times = np.array(subject.seen, dtype=float)
    bounces = find_bounces(times, centres[:, 0] / scale)
    low, high = np.percentile(centres / scale, (5, 95), axis=0)
    if len(bounces) and high[0] - low[0] > BOUNCE_ABOVE > high[1] - low[1]:
        beat = float(np.diff(bounces).mean()) if len(bounces) > 1 else float(len(frames))
        return "bounce", "fast" if beat < FAST_BEAT_BELOW else "slow"
    (slope_y, slope_x), start = np.polyfit(times, centres, 1)
    fitted = times[:, None] * np.array([slope_y, slope_x]) + start
    if np.sqrt(((centres - fitted) ** 2).sum(1).mean()) > 5.0 * scale:
        return None, None
    travel = np.array([slope_x, slope_y]) * (len(frames) - 1) / scale
    length = float(np.hypot(*travel))
    if length < STILL_BELOW:
        return "still", "slow"
    motion = max(MOTIONS, key=lambda name: float(travel @ np.array(MOTIONS[name])))
    return motion, "fast" if length > FAST_ABOVE else "slow"


def _lab(colour_N3: np.ndarray) -> np.ndarray:
    """sRGB 0..255 to CIE Lab (D65)."""
    share = np.asarray(colour_N3, dtype=np.float64) / 255.0
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = linear @ to_xyz.T / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack(
        [116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1
    )


def _colour(video_THW3: np.ndarray, frames: list[np.ndarray], seen: list[int]) -> str:
    """The palette colour nearest to most inner pixels (the rim is darker, and mixed with what lies
    behind).
    """
    names = list(COLOURS)
    palette = _lab(np.array([COLOURS[name] for name in names]))
    votes: Counter[str] = Counter()
    for index in seen[:: max(1, len(seen) // 8)]:
        mask = frames[index] > 0
        inner = ndimage.binary_erosion(mask)
        lab = _lab(video_THW3[index][inner if inner.any() else mask])
        # Lightness counts half: the shapes are lit from above.
        distance = np.linalg.norm(
            (lab[:, None] - palette[None]) * np.array([0.5, 1.0, 1.0]), axis=-1
        )
        votes.update(names[choice] for choice in distance.argmin(1))
    return votes.most_common(1)[0][0]


@lru_cache(maxsize=4096)
def _drawn(shape: str, area: int, size: int, shift: float) -> np.ndarray:
    """A shape of about the given area, centred by its centre of mass in a square of `size` pixels.

    `shift` moves it against the pixel grid before it is sampled: squares of odd and even sides need
    different ones.
    """
    import torch

    span = torch.arange(size) + 0.5 - size / 2 + shift
    x, y = span[None, :].expand(size, size), span[:, None].expand(size, size)
    low, high = 1.0, float(size)
    for _ in range(14):
        radius = (low + high) / 2
        small = int((signed_distance(shape, x, y, radius) < 0).sum()) < area
        low, high = (radius, high) if small else (low, radius)
    return _centred((signed_distance(shape, x, y, high) < 0).numpy(), size)


def _centred(mask_HW: np.ndarray, size: int) -> np.ndarray:
    rows, columns = (round(value) for value in ndimage.center_of_mass(mask_HW))
    half = size // 2
    return np.pad(mask_HW, half)[rows : rows + size, columns : columns + size]


def _shape(frames: list[np.ndarray], seen: list[int]) -> str | None:
    """The shape whose drawing of equal area overlaps best, over parts that do not touch the
    picture's edge.
    """
    scores = np.zeros(len(SHAPES))
    for index in seen[:: max(1, len(seen) // 8)]:
        labels = frames[index]
        for number in range(1, labels.max() + 1):
            part = labels == number
            if part[0].any() or part[-1].any() or part[:, 0].any() or part[:, -1].any():
                continue
            size = 2 * int(np.sqrt(part.sum()) * 1.6)
            mine = _centred(part, size)
            area = int(part.sum())
            drawn = [_drawn(name, area, size, shift) for name in SHAPES for shift in (0.0, 0.5)]
            scores += _overlaps(mine, np.stack(drawn)).reshape(len(SHAPES), 2).max(1)
    return SHAPES[int(scores.argmax())] if scores.any() else None


def _overlaps(mask_HW: np.ndarray, drawn_KHW: np.ndarray) -> np.ndarray:
    """Intersection over union with each drawing, at the best of nine shifts by a pixel: whole
    pixels cannot centre a shape better.
    """
    shifts = [(rows, columns) for rows in (-1, 0, 1) for columns in (-1, 0, 1)]
    moved_SN = np.stack([np.roll(mask_HW, shift, (0, 1)).ravel() for shift in shifts])
    drawn_KN = drawn_KHW.reshape(len(drawn_KHW), -1)
    both_SK = (moved_SN.astype(np.float32) @ drawn_KN.T.astype(np.float32)).astype(np.float64)
    either_SK = mask_HW.sum() + drawn_KN.sum(1) - both_SK
    overlaps: np.ndarray = (both_SK / np.maximum(1.0, either_SK)).max(0)
    return overlaps
