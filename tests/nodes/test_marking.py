"""What is exported is marked: the mark is in the file, in the manifest, in the ledger, told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.graph.node import declare
from engine.media.read_audio import read_audio
from engine.media.read_image import read_image
from engine.media.read_video import read_video
from engine.trust.ledger import Ledger
from engine.trust.release import Mark, MarkKind
from engine.trust.verify import verify
from engine.trust.watermark.audio.read import read_audio_mark
from engine.trust.watermark.keys import owner_key
from engine.trust.watermark.video.read import read_frames
from engine.values import Artifact, Audio, Clip
from nodes.output.save_frames import SaveFrames
from nodes.output.save_image import SaveImage
from nodes.output.save_video import SaveVideo
from tests.engine.trust.watermark.audio.sounds import sound
from tests.engine.trust.watermark.scenes import Size, footage
from tests.nodes.pictures import clip, picture
from tests.nodes.recording import RecordingContext

FPS = Fraction(24)
Chunk = NDArray[np.uint8]


def moving_clip() -> Clip:
    frames = footage(3, Size(288, 512), 60)
    return Clip(lambda: iter([frames]), 60, 288, 512, FPS)


HEARD = sound("speech", seconds=2.5, rate=16_000)


def saved(node: type, context: RecordingContext, **changes: object) -> Artifact:
    defaults = {name: param.default for name, param in declare(node).params.items()}
    if node is not SaveImage:
        changes = {"clip": replace(clip(40), audio=HEARD)} | changes
    made = node(**{**defaults, **changes}).run(context)
    assert isinstance(made, Artifact)
    return made


def fast(context: RecordingContext, **changes: object) -> Artifact:
    return saved(SaveVideo, context, preset="ultrafast", thumbnail=False, **changes)


def marks_in(made: Artifact) -> tuple[Mark, ...]:
    claims = verify(made.path).claims
    assert claims.release is not None
    return claims.release.marks


def the_mark(made: Artifact, kind: MarkKind = MarkKind.AUDIO) -> Mark:
    (mark,) = [mark for mark in marks_in(made) if mark.kind is kind]
    return mark


@pytest.mark.parametrize("format", ["mp4", "webm"])
def test_the_number_in_the_sound_leads_to_the_manifest(
    context: RecordingContext, format: str
) -> None:
    made = fast(context, format=format)
    found = read_audio_mark(read_audio(made.path), owner_key())
    assert found is not None
    mark = the_mark(made)
    assert (mark.id, mark.fault) == (found.id, "")
    assert [entry.title for entry in Ledger().marked(mark)] == [made.path.name]


def test_the_number_in_the_picture_is_that_in_the_sound(context: RecordingContext) -> None:
    made = fast(context, clip=replace(moving_clip(), audio=HEARD))
    seen = read_frames(iter(read_video(made.path, context.workspace)), key=owner_key(), fps=FPS)
    assert seen is not None
    mark = the_mark(made, MarkKind.VIDEO)
    assert (mark.id, mark.fault) == (seen.id, "")
    assert mark.id == the_mark(made).id
    assert [entry.title for entry in Ledger().marked(mark)] == [made.path.name]


def test_too_small_a_picture_is_told_and_so_are_animations(context: RecordingContext) -> None:
    assert the_mark(fast(context), MarkKind.VIDEO).fault.startswith("too small (48 x 32 pixels")
    animated = saved(SaveVideo, context, format="gif", thumbnail=False)
    assert "too few colours" in str(animated.reports[0].findings["marked"])


def test_a_picture_mark_that_cannot_be_read_back_is_made_stronger_once_and_then_told(
    context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.trust.watermark.video import mark, read

    strengths = list[float]()

    def marked(chunks: Iterator[Chunk], *, strength: float, **_: object) -> Iterator[Chunk]:
        strengths.append(strength)
        return chunks

    monkeypatch.setattr(mark, "mark_frames", marked)
    monkeypatch.setattr(read, "read_frames", lambda chunks, **_: None)
    told = the_mark(fast(context, clip=moving_clip()), MarkKind.VIDEO)
    assert strengths == [1.1, 1.52]
    assert "could not be read" in told.fault


def test_frames_carry_it_in_their_sound_file(context: RecordingContext) -> None:
    made = saved(SaveFrames, context, sign=False)
    assert read_audio_mark(read_audio(made.path / "sound.wav"), owner_key()) is not None
    assert "watermark in the sound" in str(made.reports[0].findings["marked"])


def test_the_same_export_carries_the_same_number_and_another_a_different_one(
    context: RecordingContext,
) -> None:
    first, again = marks_in(fast(context)), marks_in(fast(context))
    context.fingerprint = "1" * 64
    assert first == again != marks_in(fast(context))


@pytest.mark.parametrize(
    ("audio", "fault"),
    [
        (replace(HEARD, samples_CN=HEARD.samples_CN[:, :9_000]), "too short (0.6 s"),
        (Audio(np.zeros((1, 48_000), np.float32), 16_000), "it is silent"),
    ],
)
def test_what_cannot_carry_a_mark_says_why(
    context: RecordingContext, audio: Audio, fault: str
) -> None:
    made = fast(context, clip=replace(clip(40), audio=audio))
    mark = the_mark(made)
    assert mark.fault.startswith(fault)
    assert fault in str(made.reports[0].findings["marked"])


def test_what_is_marked_already_keeps_its_number(context: RecordingContext) -> None:
    first = fast(context)
    context.fingerprint = "1" * 64
    again = fast(context, clip=read_video(first.path, context.workspace))
    assert [mark.id for mark in marks_in(first)] == [mark.id for mark in marks_in(again)]
    assert read_audio_mark(read_audio(again.path), owner_key()) is not None


def test_without_marks_nothing_is_changed_and_the_manifest_says_so(
    context: RecordingContext,
) -> None:
    made = fast(context, mark=False)
    assert read_audio_mark(read_audio(made.path), owner_key()) is None
    assert marks_in(made) == ()
    assert made.reports[0].findings["marked"] == "not marked"


def test_a_mark_that_cannot_be_read_back_is_made_stronger_once_and_then_told(
    context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.trust.watermark.audio import mark, read

    strengths = list[float]()

    def marked(audio: Audio, *, strength: float, **_: object) -> Audio:
        strengths.append(strength)
        return audio

    monkeypatch.setattr(mark, "mark_audio", marked)
    monkeypatch.setattr(read, "read_audio_mark", lambda audio, key: None)
    told = the_mark(fast(context))
    assert strengths == [1.0, 1.6]
    assert "could not be read" in told.fault


def test_the_label_is_in_every_frame_and_in_the_manifest(context: RecordingContext) -> None:
    plain = fast(context, clip=clip(3, 64, 96), sign=False)
    labelled = fast(context, clip=clip(3, 64, 96), label="de")
    before, after = (
        np.concatenate(list(read_video(made.path, context.workspace))) for made in (plain, labelled)
    )
    changed = np.abs(before.astype(int) - after).max(axis=(1, 2, 3))
    assert (changed > 60).all()
    assert the_mark(labelled, MarkKind.LABEL).fault == ""


def test_pictures_are_labelled_and_tiny_ones_say_that_they_are_not(
    context: RecordingContext,
) -> None:
    made = saved(SaveImage, context, image=picture(64, 96), label="fr")
    shown = read_image(made.path).pixels_HWC
    assert (shown != picture(64, 96).pixels_HWC).any()
    tiny = saved(SaveImage, context, image=picture(12, 12), label="fr")
    assert "too small" in str(tiny.reports[0].findings["marked"])
