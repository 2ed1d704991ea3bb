"""Thumbnails of files, read beside the window's thread and kept for a while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtGui import QImage, QImageReader, QPixmap

from studio.background import Background

MOST: Final = 400
LARGEST: Final = 64 << 20
"""Bytes of a picture that is read for a thumbnail."""


class Thumbnails(QObject):
    """Pictures of `size`, cut to it.  `came` is called when one that was asked for is there."""

    def __init__(self, size: QSize, came: Callable[[Path], None], parent: QObject) -> None:
        super().__init__(parent)
        self._size = size
        self._came = came
        self._background = Background(self)
        self._kept: OrderedDict[Path, QPixmap | None] = OrderedDict()
        self._asked: set[Path] = set()

    def get(self, path: Path) -> QPixmap | None:
        """The picture of a file, if it is there already; else it is read."""
        if path in self._kept:
            self._kept.move_to_end(path)
            return self._kept[path]
        if path not in self._asked:
            self._asked.add(path)
            scale = 2
            wanted = self._size * scale
            self._background.run(lambda: _read(path, wanted), lambda image: self._take(path, image))
        return None

    def close(self) -> None:
        """Read nothing more."""
        self._background.close()

    def _take(self, path: Path, image: QImage | None) -> None:
        self._asked.discard(path)
        self._kept[path] = QPixmap.fromImage(image) if image is not None else None
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        self._came(path)


def _read(path: Path, wanted: QSize) -> QImage | None:
    """A file's picture, filling the size; None if it is none, or gone."""
    try:
        if path.stat().st_size > LARGEST:
            return None
    except OSError:
        return None
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    whole = reader.size()
    if not whole.isValid():
        return None
    filling = whole.scaled(wanted, Qt.AspectRatioMode.KeepAspectRatioByExpanding)
    reader.setScaledSize(filling)
    image = reader.read()
    if image.isNull():
        return None
    left = (image.width() - wanted.width()) // 2
    top = (image.height() - wanted.height()) // 2
    return image.copy(left, top, wanted.width(), wanted.height())
