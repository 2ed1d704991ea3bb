"""Showing what arrives."""

from __future__ import annotations

from engine.models.family import Family
from engine.values import FrameCondition, Report
from nodes.output.preview_value import PreviewValue
from tests.nodes.pictures import clip, picture, tone
from tests.nodes.recording import RecordingContext


def test_a_picture_is_shown_and_passed_on(context: RecordingContext) -> None:
    image = picture()
    assert PreviewValue(value=image).run(context) is image
    assert [make() for make in context.previews] == [image]


def test_of_a_video_the_middle_is_shown_and_only_if_somebody_looks(
    context: RecordingContext,
) -> None:
    PreviewValue(value=clip(9)).run(context)
    (make,) = context.previews
    assert (make().pixels_HWC == 80).all()


def test_any_other_value_is_told(context: RecordingContext) -> None:
    assert PreviewValue(value=[1.5, 2.0]).run(context) == [1.5, 2.0]
    assert context.notes == ["[1.5, 2.0]"]
    assert not context.output.exists()


def test_what_holds_arrays_is_told_in_words(context: RecordingContext, family: Family) -> None:
    values = {
        "Speed: a step 0.1235, kept True.": Report(
            "Speed", True, {"a step": 0.12345, "kept": True}
        ),
        "The encoded prompt 'a red ball'.": family.encode_prompt("a red ball"),
        "A latent of 5 frames, 32 x 16 pixels.": family.encode(clip(5, 16, 32)),
        "A picture of 48 x 32 pixels at frame -1.": FrameCondition(picture(), -1),
        "A picture of 48 x 32 pixels as a reference.": FrameCondition(picture(), None),
        "0.50 s of sound at 16000 Hz.": tone(0.5),
        f"The model '{family.handle.source}'.": family.handle,
    }
    for value in values.values():
        PreviewValue(value=value).run(context)
    assert context.notes == [*values]
