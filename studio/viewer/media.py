"""What the viewer is asked to show: a file, its title, and what kind of file it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

Kind = Literal["video", "image", "audio"]

IMAGES: Final = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".jp2"})
SOUNDS: Final = frozenset({".wav", ".flac", ".mp3", ".m4a", ".ogg", ".opus", ".aac", ".aiff"})


@dataclass(frozen=True, slots=True)
class Media:
    """A file to show under a title."""

    path: Path
    title: str
    kind: Kind

    @staticmethod
    def of(path: Path, title: str = "") -> Media:
        """A file by its name: what is neither picture nor sound is taken for a video."""
        return Media(path, title or path.name, kind_of(path))


def kind_of(path: Path) -> Kind:
    """The kind of a file, by its suffix; nothing is read."""
    suffix = path.suffix.lower()
    if suffix in IMAGES:
        return "image"
    return "audio" if suffix in SOUNDS else "video"
