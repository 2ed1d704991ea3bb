"""Where a picture lies in the surface: fitted, or zoomed and moved; pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

MIN_ZOOM: Final = 1 / 32
MAX_ZOOM: Final = 64.0

NEAREST_FROM: Final = 2.0
"""From this zoom on pixels are shown as squares."""


class Point(NamedTuple):
    x: float
    y: float


class Size(NamedTuple):
    width: float
    height: float


class Rect(NamedTuple):
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Framing:
    """`zoom` is device pixels a picture pixel, None to fit; `center` is the picture's point in the
    middle of the area, in picture pixels, None for its own middle.

    Pictures and areas are sizes in picture and device pixels.
    """

    zoom: float | None = None
    center: Point | None = None

    def scale(self, picture: Size, area: Size) -> float:
        """Device pixels a picture pixel."""
        return fit(picture, area) if self.zoom is None else self.zoom

    def rect(self, picture: Size, area: Size) -> Rect:
        """Where the picture lies in the area; at whole pixels, so that 1:1 is sharp."""
        scale = self.scale(picture, area)
        middle = self.center or Point(picture.width / 2, picture.height / 2)
        left = round(area.width / 2 - middle.x * scale)
        top = round(area.height / 2 - middle.y * scale)
        return Rect(left, top, round(picture.width * scale), round(picture.height * scale))

    def to_picture(self, at: Point, picture: Size, area: Size) -> Point:
        """The picture's point under a point of the area; may lie outside of the picture."""
        scale, rect = self.scale(picture, area), self.rect(picture, area)
        return Point((at.x - rect.x) / scale, (at.y - rect.y) / scale)

    def zoomed(self, factor: float, at: Point, picture: Size, area: Size) -> Framing:
        """Nearer or farther, with the point under the cursor kept where it is."""
        old = self.scale(picture, area)
        new = min(max(old * factor, MIN_ZOOM), MAX_ZOOM)
        middle = self.center or Point(picture.width / 2, picture.height / 2)
        # Not by way of the painted rectangle: what is rounded there would add up.
        nearer = 1 / old - 1 / new
        center = Point(
            middle.x + (at.x - area.width / 2) * nearer,
            middle.y + (at.y - area.height / 2) * nearer,
        )
        return Framing(new, _held_in(center, picture))

    def panned(self, dx: float, dy: float, picture: Size, area: Size) -> Framing:
        """Moved by device pixels; a fitted picture is let go first."""
        scale = self.scale(picture, area)
        middle = self.center or Point(picture.width / 2, picture.height / 2)
        center = Point(middle.x - dx / scale, middle.y - dy / scale)
        return replace(self, zoom=scale, center=_held_in(center, picture))


def fit(picture: Size, area: Size) -> float:
    """The scale at which the whole picture is seen."""
    if min(*picture, *area) <= 0:
        return 1.0
    return min(area.width / picture.width, area.height / picture.height)


def _held_in(center: Point, picture: Size) -> Point:
    """No farther than the picture's edge in the middle: it cannot be lost."""
    return Point(min(max(center.x, 0), picture.width), min(max(center.y, 0), picture.height))


def wanted_size(framing: Framing, picture: Size, area: Size) -> tuple[int, int]:
    """The size in which frames are to be delivered, so that painting is cheap.

    The size shown, where all of it is seen and pixels are not squares yet; else, and from 1:1 on,
    the picture's own.
    """
    own = max(1, int(picture.width)), max(1, int(picture.height))
    scale, rect = framing.scale(picture, area), framing.rect(picture, area)
    whole = rect.width <= area.width and rect.height <= area.height
    if scale < 1 or (whole and scale < NEAREST_FROM):
        return max(1, int(rect.width)), max(1, int(rect.height))
    return own
