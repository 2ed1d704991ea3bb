"""Reading a picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import InvalidInput, InvalidMedia
from engine.media.write_image import write_image
from nodes.input.load_image import LoadImage
from tests.nodes.pictures import picture
from tests.nodes.recording import RecordingContext


def test_a_picture_comes_back_as_it_was_and_names_its_file(
    context: RecordingContext, tmp_path: Path
) -> None:
    path = tmp_path / "picture.png"
    write_image(picture(), path)
    image = LoadImage(path=str(path)).run(context)
    assert np.array_equal(image.pixels_HWC, picture().pixels_HWC)
    assert image.origin.ingredients == (str(path),)


@pytest.mark.parametrize("path", ["", "  "])
def test_no_file_chosen_says_so(context: RecordingContext, path: str) -> None:
    with pytest.raises(InvalidInput, match=r"No picture is chosen\. Set 'path'"):
        LoadImage(path=path).run(context)


def test_a_file_that_is_no_picture_is_named(context: RecordingContext, tmp_path: Path) -> None:
    path = tmp_path / "words.png"
    path.write_text("no picture")
    with pytest.raises(InvalidMedia, match=r"words\.png"):
        LoadImage(path=str(path)).run(context)
