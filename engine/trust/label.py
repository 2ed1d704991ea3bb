"""The visible label that tells people that they see something made by a model.

The EU's AI Act, Article 50, asks that whoever publishes a deep fake discloses it; a label that
stays readable on any picture, from the first frame to the last, does so.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import InvalidInput

Corner = Literal["top-left", "top-right", "bottom-left", "bottom-right"]

SHORT: Final = "AI"
"""What is shown where the whole text does not fit."""

_SMALLEST_TEXT: Final = 9
"""Pixels of height below which letters cannot be read."""
_MOST_OF_WIDTH: Final = 0.6
_DARK: Final = 0.72
"""How much of the picture the box hides: white letters keep 8:1 even over white."""
_BOLD: Final = 500


@dataclass(frozen=True)
class Label:
    """What the label says and where it stands; `size` is its letters' share of the height."""

    language: str = "en"
    corner: Corner = "bottom-right"
    size: float = 0.04


@dataclass(frozen=True, eq=False)
class Stamp:
    """A label drawn for frames of one size: `color` over what `kept` lets through of them.

    Both have the shape (height, width, 3) of the box whose upper left is at `top`, `left`.
    """

    text: str
    top: int
    left: int
    color: NDArray[np.float32]
    kept: NDArray[np.float32]

    def on(self, frames_THWC: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Copies of RGB frames of shape (time, height, width, 3) with the label."""
        stamped = frames_THWC.copy()
        height, width = self.color.shape[:2]
        box = stamped[:, self.top : self.top + height, self.left : self.left + width]
        box[:] = (box * self.kept + self.color + np.float32(0.5)).astype(np.uint8)
        return stamped


def languages() -> tuple[str, ...]:
    """The languages that a label can be asked for in."""
    return tuple(_texts())


def stamp(label: Label, height: int, width: int) -> Stamp | None:
    """A label for frames of a size; None where not even its short form could be read.

    Raises InvalidInput for a language that is not there.
    """
    texts = _texts()
    if label.language not in texts:
        raise InvalidInput(
            f"There is no label in the language '{label.language}'.",
            remedy=f"Use one of {', '.join(texts)}.",
        )
    letters = max(_SMALLEST_TEXT, round(label.size * height))
    for text in (texts[label.language], SHORT):
        mask = _drawn(text, letters)
        room = mask.shape[0] * 2 <= height and mask.shape[1] <= _MOST_OF_WIDTH * width
        if room:
            return _placed(text, mask, label.corner, letters // 2, (height, width))
    return None


def _placed(
    text: str, mask: NDArray[np.float32], corner: Corner, margin: int, size: tuple[int, int]
) -> Stamp:
    height, width = mask.shape
    margin = min(margin, size[0] - height, size[1] - width)
    top = margin if corner.startswith("top") else size[0] - height - margin
    left = margin if corner.endswith("left") else size[1] - width - margin
    white = np.repeat(mask[:, :, None], 3, axis=2)
    return Stamp(text, top, left, 255 * white, (1 - white) * np.float32(1 - _DARK))


def _drawn(text: str, letters: int) -> NDArray[np.float32]:
    """How white each pixel of the box is, 0 to 1, with half a letter's height of room around."""
    font = cv2.FontFace("sans")  # drawn by OpenCV itself: no font of the system is asked
    canvas = np.zeros((3 * letters, letters * (len(text) + 4), 3), np.uint8)
    at = (letters, 2 * letters)
    cv2.putText(canvas, text, at, (255, 255, 255), font, letters, _BOLD)
    rows, columns = (np.flatnonzero(canvas.any(axis=(2, other))) for other in (1, 0))
    around = max(2, letters // 3)
    shown = canvas[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1, 0]
    return np.asarray(np.pad(shown, around) / 255, np.float32)


@cache
def _texts() -> dict[str, str]:
    text = files("assets").joinpath("labels.toml").read_text("utf-8")
    return {language: str(said) for language, said in tomllib.loads(text)["texts"].items()}
