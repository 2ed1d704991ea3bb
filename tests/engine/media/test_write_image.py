from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import InvalidInput, StorageFailed
from engine.media.read_image import read_image
from engine.media.write_image import write_image
from engine.values import Image
from tests.engine.media.samples import PURE_COLOURS, colour_fields, field_centres, pictures


def test_a_png_is_exact(tmp_path: Path) -> None:
    picture = pictures(1, 41, 63)[0]
    write_image(Image(picture), tmp_path / "a.png")
    assert np.array_equal(read_image(tmp_path / "a.png").pixels_HWC, picture)


@pytest.mark.parametrize("suffix", ["jpg", "jpeg", "webp", "JPG"])
def test_pure_colours_come_back_from_lossy_formats(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    write_image(Image(colour_fields()), path)
    assert np.abs(field_centres(read_image(path).pixels_HWC) - PURE_COLOURS).max() <= 3


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"'a\.txt' does not end.*\.png, \.jpg, \.webp"):
        write_image(Image(colour_fields()), tmp_path / "a.txt")


def test_a_size_that_the_format_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="20000x1 pixels does not fit"):
        write_image(Image(np.zeros((1, 20_000, 3), np.uint8)), tmp_path / "a.webp")
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageFailed, match=r"a\.png' cannot be written"):
        write_image(Image(colour_fields()), tmp_path / "file" / "a.png")
