"""Fitting pictures into a size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from engine.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Fit = Literal["stretch", "crop", "pad"]
Method = Literal["auto", "area", "lanczos", "bilinear", "nearest"]

FIT_HELP: Final = (
    "Where the proportions differ: 'stretch' distorts, 'crop' cuts off what sticks out, "
    "'pad' adds black bars."
)
METHOD_HELP: Final = (
    "'auto' averages areas to shrink and uses Lanczos to enlarge; Lanczos shimmers if it shrinks "
    "to less than half; 'nearest' keeps pixels hard."
)


@dataclass(frozen=True)
class Scaling:
    """How a picture of one size becomes one of another; all sizes are (height, width) in pixels.

    `inner` is what the cut-out `source` (top, left, height, width) is scaled to, and it stands
    in the middle of `outer`.
    """

    source: tuple[int, int, int, int]
    inner: tuple[int, int]
    outer: tuple[int, int]
    method: Method

    def __call__(self, pixels_HWC: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Scale one picture of shape (height, width, 3)."""
        import cv2
        import numpy as np

        top, left, height, width = self.source
        cut_HWC = np.ascontiguousarray(pixels_HWC[top : top + height, left : left + width])
        codes = {
            "area": cv2.INTER_AREA,
            "lanczos": cv2.INTER_LANCZOS4,
            "bilinear": cv2.INTER_LINEAR,
            "nearest": cv2.INTER_NEAREST,
        }
        scaled = cv2.resize(cut_HWC, self.inner[::-1], interpolation=codes[self._code()])
        if self.inner == self.outer:
            return np.asarray(scaled, np.uint8)
        padded = np.zeros((*self.outer, 3), np.uint8)
        y, x = ((self.outer[axis] - self.inner[axis]) // 2 for axis in (0, 1))
        padded[y : y + self.inner[0], x : x + self.inner[1]] = scaled
        return padded

    def _code(self) -> str:
        if self.method != "auto":
            return self.method
        shrinks = self.inner[0] < self.source[2] or self.inner[1] < self.source[3]
        return "area" if shrinks else "lanczos"


def scaling(size: tuple[int, int], wanted: tuple[int, int], fit: Fit, method: Method) -> Scaling:
    """Plan the way from `size` to `wanted`, both (height, width).

    A wanted length of 0 follows from the other by the proportions.  Raises InvalidInput if both
    are 0.
    """
    height, width = size
    outer = _completed(size, wanted)
    whole = (0, 0, height, width)
    if fit == "stretch":
        return Scaling(whole, outer, outer, method)
    if fit == "pad":
        share = min(outer[0] / height, outer[1] / width)
        inner = (_at_least_one(height * share), _at_least_one(width * share))
        return Scaling(whole, inner, outer, method)
    share = max(outer[0] / height, outer[1] / width)
    kept = (
        min(height, _at_least_one(outer[0] / share)),
        min(width, _at_least_one(outer[1] / share)),
    )
    source = ((height - kept[0]) // 2, (width - kept[1]) // 2, *kept)
    return Scaling(source, outer, outer, method)


def _completed(size: tuple[int, int], wanted: tuple[int, int]) -> tuple[int, int]:
    height, width = wanted
    if not height and not width:
        raise InvalidInput(
            "Both width and height are 0.", remedy="Set at least one of them; 0 keeps proportions."
        )
    return (
        height or _at_least_one(size[0] * width / size[1]),
        width or _at_least_one(size[1] * height / size[0]),
    )


def _at_least_one(length: float) -> int:
    return max(1, round(length))
