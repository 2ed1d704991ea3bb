"""Writing picture files."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.media.embed import read_embedded
from engine.media.read_image import read_image
from engine.trust.verification import State
from engine.trust.verify import verify
from nodes.output.save_image import SaveImage
from tests.nodes.pictures import MADE, picture
from tests.nodes.recording import RecordingContext


@pytest.mark.parametrize("format", ["png", "jpg", "webp"])
def test_every_format_can_be_read_carries_its_graph_and_is_signed(
    context: RecordingContext, format: str
) -> None:
    image = replace(picture(), origin=MADE)
    node = SaveImage(
        image=image,
        name="still_{seed}",
        format=format,
        classifiers="",
        faces="",
        label="none",
        sign=True,
        overwrite=False,
    )
    made = node.run(context)
    assert made.path.name == f"still_7.{format}"
    read = read_image(made.path).pixels_HWC.astype(int)
    assert np.abs(read - picture().pixels_HWC).mean() < 2
    assert read_embedded(made.path) == context.document
    assert verify(made.path).state is State.INTACT


def test_a_png_keeps_every_pixel(context: RecordingContext) -> None:
    node = SaveImage(
        image=picture(),
        name="x",
        format="png",
        classifiers="",
        faces="",
        label="none",
        sign=True,
        overwrite=False,
    )
    read = read_image(node.run(context).path)
    assert np.array_equal(read.pixels_HWC, picture().pixels_HWC)
