"""A calibration is fitted on examples of the user's own and written beside the classifier."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.trust.checkpoints import read_calibration
from engine.trust.vision.calibrating import (
    Truth,
    Wanted,
    calibrated_classifier,
    calibrated_encoder,
    write_calibration,
)
from engine.trust.vision.made.watch import MadeWatch
from engine.values import Image
from tests.engine.trust.vision.tiny import Video, clip_of, scenes

WANTED = Wanted("nsfw", ("bad",), 0.1, "made up")


def pictures() -> list[Truth]:
    return [
        Truth(Image(scenes(40 if harmful else 215, each=1)[0] + np.uint8(at)), harmful)
        for at in range(12)
        for harmful in (True, False)
    ]


def moving(seed: int, unsteady: bool) -> Video:
    rng = np.random.default_rng(seed)
    video = rng.integers(0, 256, (1, 32, 32, 3)).repeat(18, 0)
    step = 60 if unsteady else 2
    return np.clip(video + rng.integers(-step, step + 1, video.shape), 0, 255).astype(np.uint8)


def test_a_picture_classifier_is_calibrated_measured_and_read_back(
    vit: Path, tmp_path: Path
) -> None:
    found = calibrated_classifier(vit, pictures(), WANTED)
    assert found.about == "nsfw"
    assert found.measured is not None
    assert found.measured.found.of == found.measured.false.of == 12
    path = write_calibration(found, tmp_path)
    assert read_calibration(path) == found


def test_videos_are_calibrated_as_they_are_watched(vit: Path) -> None:
    truths = [Truth(clip_of(scenes(level, each=3)), level < 100) for level in (20, 60, 150, 220)]
    found = calibrated_classifier(vit, truths, WANTED)
    assert found.measured is None, "too few to measure"


def test_labels_must_be_given_and_be_the_models_own(vit: Path) -> None:
    for labels in ((), ("worse",)):
        with pytest.raises(InvalidInput, match=r"'--unsafe'; it has: bad, good"):
            calibrated_classifier(vit, [], Wanted("nsfw", labels, 0.1, "x"))


def test_examples_of_one_kind_are_not_enough(vit: Path) -> None:
    with pytest.raises(InvalidInput, match="harmful and harmless"):
        calibrated_classifier(vit, pictures()[::2], WANTED)
    with pytest.raises(InvalidInput, match="sees pictures"):
        calibrated_classifier(vit, [Truth("a text", True)], WANTED)


@pytest.mark.parametrize("method", ["d3", "stall"])
def test_an_encoder_tells_steady_videos_from_unsteady_ones(dino: Path, method: str) -> None:
    truths = [Truth(clip_of(moving(seed, seed % 2 == 0)), seed % 2 == 1) for seed in range(16)]
    wanted = Wanted("ai-made", (method,), 0.2, "made up")
    found = calibrated_encoder(dino, truths, wanted, method)
    path = write_calibration(found, dino, f"{method}.json")
    if method == "d3":
        scores = []
        for unsteady in (True, False):
            clip = clip_of(moving(99, unsteady))
            watch = MadeWatch(str(path), clip.frames, clip.fps)
            watch.see(np.concatenate(list(clip)))
            scores.append(watch.end().assessment.scores["d3 with dino d3"])
        assert scores[1] > scores[0]


def test_stall_needs_recordings_and_videos(dino: Path) -> None:
    wanted = Wanted("ai-made", ("stall",), 0.2, "made up")
    with pytest.raises(InvalidInput, match="four recordings"):
        calibrated_encoder(dino, [Truth(clip_of(moving(1, True)), False)], wanted, "stall")
    with pytest.raises(InvalidInput, match="needs videos"):
        calibrated_encoder(dino, pictures(), wanted, "stall")
