"""Checking a finished video for harm, with its entry in the audit log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from engine.errors import BlockedByPolicy, InvalidInput
from engine.trust.audit.entry import Decision, Event
from engine.trust.audit.log import AuditLog
from engine.trust.classifiers import Calibration
from engine.trust.vision import checkpoints
from nodes.safety.check_video import CheckVideo
from nodes.watching import Watching
from tests.nodes.pictures import clip, levels
from tests.nodes.recording import RecordingContext


@dataclass
class Bright:
    """Counts bright frames as harmful."""

    name: str = "bright"
    version: str = "7"
    length: int = 1

    @property
    def calibration(self) -> Calibration:
        return Calibration(unsafe=("bad",), threshold=0.5, measured_on="nothing", about="violence")

    def logits_of(self, frames: Sequence[np.ndarray]) -> Mapping[str, float]:
        return {"good": 0.0, "bad": float(np.mean(frames)) / 5 - 20}


@pytest.fixture
def bright(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "visual_classifiers", lambda files: [Bright()])


def last_event() -> Event:
    *_, row = AuditLog().rows()
    return Event.model_validate_json(str(row.event))


def test_without_classifiers_a_video_passes_and_is_not_assessed(context: RecordingContext) -> None:
    checked = CheckVideo(clip=clip(), classifiers="", samples=32).run(context)
    assert levels(checked.clip) == levels(clip())
    assert not checked.report.assessed
    assert checked.report.findings["nsfw"] == "not assessed"
    assert not any(isinstance(each, float) for each in checked.report.findings.values())
    assert context.notes == [
        "The video was not assessed for nsfw: no classifier is set.",
        "The video was not assessed for violence: no classifier is set.",
    ]


@pytest.mark.usefixtures("bright")
def test_a_harmless_video_passes_with_its_scores(context: RecordingContext) -> None:
    report = CheckVideo(clip=clip(frames=3), classifiers="x", samples=32).run(context).report
    assert report.findings["violence"] == "passed"
    assert 0 < float(report.findings["violence, bright"]) < 0.5


@pytest.mark.usefixtures("bright")
def test_a_harmful_video_is_blocked_and_written_down(context: RecordingContext) -> None:
    with pytest.raises(BlockedByPolicy, match=r"classifiers find violence in it \(bright 1\.00\)"):
        CheckVideo(clip=clip(frames=12), classifiers="x", samples=32).run(context)
    event = last_event()
    assert (event.decision, event.kind, event.reason) == (Decision.BLOCKED, "video", "violence")
    told = {each.what: (each.by, each.version, each.outcome) for each in event.assessed}
    assert told["violence"] == ("bright", "7", "flagged")
    assert told["nsfw"] == ("no classifier", "", "not assessed")


def test_a_classifier_that_cannot_be_loaded_lets_nothing_pass(context: RecordingContext) -> None:
    with pytest.raises(Exception, match="cannot be read"):
        CheckVideo(clip=clip(), classifiers="/none/calibration.json", samples=32).run(context)


@pytest.mark.usefixtures("bright")
def test_what_is_written_is_watched_in_the_same_pass() -> None:
    watching = Watching("x")
    assert levels(watching.clip(clip(frames=3))) == [0, 20, 40]
    told = {each.what: each.outcome for each in watching.assessed()}
    assert told == {"nsfw": "not assessed", "violence": "passed", "faces": "not assessed"}
    blocked = Watching("x")
    with pytest.raises(BlockedByPolicy, match="violence"):
        levels(blocked.clip(clip(frames=12)))
    assert {each.what: each.outcome for each in blocked.assessed()}["violence"] == "flagged"


def test_another_calibration_is_other_work(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    path = folder / "calibration.json"
    path.write_text("{}")
    before = CheckVideo.content({"classifiers": str(path)})
    path.write_text("{ }")
    assert CheckVideo.content({"classifiers": str(path)}) != before
    assert CheckVideo.content({"classifiers": ""}) == ""


def test_errors_are_of_the_users_kind(context: RecordingContext) -> None:
    from pathlib import Path

    path = Path(context.folder) / "calibration.json"
    path.write_text("{}")
    with pytest.raises(InvalidInput, match="field 'unsafe'"):
        CheckVideo(clip=clip(), classifiers=str(path), samples=32).run(context)
