"""Pinning a picture to a frame."""

from __future__ import annotations

import pytest

from nodes.model.place_image import PlaceImage
from tests.nodes.pictures import picture
from tests.nodes.recording import RecordingContext


@pytest.mark.parametrize(
    ("at", "index"), [("first", 0), ("last", -1), ("frame", 12), ("reference", None)]
)
def test_a_picture_stands_where_it_is_placed(
    context: RecordingContext, at: str, index: int | None
) -> None:
    image = picture()
    placed = PlaceImage(image=image, at=at, frame=12).run(context)
    assert placed.index == index
    assert placed.image is image
