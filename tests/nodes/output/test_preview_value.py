"""Showing what arrives."""

from __future__ import annotations

from nodes.output.preview_value import PreviewValue
from tests.nodes.pictures import clip, picture
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
