"""What can be seen of a named file at a glance: whether it is there, how large, a small picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QImageReader

PICTURES: Final = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"})
VIDEOS: Final = frozenset({".mp4", ".mov", ".mkv", ".webm", ".m4v", ".avi"})
SOUNDS: Final = frozenset({".wav", ".mp3", ".flac", ".ogg", ".m4a", ".aac", ".opus"})
THUMBNAIL: Final = QSize(160, 90)


@dataclass(frozen=True)
class Glimpse:
    """A look at a path.  `picture` is empty for what cannot be pictured."""

    found: bool
    folder: bool = False
    bytes: int = 0
    picture: QImage = field(default_factory=QImage)
    pixels: QSize = field(default_factory=QSize)


def glimpse(text: str) -> Glimpse:
    """Look at a path; called on a background thread, as disks may be slow."""
    path = Path(text).expanduser()
    try:
        found = path.stat()
    except (OSError, ValueError):
        return Glimpse(found=False)
    if path.is_dir():
        return Glimpse(found=True, folder=True)
    picture, pixels = _pictured(path)
    return Glimpse(True, False, found.st_size, picture, pixels)


def _pictured(path: Path) -> tuple[QImage, QSize]:
    ending = path.suffix.lower()
    if ending in PICTURES:
        return _read_picture(path)
    return _read_frame(path) if ending in VIDEOS else (QImage(), QSize())


def _read_picture(path: Path) -> tuple[QImage, QSize]:
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    pixels = reader.size()
    if pixels.isValid():
        reader.setScaledSize(pixels.scaled(THUMBNAIL * 2, Qt.AspectRatioMode.KeepAspectRatio))
    return reader.read(), pixels


def _read_frame(path: Path) -> tuple[QImage, QSize]:
    """The first picture of a video; nothing if it cannot be read."""
    import av

    try:
        with av.open(str(path)) as container:
            frame = next(container.decode(video=0))
            pixels = QSize(frame.width, frame.height)
            small = pixels.scaled(THUMBNAIL * 2, Qt.AspectRatioMode.KeepAspectRatio)
            rgb = frame.to_ndarray(width=small.width(), height=small.height(), format="rgb24")
    except (av.FFmpegError, StopIteration, IndexError, OSError, ValueError):
        return QImage(), QSize()
    height, width, _ = rgb.shape
    image = QImage(rgb.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
    return image.copy(), pixels  # the copy owns its bytes


def size_in_words(count: int) -> str:
    """'3.4 MB', as file managers say it."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
