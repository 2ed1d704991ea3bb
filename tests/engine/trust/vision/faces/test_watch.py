"""A video is held against protected persons; what cannot be compared is not assessed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from engine.trust.vision.faces.database import FaceDatabase, Protected, person_of
from engine.trust.vision.faces.models import FaceModels, face_models
from engine.trust.vision.faces.watch import FacesSeen, FaceWatch
from tests.engine.trust.vision import tiny
from tests.engine.trust.vision.tiny import Video

ADA = person_of("Ada", "Ada", "asked")


@pytest.fixture
def models(face_folder: Path) -> FaceModels:
    # Halfway between pairs of one of these persons and of two.
    calibration = tiny.calibration(
        face_folder, unsafe=["same"], several=True, threshold=0.7, temperature=0.1, bias=-94
    )
    found = face_models(calibration)
    assert found is not None
    return found


def protected(models: FaceModels, seed: int, version: str = "") -> list[Protected]:
    (face,) = models.model.faces(tiny.face(seed))
    number = FaceDatabase().add(ADA, [face.embedding], version or models.model.version)
    assert number
    return FaceDatabase().persons()


def watch(video: Video, models: FaceModels | None, persons: list[Protected]) -> FacesSeen:
    looking = FaceWatch(models, persons, len(video), Fraction(8))
    looking.see(video)
    return looking.end()


def test_a_protected_person_is_found_in_a_moment_of_a_video(models: FaceModels) -> None:
    video = np.full((40, tiny.FRAME, 160, 3), 40, np.uint8)
    video[24:28] = tiny.face(1, noise=1)
    seen = watch(video, models, protected(models, 1))
    assert seen.assessment.flagged
    assert seen.likeness is not None
    assert (seen.likeness.person, seen.likeness.seconds) == (1, 3.0)
    assert seen.likeness.similarity > 0.7


def test_somebody_else_passes(models: FaceModels) -> None:
    seen = watch(tiny.face(2)[None].repeat(4, 0), models, protected(models, 1))
    assert seen.assessment.status == "passed"
    assert seen.faces == 4


def test_a_video_without_faces_passes_with_none_compared(models: FaceModels) -> None:
    video = np.zeros((4, 64, 64, 3), np.uint8)
    seen = watch(video, models, protected(models, 1))
    assert (seen.assessment.status, seen.faces, seen.likeness) == ("passed", 0, None)


def test_what_cannot_be_compared_is_not_assessed_and_says_why(models: FaceModels) -> None:
    video = tiny.face(1)[None]
    assert watch(video, None, []).assessment.why == "no face models are set"
    assert watch(video, models, []).assessment.why == "nobody is protected"
    others = protected(models, 1, "another version")
    assert "other face models" in watch(video, models, others).assessment.why
