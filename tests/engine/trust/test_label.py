"""The label stays readable on any picture, in a corner, in the languages of the policy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.trust.label import SHORT, Label, languages, stamp

LOCALES = Path(__file__).parents[3] / "assets" / "policy"


def luminance(level: float) -> float:
    """Relative luminance of a grey (WCAG 2.2)."""
    return float(((level / 255 + 0.055) / 1.055) ** 2.4)


def test_every_language_of_the_policy_has_a_label() -> None:
    spoken = {path.name.split(".")[1] for path in LOCALES.glob("locale.*.toml")}
    assert set(languages()) == spoken | {"en"}


@pytest.mark.parametrize("language", languages())
def test_every_language_is_drawn_with_letters_of_its_own(language: str) -> None:
    drawn = stamp(Label(language), 720, 1280)
    unknown = stamp(Label(), 720, 1280)
    assert drawn is not None
    assert unknown is not None
    assert drawn.color.max() == 255
    assert language == "en" or drawn.text != unknown.text


@pytest.mark.parametrize("background", [0, 128, 255])
def test_letters_stand_out_on_any_background(background: int) -> None:
    frames_THWC = np.full((2, 360, 640, 3), background, np.uint8)
    drawn = stamp(Label(), 360, 640)
    assert drawn is not None
    shown = drawn.on(frames_THWC)[1]
    height, width = drawn.color.shape[:2]
    box = shown[drawn.top : drawn.top + height, drawn.left : drawn.left + width, 0]
    contrast = (luminance(float(box.max())) + 0.05) / (luminance(float(box.min())) + 0.05)
    assert contrast >= 7
    assert (frames_THWC == background).all(), "a frame belongs to who made it"


@pytest.mark.parametrize("corner", ["top-left", "top-right", "bottom-left", "bottom-right"])
def test_it_stands_in_its_corner_and_nowhere_else(corner: str) -> None:
    frame = np.full((1, 240, 320, 3), 200, np.uint8)
    drawn = stamp(Label(corner=corner), 240, 320)  # type: ignore[arg-type]
    assert drawn is not None
    rows, columns = np.nonzero((drawn.on(frame) != frame).any(axis=3)[0])
    assert ("top" in corner) == (rows.max() < 120)
    assert ("left" in corner) == (columns.max() < 160)


def test_its_size_follows_the_height() -> None:
    small, large = (stamp(Label(), height, 2 * height) for height in (360, 1080))
    assert small is not None
    assert large is not None
    assert large.color.shape[0] == pytest.approx(3 * small.color.shape[0], rel=0.15)


def test_small_pictures_get_the_short_form_and_tiny_ones_none() -> None:
    short = stamp(Label("tr"), 64, 64)
    assert short is not None
    assert short.text == SHORT
    assert stamp(Label(), 16, 16) is None


def test_a_language_that_is_missing_is_named() -> None:
    with pytest.raises(InvalidInput, match="language 'xx'"):
        stamp(Label("xx"), 64, 64)
