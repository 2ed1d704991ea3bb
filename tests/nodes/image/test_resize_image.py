"""Scaling a picture."""

from __future__ import annotations

from dataclasses import replace

from nodes.image.resize_image import ResizeImage
from tests.nodes.pictures import MADE, picture
from tests.nodes.recording import RecordingContext


def test_a_picture_is_scaled_and_keeps_its_origin(context: RecordingContext) -> None:
    image = replace(picture(), origin=MADE)
    node = ResizeImage(image=image, width=24, height=0, fit="crop", method="auto")
    small = node.run(context)
    assert (small.width, small.height) == (24, 16)
    assert small.origin == MADE
