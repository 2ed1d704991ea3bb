"""Files that commands are given to look at: videos, pictures, and folders of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import InvalidInput

if TYPE_CHECKING:
    from engine.values import Clip, Image


def read_material(file: Path) -> Clip | Image:
    """A video, or a picture where there is but one frame.  Raises InvalidMedia."""
    import tempfile

    from engine.media.read_image import read_image
    from engine.media.read_video import read_video

    clip = read_video(file, Path(tempfile.gettempdir()))
    return read_image(file) if clip.frames == 1 else clip


def files_in(folder: Path) -> Iterator[Path]:
    """The files of a folder by name, hidden ones left out.  Raises InvalidInput without any."""
    found = sorted(each for each in folder.glob("*") if each.is_file() and each.name[0] != ".")
    if not found:
        raise InvalidInput(
            f"There are no files in '{folder}'.", remedy="Put examples there, or name another."
        )
    yield from found
