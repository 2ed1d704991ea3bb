"""Asking of a reference video whether a machine made it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import BlockedByPolicy
from engine.trust.audit.log import AuditLog
from engine.trust.vision.made import watch
from nodes.safety.check_media import CheckMedia
from tests.engine.trust.vision import tiny
from tests.nodes.pictures import clip
from tests.nodes.recording import RecordingContext


class Corner:
    """The first pixel as an embedding."""

    def embeddings(self, frames: list[np.ndarray]) -> np.ndarray:
        return np.array([frame[0, 0] for frame in frames], np.float32)


@pytest.fixture
def encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(watch, "encoder_in", lambda folder: Corner())
    return tiny.calibration(tmp_path / "encoder", unsafe=["d3"], several=True)


def test_without_an_encoder_it_passes_unassessed_with_weak_evidence_in_words(
    context: RecordingContext,
) -> None:
    report = CheckMedia(clip=clip(), encoders="", block=True).run(context).report
    assert not report.assessed
    assert report.findings["ai-made"] == "not assessed"
    assert "weak evidence, pulse" in report.findings
    assert not any(isinstance(each, float) for each in report.findings.values())
    assert "not assessed: no calibrated encoder is set." in context.notes[0]


def test_a_motion_too_even_is_blocked_and_written_down(
    context: RecordingContext, encoder: str
) -> None:
    with pytest.raises(BlockedByPolicy, match=r"made by a machine \(d3 with encoder 1\.00\)"):
        CheckMedia(clip=clip(frames=40), encoders=encoder, block=True).run(context)
    *_, row = AuditLog().rows()
    assert '"ai-made"' in str(row.event)


def test_its_owner_may_be_told_alone(context: RecordingContext, encoder: str) -> None:
    report = CheckMedia(clip=clip(frames=40), encoders=encoder, block=False).run(context).report
    assert report.findings["ai-made"] == "flagged"
    assert report.assessed
