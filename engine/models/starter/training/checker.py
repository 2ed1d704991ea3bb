"""Looks at a clip and says what it shows: knows the world's palette, shapes and backgrounds, and
nothing of the model.

Background and camera are found together, by comparing the clip with each empty background as each
camera shows it; the subject is what differs from it, in more than a shadow; its colour is the
palette's that its pixels are of, in whatever light, its count the connected parts, its shape the
best overlap with drawn shapes of the same area, its material and its turning the best match of
renderings (`surfaces.py`), its motion what its place in the world does (`movements.py`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.models.starter.training.backdrops import paint_clip
from engine.models.starter.training.movements import movement
from engine.models.starter.training.outlines import Mask, radius_of, shape_of, whole_parts
from engine.models.starter.training.paths import View, view
from engine.models.starter.training.scene import (
    BACKGROUNDS,
    CAMERAS,
    COLOURS,
    EXTENT,
    MATERIALS,
    Extent,
    Scene,
    drawn,
)
from engine.models.starter.training.surfaces import surface_of
from engine.models.starter.training.world import SHADOW

ATTRIBUTES = EXTENT.attributes
"""What is asked of a clip: all in which the world's scenes differ."""
UNLIKE_ANY_BACKGROUND = 24.0  # mean absolute difference, of 255
_SUBJECT_DIFFERENCE = 34.0  # Euclidean in RGB
_SMALLEST_PART = 28.0  # square pixels, for a picture 64 wide
_DARKEST_SHADOW = 1.0 - 1.1 * SHADOW  # of what it falls on
_LIGHT, _MOST_GLOSS = (0.25, 1.3), 0.6  # what light makes of a colour
_LIKE_SHADOW = 16.0  # Euclidean in RGB
# Half way between small and medium, and medium and large radii, by count; of three, which are
# always medium, what is no longer like it.
_SIZE_BORDERS = {1: (7.5, 10.9), 2: (7.0, 9.6), 3: (5.5, 9.5)}


@dataclass(frozen=True)
class Finding:
    """What a clip shows; None where it cannot be told (and then it counts as wrong)."""

    background: str | None
    colour: str | None = None
    shape: str | None = None
    count: int | None = None
    motion: str | None = None
    speed: str | None = None
    size: str | None = None
    material: str | None = None
    camera: str | None = None

    def agrees(self, scene: Scene) -> dict[str, bool]:
        """Attribute by attribute, whether the clip shows the scene."""
        return {name: getattr(self, name) == getattr(scene, name) for name in ATTRIBUTES}


@dataclass(frozen=True, eq=False)
class Subject:
    """Where a clip's subject is: numbered connected parts (0 is none) in each frame [H, W]; `seen`
    are the frames that have any.
    """

    background: str
    camera: str
    unlikeness: float
    frames: list[np.ndarray]
    seen: list[int]

    @cached_property
    def centres(self) -> NDArray[np.float64]:
        """The subject's centre in each of the frames it was `seen` in, [N, (y, x)] in pixels."""
        centres = [ndimage.center_of_mass(self.frames[index] > 0) for index in self.seen]
        return np.array(centres, dtype=float).reshape(-1, 2)

    @cached_property
    def view(self) -> View:
        """What the camera did, in the frames the subject was `seen` in."""
        return view(self.camera, len(self.frames)).at(self.seen)

    @cached_property
    def scale(self) -> float:
        """Pixels to one of a picture 64 wide."""
        return float(min(self.frames[0].shape)) / 64

    @cached_property
    def world_centres(self) -> NDArray[np.float64]:
        """Where the centres are in the world, [N, (x, y)], for a picture 64 wide."""
        return self.view.world(self._places(self.centres)[:, None])[:, 0]

    def world_parts(self) -> list[NDArray[np.float64]]:
        """The centre of each part in the world, [K, (x, y)] for each frame it was `seen` in."""
        places = []
        for row, index in enumerate(self.seen):
            labels = self.frames[index]
            numbers = range(1, int(labels.max()) + 1)
            centres = np.array(ndimage.center_of_mass(labels > 0, labels, numbers))
            places.append(self.view.at([row]).world(self._places(centres)[None])[0])
        return places

    @cached_property
    def whole_parts(self) -> list[tuple[int, Mask]]:
        """The parts that do not touch the picture's edge, each with its frame."""
        return [(index, part) for index in self.seen for part in whole_parts(self.frames[index])]

    @cached_property
    def enlarged(self) -> NDArray[np.float64]:
        """How many pixels show one of the world, in each frame."""
        return view(self.camera, len(self.frames)).zoom_T * self.scale

    def radius(self, shape: str) -> float:
        """That of the parts that are seen whole, in the world; 0 where there is none."""
        radii = [
            radius_of(shape, int(part.sum())) / self.enlarged[index]
            for index, part in self.whole_parts
        ]
        return float(np.median(radii)) if radii else 0.0

    def _places(self, centres_N2: NDArray[np.float64]) -> NDArray[np.float64]:
        """(y, x) in pixels to (x, y) in those of a picture 64 wide, whose middle is at 32."""
        middle = np.array(self.frames[0].shape) / 2 - 0.5
        return (centres_N2 - middle)[:, ::-1] / self.scale + 32.0


def find_subject(video_THW3: np.ndarray) -> Subject:
    """What of a uint8 clip [T, H, W, 3] differs from the background that it is most like."""
    video = video_THW3.astype(np.float32)
    height, width = video.shape[1:3]
    background, camera, unlikeness = _nearest_background(video)
    empty_THW3 = paint_clip(background, camera, len(video), height, width)
    difference_THW = _beyond_shadows(video, empty_THW3)
    smallest = _SMALLEST_PART * (min(height, width) / 64) ** 2
    frames = [_parts(frame > _SUBJECT_DIFFERENCE, smallest) for frame in difference_THW]
    seen = [index for index, parts in enumerate(frames) if parts.max() > 0]
    return Subject(background, camera, unlikeness, frames, seen)


def _beyond_shadows(video_THW3: np.ndarray, empty_THW3: np.ndarray) -> np.ndarray:
    """How far each pixel is from its background; not at all where that is just in a shadow."""
    along = (video_THW3 * empty_THW3).sum(-1) / np.maximum(1.0, np.square(empty_THW3).sum(-1))
    shadow_THW3 = along.clip(_DARKEST_SHADOW, 1.0)[..., None] * empty_THW3
    in_shadow = np.linalg.norm(video_THW3 - shadow_THW3, axis=-1) < _LIKE_SHADOW
    distance: np.ndarray = np.linalg.norm(video_THW3 - empty_THW3, axis=-1)
    distance[in_shadow] = 0.0
    return distance


def check_clip(
    video_THW3: np.ndarray, subject: Subject | None = None, extent: Extent = EXTENT
) -> Finding:
    """What a uint8 clip [T, H, W, 3] shows, of the materials of a world; `subject` where it was
    found already.
    """
    subject = find_subject(video_THW3) if subject is None else subject
    frames, seen = subject.frames, subject.seen
    if subject.unlikeness > UNLIKE_ANY_BACKGROUND:
        return Finding(background=None)
    if len(seen) < 0.7 * len(frames):
        return Finding(background=subject.background, camera=subject.camera)
    video = video_THW3.astype(np.float32)
    count = int(np.median([int(frames[index].max()) for index in seen]))
    colour = _colour(video, frames, seen)
    shape = shape_of([frames[index] for index in seen[:: max(1, len(seen) // 8)]])
    radius = subject.radius(shape) if shape else 0.0
    material, turns = None, 0.0
    if shape and radius:
        parts, enlarged_T = subject.whole_parts, subject.enlarged
        materials = drawn(MATERIALS, extent.materials)
        material, turns = surface_of(video, parts, enlarged_T, shape, colour, radius, materials)
    motion, speed = movement(
        np.array(seen, dtype=float), subject.world_centres, subject.world_parts(),
        len(frames) - 1.0, turns, radius,
    )  # fmt: skip
    return Finding(
        background=subject.background,
        colour=colour,
        shape=shape,
        count=count,
        motion=motion,
        speed=speed,
        size=_size(radius, count) if radius else None,
        material=material,
        camera=subject.camera,
    )


def _nearest_background(video_THW3: np.ndarray) -> tuple[str, str, float]:
    """The background and the camera that differ least, differences cut off so that a subject cannot
    outweigh the rest.
    """
    count, height, width, _ = video_THW3.shape
    picked = np.unique(np.linspace(0, count - 1, 6).round().astype(int))
    sample = video_THW3[picked]

    def unlikeness(background: str, camera: str) -> float:
        empty = paint_clip(background, camera, count, height, width)[picked]
        return float(np.minimum(np.abs(sample - empty), 60.0).mean())

    name = min(BACKGROUNDS, key=lambda name: unlikeness(name, "still"))
    told = {camera: unlikeness(name, camera) for camera in CAMERAS}
    best = min(told, key=lambda camera: told[camera])
    return name, best, told[best]


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


def _size(radius: float, count: int) -> str:
    small, large = _SIZE_BORDERS[min(3, count)]
    return "small" if radius < small else "large" if radius > large else "medium"


def _colour(video_THW3: np.ndarray, frames: list[np.ndarray], seen: list[int]) -> str:
    """The palette colour that most inner pixels are of (the rim is darker, and mixed with what lies
    behind).
    """
    names = list(COLOURS)
    votes: Counter[str] = Counter()
    for index in seen[:: max(1, len(seen) // 8)]:
        mask = frames[index] > 0
        inner = ndimage.binary_erosion(mask)
        pixels_N3 = video_THW3[index][inner if inner.any() else mask]
        off_CN = np.stack([_off_colour(pixels_N3, np.array(COLOURS[name])) for name in names])
        votes.update(names[choice] for choice in off_CN.argmin(0))
    return votes.most_common(1)[0][0]


def _off_colour(pixels_N3: np.ndarray, colour_3: np.ndarray) -> np.ndarray:
    """How far pixels are from the nearest that a colour can be: darker or lighter, and mixed with
    the white of a gloss.
    """
    basis = np.stack([colour_3, np.full(3, 255.0)])
    both_N2 = np.linalg.lstsq(basis.T, pixels_N3.T, rcond=None)[0].T
    gloss = both_N2[:, 1:].clip(0.0, _MOST_GLOSS)
    light = both_N2[:, :1]
    for _ in range(2):  # one after the other, each within its limits
        light = (pixels_N3 - gloss * 255.0) @ colour_3[:, None] / (colour_3 @ colour_3)
        light = light.clip(*_LIGHT)
        gloss = (pixels_N3 - light * colour_3).mean(1, keepdims=True) / 255.0
        gloss = gloss.clip(0.0, _MOST_GLOSS)
    off: np.ndarray = np.linalg.norm(pixels_N3 - light * colour_3 - gloss * 255.0, axis=1)
    return off
