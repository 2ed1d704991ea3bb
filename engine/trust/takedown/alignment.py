"""Laying what is shown exactly over what is kept: which part of a kept frame a shown frame is.

The windows of `frame_signs.py` lie in steps, and a cut seldom falls on one.  From the nearest
window on, each of its four edges is moved, in halved steps, while what lies in the fields grows
more alike.  Only then can a small difference be told from a cut that falls between the fields.

Shapes: K frames, S pixels a side, G fields a side, C colours (luma and two chromas).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from engine.trust.takedown.frame_signs import SIDE
from engine.trust.takedown.layout import FIELDS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float32]

_STEPS: Final = (0.0125, 0.00625, 0.003125)
_SEEN: Final = 0.6
"""The share of a field that must be shown for it to be compared."""
_FAR: Final = 30.0
"""Levels beyond which a field is something else, and says nothing of where it lies."""


class View(NamedTuple):
    """The edges of what is shown, in shares of the kept frame; (0, 1, 0, 1) is all of it."""

    left: float
    right: float
    top: float
    bottom: float

    @classmethod
    def of(cls, window: tuple[float, float, float]) -> View:
        """The view through a window (scale, left, top)."""
        scale, left, top = window
        return cls(left, left + scale, top, top + scale)


def aligned(kept_KGGC: Floats, shown_KSSC: Floats, start: View) -> View:
    """The view near `start` through which the light lies most alike."""
    kept_KGG, shown_KSS = kept_KGGC[..., 0], shown_KSSC[..., 0]
    view, least = start, _apart(kept_KGG, shown_KSS, start)
    for step in _STEPS:
        for edge in View._fields:
            for move in (step, -step):
                moved = view._replace(**{edge: round(getattr(view, edge) + move, 6)})
                apart = _apart(kept_KGG, shown_KSS, moved)
                if apart < least:
                    view, least = moved, apart
                    break
    return view


def fields_shown(shown_KSSC: Floats, view: View) -> Floats:
    """What is shown, in the fields of what is kept, of shape (K, G, G, C)."""
    import numpy as np

    down, across = _weights(view.top, view.bottom)[0], _weights(view.left, view.right)[0]
    rows = np.einsum("gs,kstc->kgtc", down, shown_KSSC, optimize=True)
    return np.asarray(np.einsum("gt,kstc->ksgc", across, rows, optimize=True), np.float32)


def fields_seen(view: View) -> NDArray[np.bool_]:
    """The fields of what is kept that are shown, of shape (G, G)."""
    import numpy as np

    down, across = _weights(view.top, view.bottom)[1], _weights(view.left, view.right)[1]
    return np.outer(down >= _SEEN, across >= _SEEN)


def _apart(kept_KGG: Floats, shown_KSS: Floats, view: View) -> float:
    import numpy as np

    down, across = _weights(view.top, view.bottom)[0], _weights(view.left, view.right)[0]
    apart = (down @ shown_KSS @ across.T - kept_KGG)[:, fields_seen(view)]
    apart -= np.median(apart)
    return float(np.minimum(np.abs(apart), _FAR).mean())


@lru_cache(4096)
def _weights(begin: float, end: float) -> tuple[Floats, Floats]:
    """How much of each shown pixel lies in each field, of shape (G, S); the share of it shown."""
    import numpy as np

    edges = (np.arange(FIELDS + 1) / FIELDS - begin) / (end - begin) * SIDE
    pixels = np.arange(SIDE + 1)
    low = np.maximum(edges[:-1, None], pixels[None, :-1])
    high = np.minimum(edges[1:, None], pixels[None, 1:])
    share = np.clip(high - low, 0, None)
    whole = share.sum(1)
    weights = share / np.maximum(whole[:, None], 1e-9)
    return weights.astype(np.float32), (whole / (edges[1] - edges[0])).astype(np.float32)
