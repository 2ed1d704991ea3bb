"""Classifiers of each matter are heard over a whole video; without one nothing is assessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.trust.classifiers import Assessment, Calibration
from engine.trust.vision.checkpoints import VisualClassifier, assess_picture, visual_classifiers
from engine.trust.vision.watch import HarmWatch
from tests.engine.trust.vision import tiny
from tests.engine.trust.vision.tiny import Video, clip_of, scenes


@dataclass
class Brightness:
    """Counts bright frames as harmful."""

    about: str = "nsfw"
    length: int = 1
    name: str = "brightness"
    version: str = "1"
    seen: list[int] = field(default_factory=list)

    @property
    def calibration(self) -> Calibration:
        return Calibration(unsafe=("bad",), threshold=0.5, measured_on="nothing", about=self.about)

    def logits_of(self, frames: Sequence[Video]) -> Mapping[str, float]:
        self.seen.append(len(frames))
        return {"good": 0.0, "bad": float(np.mean(frames)) / 10 - 15}


def watch(video: Video, *classifiers: VisualClassifier) -> dict[str, Assessment]:
    clip = clip_of(video)
    looking = HarmWatch(classifiers, clip.frames, clip.fps)
    for chunk_THWC in clip:
        looking.see(chunk_THWC)
    return looking.end()


def test_without_classifiers_each_matter_is_not_assessed_and_has_no_number() -> None:
    found = watch(scenes(20, 200))
    assert list(found) == ["nsfw", "violence"]
    assert all(not each.assessed and not each.scores for each in found.values())


def test_a_harmful_scene_among_harmless_ones_is_flagged() -> None:
    found = watch(scenes(20, 90, 240, 60), Brightness())
    assert found["nsfw"].flagged
    assert found["violence"].status == "not assessed"
    assert watch(scenes(20, 90, 60), Brightness())["nsfw"].status == "passed"


def test_a_classifier_of_motion_is_given_frames_in_a_row() -> None:
    motion = Brightness(about="violence", length=4)
    assert watch(scenes(20, 200), motion)["violence"].flagged
    assert set(motion.seen) == {4}


def test_another_matter_than_the_usual_ones_is_told_too() -> None:
    assert watch(scenes(20, 20), Brightness(about="gambling"))["gambling"].status == "passed"


@pytest.mark.parametrize("family", ["ViT", "Siglip"])
def test_a_picture_classifier_from_a_folder_judges_a_video(
    tmp_path: Path, vit: Path, family: str
) -> None:
    folder = vit if family == "ViT" else tiny.picture_checkpoint(tmp_path / "siglip", family)
    found = watch(scenes(20, 200), *visual_classifiers(tiny.calibration(folder, about="nsfw")))
    assert 0 < found["nsfw"].scores[folder.name] < 1
    assert len(found["nsfw"].versions[folder.name]) == 12


def test_a_classifier_of_motion_from_a_folder_judges_a_video(videomae: Path) -> None:
    (motion,) = visual_classifiers(tiny.calibration(videomae, about="violence"))
    assert motion.length == 4
    assert 0 < watch(scenes(20, 200), motion)["violence"].scores["videomae"] < 1
    assert 0 < watch(scenes(20, each=2), motion)["violence"].scores["videomae"] < 1


def test_several_calibrations_make_an_ensemble(vit: Path) -> None:
    lines = [
        tiny.calibration(vit, about="nsfw"),
        tiny.calibration(vit, "second.json", about="nsfw", weight=2),
    ]
    found = watch(scenes(20, 200), *visual_classifiers("\n".join(lines)))
    assert set(found["nsfw"].scores) == {"vit", "vit second"}


def test_a_picture_is_judged_by_classifiers_of_pictures_alone(vit: Path, videomae: Path) -> None:
    lines = "\n".join([tiny.calibration(vit), tiny.calibration(videomae)])
    assert set(assess_picture(lines, scenes(20)[0]).scores) == {"vit"}
    assert assess_picture("", scenes(20)[0]).status == "not assessed"


def test_a_label_that_the_model_lacks_is_told(tmp_path: Path, vit: Path) -> None:
    with pytest.raises(InvalidInput, match=r"no label 'worse'.*bad, good"):
        visual_classifiers(tiny.calibration(vit, "wrong.json", unsafe=["worse"]))
