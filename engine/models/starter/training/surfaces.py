"""What a subject is made of, and how fast it turns about itself: its pixels against renderings of
its shape and colour in several materials and in all turns.

F frames, P parts, A angles of one whole turn, N values of a patch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from engine.models.starter.training.outlines import Mask
from engine.models.starter.training.scene import Scene
from engine.models.starter.training.shading import ROUND
from engine.models.starter.training.world import appearance

Drawings = tuple[NDArray[np.float32], NDArray[np.float32]]  # and what of them is well inside

_ANGLES: Final = 36
_PLAIN: Final = "plastic"
_ENOUGH: Final = 0.4  # of what tells another material from it
_RADIUS_STEP: Final = 0.25
_BLURRED: Final = 0.2  # pixels by which outlines, half covered, make radii look larger
_FASTEST: Final = 1.4  # turns in a clip
_RATE_STEP: Final = 0.05
_STANDS: Final = 0.95  # of the error without a turn: one that leaves more than that is none


def surface_of(
    video_THW3: NDArray[np.float32],
    parts: Sequence[tuple[int, Mask]],
    enlarged_T: NDArray[np.float64],
    shape: str,
    colour: str,
    radius: float,
    materials: Sequence[str],
) -> tuple[str, float]:
    """(material, turns in the clip, clockwise) of a subject by its parts, each with its frame. Of
    the materials plastic is one: what shows too little of any other is of it.

    `enlarged_T` is how much larger each frame shows things than the world, in which they have this
    radius.
    """
    radius = max(2.0, round((radius - _BLURRED) / _RADIUS_STEP) * _RADIUS_STEP)
    side = 2 * int(radius * 1.4) + 3
    patches = [_patch(video_THW3[index], part, side, enlarged_T[index]) for index, part in parts]
    mine_PN = np.stack(patches).reshape(len(patches), -1)
    share_P = np.array([index for index, _ in parts]) / max(1, len(video_THW3) - 1)
    # What is round has two halves where it turns; where it does not, that is one more way to look.
    ways = ("still", "spin") if shape in ROUND else ("still",)
    drawn = {
        (way, name): _drawn(shape, colour, name, way, radius, side)
        for way in ways
        for name in materials
    }
    inside = {key: _errors(mine_PN, *each) for key, each in drawn.items()}
    whole = inside
    if shape not in ROUND:  # whose outlines tell nothing of how they are turned
        whole = {
            key: _errors(mine_PN, each, np.ones_like(each)) for key, (each, _) in drawn.items()
        }
    turnings = {key: _best_turning(error_PA, share_P) for key, error_PA in whole.items()}
    (way, _), turning = min(turnings.items(), key=lambda item: item[1].error)
    off = {name: _along(inside[way, name], turning.place_P).mean() for name in materials}
    shown = {
        name: _how_much(off[_PLAIN] - off[name], drawn[way, name], drawn[way, _PLAIN], turning)
        for name in materials
        if name != _PLAIN
    }
    best = max(shown, key=lambda name: shown[name], default=_PLAIN)
    return best if shown.get(best, 0.0) > _ENOUGH else _PLAIN, turning.rate


def _how_much(nearer: float, drawn: Drawings, plain: Drawings, turning: _Turning) -> float:
    """How much of what tells a material from the plain one is there, of which patches are so much
    nearer to its drawings: 1 all of it, 0 nothing.

    Well inside the outlines, which are a matter of half a pixel.  What is blurred shows less of it
    than a drawing does.
    """
    drawn_AN, inner_AN = drawn
    apart_A = (np.square(drawn_AN - plain[0]) * inner_AN).sum(1) / np.maximum(1.0, inner_AN.sum(1))
    place_P = turning.place_P
    apart = _along(np.broadcast_to(apart_A, (len(place_P), _ANGLES)), place_P).mean()
    return float((nearer + apart) / (2 * apart))


@dataclass(frozen=True, eq=False)
class _Turning:
    """Turns in the clip, at which of the angles each patch is, in fractions, and how far off that
    is.
    """

    rate: float
    place_P: NDArray[np.float64]
    error: float


def _errors(
    mine_PN: NDArray[np.float32], drawn_AN: NDArray[np.float32], weight_AN: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Weighted mean square of what patches and drawings differ by, [P, A]."""
    error: NDArray[np.float32] = (
        np.square(mine_PN) @ weight_AN.T
        + (np.square(drawn_AN) * weight_AN).sum(1)
        - 2 * mine_PN @ (drawn_AN * weight_AN).T
    )
    error /= np.maximum(1.0, weight_AN.sum(1))
    return error


def _along(error_PA: NDArray[np.float32], place_P: NDArray[np.float64]) -> NDArray[np.float64]:
    """The error of each patch at its place between two angles, [..., P]."""
    low = np.floor(place_P).astype(int)
    part = place_P - low
    row = np.arange(len(error_PA))
    left, right = error_PA[row, low % _ANGLES], error_PA[row, (low + 1) % _ANGLES]
    between: NDArray[np.float64] = left * (1 - part) + right * part
    return between


def _best_turning(error_PA: NDArray[np.float32], share_P: NDArray[np.float64]) -> _Turning:
    """The steady turning that fits best, wherever it begins."""
    rates = np.arange(-_FASTEST, _FASTEST + _RATE_STEP / 2, _RATE_STEP)
    place = np.arange(_ANGLES)[:, None] + rates[:, None, None] * share_P * _ANGLES
    means = _along(error_PA, place).mean(2)  # [rates, beginnings]
    still = int(np.abs(rates).argmin())
    best = int(means.min(1).argmin())
    if means[best].min() > _STANDS * means[still].min():
        best = still
    begun = int(means[best].argmin())
    return _Turning(float(rates[best]), place[best, begun], float(means[best, begun]))


def _patch(
    frame_HW3: NDArray[np.float32], part_HW: NDArray[np.bool_], side: int, zoom: float
) -> NDArray[np.float32]:
    """What a part shows around its centre of mass, brought to the size without zoom; black around
    it.
    """
    rows, columns = np.nonzero(part_HW)
    cut = frame_HW3 * part_HW[..., None]
    middle = (side - 1) / 2
    fetch = np.array(
        [[zoom, 0, columns.mean() - zoom * middle], [0, zoom, rows.mean() - zoom * middle]]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    patch: NDArray[np.float32] = cv2.warpAffine(cut, fetch, (side, side), flags=flags)
    return patch


@lru_cache(maxsize=256)
def _drawn(
    shape: str, colour: str, material: str, motion: str, radius: float, side: int
) -> Drawings:
    """How it looks in each turn, cut out and centred as patches are, and which of these values are
    well inside the outline (1, else 0), both [A, N].
    """
    scene = Scene(
        colour, shape, 1, motion, "studio", "slow", radius, 0.0, 0.0, 0.0, material=material
    )
    size = side + 8
    span = torch.arange(size) + 0.5 - size / 2
    turn = torch.arange(_ANGLES) * (2 * torch.pi / _ANGLES)
    shown, cover = appearance(
        scene, span[None, None, :], span[None, :, None], torch.ones(_ANGLES), turn
    )
    pictures, insides = shown.numpy(), (cover > 0.5).numpy()
    drawn, inner = [], []
    for picture, inside in zip(pictures, insides, strict=True):
        drawn.append(_patch(picture, inside, side, 1.0).ravel())
        well = ndimage.binary_erosion(inside)[..., None].repeat(3, 2).astype(np.float32)
        inner.append(_patch(well, inside, side, 1.0).ravel())
    return np.stack(drawn), np.stack(inner)
