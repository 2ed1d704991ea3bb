"""Checking a finished video for protected persons."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from engine.errors import BlockedByPolicy
from engine.trust.audit.entry import Decision, Event
from engine.trust.audit.log import AuditLog
from engine.trust.vision.faces.database import FaceDatabase, person_of
from engine.trust.vision.faces.models import face_model
from engine.values import Clip
from nodes.safety.check_faces import CheckFaces
from nodes.watching import Watching
from tests.engine.trust.vision import tiny
from tests.nodes.recording import RecordingContext


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.face_models(tmp_path_factory.mktemp("faces"))


@pytest.fixture
def models(folder: Path) -> str:
    fields = {"unsafe": ["same"], "several": True, "threshold": 0.7}
    return tiny.calibration(folder, **fields, temperature=0.1, bias=-94)


def protect(folder: Path, seed: int) -> None:
    model = face_model(folder)
    (face,) = model.faces(tiny.face(seed))
    person = person_of("Ada Example", "Ada", "asked")
    FaceDatabase().add(person, [face.embedding], model.version)


def of(seed: int) -> Clip:
    return tiny.clip_of(tiny.face(seed, noise=1)[None].repeat(3, 0))


def test_a_protected_person_is_blocked_and_written_down_without_a_name(
    context: RecordingContext, folder: Path, models: str
) -> None:
    protect(folder, 1)
    with pytest.raises(BlockedByPolicy, match=r"resembles protected person 1 \(similarity") as told:
        CheckFaces(clip=of(1), models=models).run(context)
    *_, row = AuditLog().rows()
    event = Event.model_validate_json(str(row.event))
    assert (event.decision, event.reason) == (Decision.BLOCKED, "faces")
    assert event.assessed[0].outcome == "flagged"
    assert "Ada" not in str(told.value) + str(row.event)


def test_somebody_else_passes_and_is_told(
    context: RecordingContext, folder: Path, models: str
) -> None:
    protect(folder, 1)
    report = CheckFaces(clip=of(2), models=models).run(context).report
    assert report.assessed
    assert report.findings["faces compared"] == 3.0
    assert float(report.findings["greatest similarity"]) <= 0.7


def test_without_models_or_persons_nothing_is_assessed(
    context: RecordingContext, models: str
) -> None:
    for named, why in (("", "no face models are set"), (models, "nobody is protected")):
        report = CheckFaces(clip=of(1), models=named).run(context).report
        assert (report.assessed, report.findings["why"]) == (False, why)
        assert "greatest similarity" not in report.findings


def test_what_is_written_is_watched_for_faces_too(folder: Path, models: str) -> None:
    protect(folder, 1)
    with pytest.raises(BlockedByPolicy, match="protected person"):
        list(Watching(faces=models).clip(of(1)))


def test_who_is_protected_since_is_looked_for_again(folder: Path, models: str) -> None:
    before = CheckFaces.content({"models": models})
    protect(folder, 1)
    assert CheckFaces.content({"models": models}) != before


def test_a_video_keeps_its_frame_rate(context: RecordingContext) -> None:
    assert CheckFaces(clip=of(1), models="").run(context).clip.fps == Fraction(8)
    assert np.concatenate(list(of(1))).shape[0] == 3
