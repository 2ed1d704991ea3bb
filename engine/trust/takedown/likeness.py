"""The second look at a candidate: how far what is shown is from what is kept, field by field.

A copy is the kept frames seen through some view, brighter or darker, and blurred by encoding and
scaling: light less so than colour, of which less is encoded.  The view and the blur are found
first; what is left then is noise in a copy, and in anything else the thing that is not the same.

Shapes: K frames, S pixels a side, G fields a side, C colours (luma and two chromas), N fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.trust.takedown.alignment import View, aligned, fields_seen, fields_shown

if TYPE_CHECKING:
    from engine.trust.takedown.alignment import Floats
    from engine.trust.takedown.frame_signs import Shrunk
    from engine.trust.takedown.layout import Layout

_WORST: Final = 3
"""Fields of a frame that differ most; one small thing covers about so many."""
_WEIGHTS: Final = (1.0, 0.5, 0.5)
"""Of the squares of luma and chromas: colour is what encoding takes first."""
_BLURRED_ALIKE: Final = (slice(0, 1), slice(1, 3))
"""Luma, and both chromas."""
_BLURRED: Final = (-0.1, 0.7)
"""How far a field can have gone towards the mean of its neighbours; below 0 it was sharpened."""
_NOISE: Final = 4.0
"""Levels of a difference at which it counts half in finding the blur."""
_ROUNDS: Final = 3
_COARSE: Final = 3.0
"""Levels by which a copy differs for the steps in which colours are kept, and its encoding."""


class Unlikeness(NamedTuple):
    """By how many levels the fields of a frame that differ most do so.

    `depth` is by how many those that stand out most in what is kept do so, `blur` how far the light
    of all went towards the mean of their neighbours: 0 is sharp, but in a smooth frame the steps of
    what is kept look like blur too.
    """

    levels: float
    depth: float
    blur: float

    @property
    def share(self) -> float:
        """What differs, beyond the coarseness of what is kept, of what stands out."""
        coarse = min(_COARSE, self.depth / 4)
        return max(0.0, self.levels - coarse) / max(self.depth, 1e-6)


def unlikeness(
    kept_KGGC: Layout, shown_KSSC: Shrunk, window: tuple[float, float, float]
) -> Unlikeness:
    """What is kept against what is shown, seen through a window (scale, left, top) or near it.

    A change of all fields alike, such as of brightness, is none.
    """
    import numpy as np

    kept, shown = kept_KGGC.astype(np.float32), shown_KSSC.astype(np.float32)
    view = aligned(kept, shown, View.of(window))
    seen_GG = fields_seen(view)
    apart_KNC = (fields_shown(shown, view) - kept)[:, seen_GG]
    apart_KNC -= np.median(apart_KNC, axis=(0, 1))
    softer_KNC = (_softened(kept) - kept)[:, seen_GG]
    blurs = [_blur(softer_KNC[..., each], apart_KNC[..., each]) for each in _BLURRED_ALIKE]
    for each, blur in zip(_BLURRED_ALIKE, blurs, strict=True):
        apart_KNC[..., each] -= blur * softer_KNC[..., each]
    inner_KNC = kept[:, seen_GG]
    inner_KNC -= np.median(inner_KNC, axis=(0, 1))
    return Unlikeness(_worst(apart_KNC), _worst(inner_KNC), blurs[0])


def _worst(apart_KNC: Floats) -> float:
    import numpy as np

    distances_KN = np.sqrt(np.square(apart_KNC) @ np.array(_WEIGHTS, np.float32))
    return float(np.sort(distances_KN, axis=1)[:, -_WORST:].mean())


def _blur(softer: Floats, apart: Floats) -> float:
    """How much blur explains most of a difference, by least squares that great ones bend less."""
    import numpy as np

    amount, weights = 0.0, np.ones_like(apart)
    for _ in range(_ROUNDS):
        fitted = float((weights * softer * apart).sum())
        amount = fitted / (float((weights * softer * softer).sum()) + 1e-3 * softer.size)
        amount = min(max(amount, _BLURRED[0]), _BLURRED[1])
        left = np.abs(apart - amount * softer)
        weights = np.asarray(1 / (1 + left / _NOISE), np.float32)
    return amount


def _softened(kept_KGGC: Floats) -> Floats:
    """Every field as the mean of itself and its neighbours."""
    import numpy as np

    count, side = kept_KGGC.shape[0], kept_KGGC.shape[1]
    padded = np.pad(kept_KGGC, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    total = np.zeros((count, side, side, kept_KGGC.shape[3]), np.float32)
    for down in range(3):
        for across in range(3):
            total += padded[:, down : down + side, across : across + side]
    total /= 9
    return total
