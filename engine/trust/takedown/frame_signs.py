"""Perceptual hashes of single frames: the signs of low frequencies, where they are strong enough.

As in PDQ ("The TMK+PDQF video-hashing algorithm and the PDQ image-hashing algorithm", Facebook,
2019) a frame is made small and square and its low DCT frequencies are kept as signs alone.  Beyond
it: colour is hashed too, a frequency too weak to survive a re-encode counts as 0 instead of a
chance sign, and a registered frame is hashed as a whole and cut to 95 % and 90 % at many places,
so that a cropped copy meets a hash of its own cut.  The picture cannot be had back: only where
light and dark lie in broad strokes, as in every perceptual hash.

Shapes: W windows, F frequencies (of luma, then of the two chromas), S pixels a side, C colours.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Coefficients: TypeAlias = NDArray[np.float32]
    Signs: TypeAlias = NDArray[np.int8]
    Shrunk: TypeAlias = NDArray[np.uint8]

SIDE: Final = 80
"""Frames are made squares of so many pixels first."""

_LUMA: Final = 16
_CHROMA: Final = 8
NUM_FREQUENCIES: Final = _LUMA**2 - 1 + 2 * _CHROMA**2

# A window is (scale, place of its left, place of its top), in shares of the side.  Neighbours lie
# so close that the nearest one is never more than 1.25 % off.
_CUTS: Final = {1.0: (0.0,), 0.95: (0.0, 0.025, 0.05), 0.9: (0.0, 0.025, 0.05, 0.075, 0.1)}

WINDOWS: Final = tuple(
    (scale, left, top) for scale, places in _CUTS.items() for top in places for left in places
)
NUM_WINDOWS: Final = len(WINDOWS)

WEAKEST: Final = 0.5
"""Grey levels that a frequency must have to count."""


def shrunk(frame_HWC: NDArray[np.uint8]) -> Shrunk:
    """A frame made small and square, in luma and two chromas, of shape (SIDE, SIDE, 3)."""
    import cv2
    import numpy as np

    height, width = frame_HWC.shape[:2]
    shrinks = height >= SIDE and width >= SIDE
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    small = cv2.resize(np.ascontiguousarray(frame_HWC), (SIDE, SIDE), interpolation=how)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2YCrCb), np.uint8)


def frequencies(shrunk_SSC: Shrunk) -> Coefficients:
    """The low frequencies of a whole frame, in grey levels, of shape (F,)."""
    planes = _planes(shrunk_SSC)
    return _join([_transform(plane, 1.0, 0.0, 0.0, n) for plane, n in planes])


def windowed_frequencies(shrunk_SSC: Shrunk) -> Coefficients:
    """The low frequencies of every window of a frame, of shape (W, F); the first is the whole."""
    import numpy as np

    planes = _planes(shrunk_SSC)
    return np.stack(
        [_join([_transform(plane, *window, n) for plane, n in planes]) for window in WINDOWS]
    )


def signs(coefficients: Coefficients) -> Signs:
    """+1, -1, or 0 where there is too little to tell."""
    import numpy as np

    strong: Signs = (coefficients > WEAKEST).astype(np.int8)
    strong -= coefficients < -WEAKEST
    return strong


@cache
def mirrored() -> Signs:
    """What turns the signs of a frame into those of its mirror image, of shape (F,)."""
    import numpy as np

    flips = [np.tile((-1) ** np.arange(n), (n, 1)).ravel() for n in (_LUMA, _CHROMA, _CHROMA)]
    return np.concatenate([flips[0][1:], *flips[1:]]).astype(np.int8)


@cache
def lowest() -> NDArray[np.bool_]:
    """The frequencies that a first, quick look compares: of shape (F,)."""
    import numpy as np

    chosen = []
    for count, most in ((_LUMA, 6), (_CHROMA, 4), (_CHROMA, 4)):
        order = np.arange(count)
        chosen.append((np.maximum(order[:, None], order) < most).ravel())
    return np.concatenate([chosen[0][1:], *chosen[1:]])


def _planes(shrunk_SSC: Shrunk) -> list[tuple[Coefficients, int]]:
    import numpy as np

    colours = shrunk_SSC.astype(np.float32)
    return [
        (colours[..., 0], _LUMA),
        (colours[..., 1] - 128, _CHROMA),
        (colours[..., 2] - 128, _CHROMA),
    ]


def _transform(
    plane: Coefficients, scale: float, left: float, top: float, count: int
) -> Coefficients:
    import numpy as np

    transformed = _basis(scale, top, count) @ plane @ _basis(scale, left, count).T
    return np.asarray(transformed, np.float32)


def _join(parts: list[Coefficients]) -> Coefficients:
    import numpy as np

    luma, *chromas = parts
    return np.concatenate([luma.ravel()[1:], *(chroma.ravel() for chroma in chromas)])


@cache
def _basis(scale: float, place: float, count: int) -> Coefficients:
    """Cosines over a cut of the side, of shape (frequency, SIDE); the mean alone has weight 1."""
    import numpy as np

    position = (np.arange(SIDE) + 0.5) / SIDE
    within = (position - place) / scale
    # How much of each pixel lies in the cut.
    edges = np.arange(SIDE + 1) / SIDE
    share = np.clip(edges[1:], place, place + scale) - np.clip(edges[:-1], place, place + scale)
    weight = share / share.sum()
    waves = np.cos(np.pi * np.arange(count)[:, None] * within[None]) * weight
    waves[1:] *= np.sqrt(2)
    return np.asarray(waves, np.float32)
