"""How good a clip looks, by measures that mean what VBench's do and need no networks.

VBench (arXiv:2311.17982, section 3.2) takes features from DINO, CLIP, RAFT, AMT and MUSIQ.  Here
the world is known: what differs from its backgrounds is the subject, and where the camera moves,
what the background itself changes is taken away.  Values are in 0..1 (noise in decibels), and never
to be compared with VBench's own.  A clip that stands still does best at consistency, flickering and
smoothness: the dynamic degree belongs beside them.

Shapes: T frames, H rows, W columns, F features.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.models.starter.training.backdrops import paint_background, paint_clip
from engine.models.starter.training.checker import Subject, find_subject

Floats = NDArray[np.float64]
Clip = NDArray[np.uint8]

SUBJECT: Final = "subject consistency"
BACKGROUND: Final = "background consistency"
FLICKER: Final = "temporal flickering"
SMOOTH: Final = "motion smoothness"
DYNAMIC: Final = "dynamic degree"
NOISE: Final = "imaging quality: noise"
SHARP: Final = "imaging quality: sharpness"
METRICS: Final = (SUBJECT, BACKGROUND, FLICKER, SMOOTH, DYNAMIC, NOISE, SHARP)

_PATCH: Final = 24  # pixels: what a subject is scaled to before it is described
_CELLS, _BINS = 4, 8  # of its gradients
_HUES: Final = 8  # bins of each of Lab's two colours
_GRID: Final = 8  # cells of a background, each way
# VBench's rule for RAFT's flow, of a picture whose shorter side is 256, at 8 frames a second.
_LARGEST: Final = 0.05
_MOVES_ABOVE: Final = 6.0 / 256
_PAIRS_THAT_MOVE: Final = 4 / 16
_RIM: Final = 2  # pixels around a subject that belong neither to it nor to the background


@dataclass(frozen=True, eq=False)
class _Views:
    """A clip as the measures need it; `steady_THW3` is the clip as if the camera stood still."""

    video_THW3: Clip
    steady_THW3: NDArray[np.float32]
    grey_THW: Clip
    lab_THW3: NDArray[np.float32]
    subject_THW: NDArray[np.bool_]
    near_THW: NDArray[np.bool_]  # the subject and its rim


def quality_of(
    video_THW3: Clip, clean_THW3: Clip, subject: Subject | None = None
) -> dict[str, float]:
    """Each of METRICS of a uint8 clip; the dynamic degree is 1 or 0.

    `clean_THW3` is a clean rendering of what the clip should show: how steep its outlines are is
    the measure of sharpness.  `subject` where it was found already.
    """
    subject = find_subject(video_THW3) if subject is None else subject
    views = _views(video_THW3, subject)
    clean = _views(clean_THW3, find_subject(clean_THW3))
    return {
        SUBJECT: _consistency(_subject_features(views)),
        BACKGROUND: _consistency(_background_features(views)),
        FLICKER: _steadiness(views),
        SMOOTH: _smoothness(views),
        DYNAMIC: float(_moves(views)),
        NOISE: _background_noise(views, subject.background),
        SHARP: min(1.0, _steepness(views) / max(1e-6, _steepness(clean))),
    }


def _views(video_THW3: Clip, subject: Subject) -> _Views:
    mask_THW = np.stack(subject.frames) > 0
    return _Views(
        video_THW3,
        _steady(video_THW3, subject),
        np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in video_THW3]),
        _lab(video_THW3),
        mask_THW,
        np.stack([_grown(mask, _RIM) for mask in mask_THW]),
    )


def _lab(video_THW3: NDArray[Any]) -> NDArray[np.float32]:
    bright = (frame.astype(np.float32) / 255 for frame in video_THW3)
    return np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2LAB) for frame in bright])


def _steady(video_THW3: Clip, subject: Subject) -> NDArray[np.float32]:
    """The clip with what the camera changes of the background taken away."""
    video = video_THW3.astype(np.float32)
    if subject.camera == "still":
        return video
    seen = paint_clip(subject.background, subject.camera, *video.shape[:3])
    steady: NDArray[np.float32] = video - seen
    steady += paint_background(subject.background, *video.shape[1:3])
    return steady.clip(0, 255)


def _grown(mask_HW: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    """A mask grown by so many pixels each way, or shrunk where they are negative."""
    change = cv2.dilate if pixels > 0 else cv2.erode
    around = np.ones((2 * abs(pixels) + 1,) * 2, np.uint8)
    grown: NDArray[np.bool_] = change(mask_HW.astype(np.uint8), around) > 0
    return grown


def _consistency(features_TF: Floats) -> float:
    """VBench's mean of how alike each frame is to the first and to the one before it (cosines)."""
    unit = features_TF / np.maximum(1e-9, np.linalg.norm(features_TF, axis=1, keepdims=True))
    to_first, to_last = unit[1:] @ unit[0], (unit[1:] * unit[:-1]).sum(1)
    return float(np.maximum(0.0, (to_first + to_last) / 2).mean())


def _subject_features(views: _Views) -> Floats:
    """Which way the subject's outlines run, where in its box, and which colours it has."""
    return np.stack(
        [
            _described(views.lab_THW3[index], mask) if mask.any() else np.zeros(_NUM_FEATURES)
            for index, mask in enumerate(views.subject_THW)
        ]
    )


_NUM_FEATURES: Final = _CELLS * _CELLS * _BINS + _HUES * _HUES


def _described(lab_HW3: NDArray[np.float32], mask_HW: NDArray[np.bool_]) -> Floats:
    rows, columns = np.flatnonzero(mask_HW.any(1)), np.flatnonzero(mask_HW.any(0))
    box = mask_HW[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32)
    patch = cv2.resize(np.pad(box, 2), (_PATCH, _PATCH), interpolation=cv2.INTER_AREA)
    slope_y, slope_x = np.gradient(patch)
    turn = (np.arctan2(slope_y, slope_x) / (2 * np.pi) * _BINS).astype(int) % _BINS
    place = np.arange(_PATCH) * _CELLS // _PATCH
    cell = (place[:, None] * _CELLS + place[None]) * _BINS + turn
    outline = np.bincount(cell.ravel(), np.hypot(slope_y, slope_x).ravel(), _CELLS**2 * _BINS)
    hue = ((lab_HW3[mask_HW][:, 1:] + 128) / 256 * _HUES).astype(int).clip(0, _HUES - 1)
    colours = np.bincount(hue[:, 0] * _HUES + hue[:, 1], minlength=_HUES**2).astype(float)
    parts = [part / max(1e-9, float(np.linalg.norm(part))) for part in (outline, colours)]
    return np.concatenate(parts)


def _background_features(views: _Views) -> Floats:
    """The background's mean colour in each cell of a grid, apart from a medium grey; what a subject
    hides is taken from the cell's row, as in a gradient.
    """
    free_THW = ~views.near_THW
    cells = []
    for lab, free in zip(_lab(views.steady_THW3), free_THW, strict=True):
        weight = cv2.resize(free.astype(np.float32), (_GRID, _GRID), interpolation=cv2.INTER_AREA)
        total = cv2.resize(lab * free[..., None], (_GRID, _GRID), interpolation=cv2.INTER_AREA)
        rows = total.sum(1, keepdims=True) / np.maximum(1e-3, weight.sum(1)[:, None, None])
        seen = weight[..., None] > 0.25
        cells.append(np.where(seen, total / np.maximum(1e-3, weight[..., None]), rows))
    features: Floats = (np.stack(cells) - np.array([50.0, 0.0, 0.0])).reshape(len(cells), -1)
    return features


def _steadiness(views: _Views) -> float:
    """(255 - mean absolute difference) / 255 of frames that follow each other, where nothing moves:
    VBench takes whole clips that stand still.
    """
    free = ~(views.near_THW[1:] | views.near_THW[:-1])
    change = np.abs(np.diff(views.steady_THW3, axis=0))[free]
    return float(1 - change.mean() / 255) if len(change) else 0.0


def _smoothness(views: _Views) -> float:
    """(255 - mean absolute error) / 255 of every second frame, as its neighbours foretell it: each
    is moved half of the way along the optical flow to the other.  Where something moves, that is.
    """
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    errors = []
    for index in range(1, len(views.video_THW3) - 1, 2):
        before, after = (views.video_THW3[index + step].astype(np.float32) for step in (-1, 1))
        greys = views.grey_THW[index - 1], views.grey_THW[index + 1]
        halves = [
            _moved(frame, 0.5 * flow.calc(*pair, None))
            for frame, pair in ((before, greys[::-1]), (after, greys))
        ]
        near = views.near_THW[index - 1 : index + 2].any(0)
        if near.any():
            middle = (halves[0] + halves[1]) / 2
            errors.append(np.abs(middle - views.video_THW3[index])[near].mean())
    return float(1 - np.mean(errors) / 255) if errors else 0.0


def _moved(frame_HW3: NDArray[np.float32], flow_HW2: NDArray[np.float32]) -> NDArray[np.float32]:
    """The frame as it is when each pixel is fetched from where the flow leads."""
    rows, columns = np.indices(flow_HW2.shape[:2], dtype=np.float32)
    fetched: NDArray[np.float32] = cv2.remap(
        frame_HW3, columns + flow_HW2[..., 0], rows + flow_HW2[..., 1],
        cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return fetched


def _moves(views: _Views) -> bool:
    """VBench's rule, at 8 frames a second: in a quarter of the pairs of frames the largest 5 % of
    the flow are above 6 pixels in 256, in their mean.
    """
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    greys = views.grey_THW[::2]
    largest = []
    for before, after in pairwise(greys):
        speed = np.linalg.norm(flow.calc(before, after, None), axis=-1).ravel()
        count = max(1, int(_LARGEST * speed.size))
        largest.append(float(np.partition(speed, -count)[-count:].mean()))
    limit = _MOVES_ABOVE * float(min(views.grey_THW.shape[1:]))
    return sum(value > limit for value in largest) >= _PAIRS_THAT_MOVE * len(greys)


def _background_noise(views: _Views, background: str) -> float:
    """Peak signal-to-noise ratio in decibels of what no subject hides, against the background as it
    is painted.
    """
    height, width = views.grey_THW.shape[1:]
    apart = views.steady_THW3 - paint_background(background, height, width)
    error = (
        float(np.square(apart[~views.near_THW]).mean()) if not views.near_THW.all() else 255.0**2
    )
    return float(10 * np.log10(255.0**2 / max(1e-9, error)))


def _steepness(views: _Views) -> float:
    """How steep the subject's outlines are: the 90th percentile of the gradient along them, the
    mean of every fourth frame.
    """
    found = []
    for lab, mask in zip(views.lab_THW3[::4], views.subject_THW[::4], strict=True):
        rim = _grown(mask, 1) & ~_grown(mask, -1)
        if rim.any():
            slopes = np.stack(np.gradient(lab, axis=(0, 1)))
            found.append(np.percentile(np.sqrt(np.square(slopes).sum((0, -1)))[rim], 90))
    return float(np.mean(found)) if found else 0.0
