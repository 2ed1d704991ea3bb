"""Labelling, marking and reading marks in the middle of a graph."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.trust.ledger import Ledger
from engine.trust.release import AUDIO_WATERMARK
from nodes.safety.label_video import LabelVideo
from nodes.safety.mark_video import MarkVideo
from nodes.safety.read_mark import ReadMark
from tests.engine.trust.watermark.audio.sounds import sound
from tests.nodes.pictures import clip, levels
from tests.nodes.recording import RecordingContext
from tests.nodes.test_marking import fast, moving_clip

VIDEO = replace(clip(40), audio=sound("speech", seconds=2.5, rate=16_000))


def label(context: RecordingContext, height: int, width: int, corner: str) -> list[int]:
    shown = clip(3, height, width)
    node = LabelVideo(clip=shown, language="en", corner=corner, size=0.06)
    return levels(node.run(context))


def test_every_frame_is_labelled_in_the_corner_asked_for(context: RecordingContext) -> None:
    assert label(context, 120, 200, "bottom-right") == [0, 20, 40]
    made = LabelVideo(clip=clip(3, 120, 200), language="en", corner="top-left", size=0.06)
    for frame_HWC in np.concatenate(list(made.run(context))):
        assert frame_HWC[:60, :100].max() == 255


def test_too_small_a_picture_stays_and_that_is_told(context: RecordingContext) -> None:
    assert label(context, 12, 12, "top-left") == [0, 20, 40]
    assert context.notes == ["Not labelled: 12 x 12 pixels are too small."]


def test_a_mark_made_in_the_graph_is_read_there(context: RecordingContext) -> None:
    marked, told = MarkVideo(clip=VIDEO).run(context)
    sounding, _, small = told.partition("; ")
    number = sounding.removeprefix("watermark in the sound ")
    assert small.startswith("no watermark in the picture: too small")
    report = ReadMark(clip=marked).run(context)
    assert report.findings["sound"] == f"marked with the number {number}"
    assert report.findings["ledger"] == "not known"
    assert float(report.findings["standard deviations, sound"]) > 6


def test_a_mark_in_the_picture_is_read_there(context: RecordingContext) -> None:
    marked, told = MarkVideo(clip=moving_clip()).run(context)
    number = told.removeprefix("watermark in the picture ")
    assert ReadMark(clip=marked).run(context).findings["picture"] == (
        f"marked with the number {number}"
    )


def test_the_ledger_tells_what_was_released_with_it(context: RecordingContext) -> None:
    marked, _ = MarkVideo(clip=VIDEO).run(context)
    made = fast(context, clip=marked)
    assert f"'{made.path.name}'" in str(ReadMark(clip=marked).run(context).findings["ledger"])


def test_what_another_computer_released_is_known_once_its_ledger_is_taken_over(
    context: RecordingContext,
) -> None:
    marked, _ = MarkVideo(clip=VIDEO).run(context)
    made = fast(context, clip=marked)
    (entry,) = Ledger().entries()
    (number,) = Ledger().numbers(AUDIO_WATERMARK)
    Ledger().remove()
    assert ReadMark(clip=marked).run(context).findings["ledger"] == "not known"
    Ledger.of_others().add_all([(entry, [(AUDIO_WATERMARK, f"{number:012x}")])])
    assert f"'{made.path.name}'" in str(ReadMark(clip=marked).run(context).findings["ledger"])


def test_without_a_mark_or_without_sound_the_report_says_which(context: RecordingContext) -> None:
    assert ReadMark(clip=VIDEO).run(context).findings["sound"] == "no mark of this computer's key"
    silent = ReadMark(clip=clip()).run(context)
    assert silent.findings["sound"] == "there is none"
    assert silent.findings["picture"] == "no mark of this computer's key"
