"""A reference video is judged by calibrated encoders alone; weak evidence decides nothing."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.trust.vision.made.statistics import REFERENCE
from engine.trust.vision.made.watch import Found, MadeWatch
from engine.trust.vision.made.weak_evidence import WeakEvidence
from tests.engine.trust.vision import tiny
from tests.engine.trust.vision.tiny import Video, scenes


def judge(video: Video, files: str = "") -> Found:
    watch = MadeWatch(files, len(video), Fraction(8))
    watch.see(video)
    return watch.end()


def test_without_an_encoder_there_is_no_number_at_all() -> None:
    found = judge(scenes(20, 200))
    assert found.assessment.status == "not assessed"
    assert found.assessment.scores == {}


def test_weak_evidence_is_words_that_name_themselves_weak() -> None:
    weak = judge(scenes(20, 200)).weak
    assert all(name.startswith("weak evidence") for name in weak)
    assert all(isinstance(text, str) for text in weak.values())
    assert weak["weak evidence, worth"].endswith("it decides nothing")


def test_a_video_too_short_for_a_second_difference_is_not_assessed(dino: Path) -> None:
    path = tiny.calibration(dino, unsafe=["d3"], several=True)
    assert judge(scenes(20, each=3), path).assessment.why == "it has fewer than 4 frames"
    assert judge(scenes(20, each=6), path).assessment.assessed


def test_a_calibration_of_something_else_is_refused(dino: Path) -> None:
    with pytest.raises(InvalidInput, match="not one of an encoder"):
        judge(scenes(20), tiny.calibration(dino, "other.json", unsafe=["bad"]))
    (dino / REFERENCE).unlink(missing_ok=True)  # the folder is shared with other tests
    with pytest.raises(InvalidInput, match="what recordings look like"):
        judge(scenes(20), tiny.calibration(dino, "none.json", unsafe=["stall"], several=True))


def test_a_beat_is_found_where_there_is_one() -> None:
    seconds = np.arange(80) / 8
    video = np.full((80, 16, 16, 3), 100, np.uint8)
    video[..., 1] += (10 * np.sin(2 * np.pi * 1.2 * seconds))[:, None, None].astype(np.uint8)
    evidence = WeakEvidence(80, Fraction(8))
    evidence.see(video)
    assert evidence.end()["weak evidence, pulse"] == "something like 72 beats a minute"
    short = WeakEvidence(8, Fraction(8))
    short.see(video[:8])
    assert "too short" in short.end()["weak evidence, pulse"]


def test_noise_falls_off_less_than_a_smooth_picture() -> None:
    slopes = []
    for spread in (0, 60):
        evidence = WeakEvidence(1, Fraction(8))
        ramp = np.linspace(0, 190, 64)[None, None, :, None] + np.zeros((1, 64, 64, 3))
        noise = np.random.default_rng(0).uniform(0, spread, ramp.shape)
        evidence.see((ramp + noise).astype(np.uint8))
        slopes.append(float(evidence.end()["weak evidence, spectrum"].rpartition(" ")[2]))
    assert slopes[1] > slopes[0]
