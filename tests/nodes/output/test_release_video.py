"""Releasing a video: checked, labelled, marked, signed and written in one pass, with a report."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from engine.errors import BlockedByPolicy
from engine.graph.node import declare
from engine.media.read_audio import read_audio
from engine.media.read_image import read_image
from engine.trust.release import MarkKind
from engine.trust.takedown.passages import passages_of
from engine.trust.takedown.register import Register
from engine.trust.takedown.request import FIELDS, request_of
from engine.trust.verification import State
from engine.trust.verify import verify
from engine.trust.watermark.audio.read import read_audio_mark
from engine.trust.watermark.keys import owner_key
from engine.values import Clip, Report
from nodes.output.release_video import Released, ReleaseVideo
from tests.engine.trust.takedown.clips import as_clip, textured
from tests.engine.trust.watermark.audio.sounds import sound
from tests.nodes.pictures import clip
from tests.nodes.recording import RecordingContext
from tests.nodes.test_marking import moving_clip

HEARD = sound("speech", seconds=2.5, rate=16_000)
VIDEO = replace(clip(40, 64, 96), audio=HEARD)


def release(context: RecordingContext, **changes: object) -> Released:
    defaults = {name: param.default for name, param in declare(ReleaseVideo).params.items()}
    given = {"clip": VIDEO, "earlier": None}
    return ReleaseVideo(**{**defaults, **given, **changes}).run(context)


def test_a_release_is_labelled_marked_signed_and_reported(context: RecordingContext) -> None:
    made, report = release(context)
    found = verify(made.path)
    assert found.state is State.INTACT
    assert found.claims.release is not None
    marks = {mark.kind: mark.fault for mark in found.claims.release.marks}
    assert list(marks) == [MarkKind.LABEL, MarkKind.AUDIO, MarkKind.VIDEO]
    assert not marks[MarkKind.LABEL]
    assert not marks[MarkKind.AUDIO]
    assert "too small" in marks[MarkKind.VIDEO]
    assert read_audio_mark(read_audio(made.path), owner_key()) is not None
    assert report.findings["signed"] is True
    assert "visible label" in str(report.findings["marked"])


def test_the_frames_are_read_once_thumbnail_and_all(context: RecordingContext) -> None:
    passes = []

    def counted():
        passes.append(1)
        return VIDEO.stream()

    made, _ = release(context, clip=replace(VIDEO, stream=counted))
    assert len(passes) == 1
    assert made.thumbnail is not None
    assert read_image(made.thumbnail).pixels_HWC.shape == (64, 96, 3)


def test_a_stream_is_released_whole_with_all_its_marks(context: RecordingContext) -> None:
    made, report = release(context, format="stream")
    assert (made.kind, made.path.is_dir(), made.signed) == ("stream", True, True)
    found = verify(made.path)
    assert found.state is State.INTACT
    assert found.claims.release is not None
    assert any(mark.bound for mark in found.claims.release.marks)
    assert report.findings["signed"] is True


def test_a_stream_that_lacks_what_is_required_leaves_nothing(context: RecordingContext) -> None:
    with pytest.raises(BlockedByPolicy, match="not assessed"):
        release(context, format="stream", require="marks and checks", label="none")
    assert not list(context.output.iterdir())


def test_what_an_earlier_check_said_is_in_the_report(context: RecordingContext) -> None:
    earlier = Report("Picture and prompt", False, {"picture": "not assessed"})
    _, report = release(context, earlier=earlier)
    assert report.findings["Picture and prompt: picture"] == "not assessed"
    assert not report.assessed


@pytest.mark.parametrize(
    ("video", "require", "reason"),
    [
        (clip(40, 64, 96), "marks", "carries no hidden number"),
        (replace(clip(9, 64, 96), audio=HEARD), "marks", "too short"),
        (VIDEO, "marks and checks", "nothing of it was assessed|was not assessed"),
    ],
)
def test_what_is_required_and_missing_keeps_the_file_back(
    context: RecordingContext, video: Clip, require: str, reason: str
) -> None:
    with pytest.raises(BlockedByPolicy, match=reason):
        release(context, clip=video, require=require)
    assert not list(context.output.iterdir())


def test_marks_that_are_required_and_there_let_it_pass(context: RecordingContext) -> None:
    large = replace(moving_clip(), audio=HEARD)
    assert release(context, clip=large, require="marks").file.path.is_file()


def test_registered_material_is_not_released(context: RecordingContext) -> None:
    taken = as_clip(textured(1)[:, :64, :80])
    asked = request_of({name: f"the {name}" for name in FIELDS})
    Register().add(asked, passages_of(taken), datetime.now(UTC))
    with pytest.raises(BlockedByPolicy, match="takedown request 1"):
        release(context, clip=taken)
    assert not list(context.output.iterdir())
