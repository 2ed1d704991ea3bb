"""Pictures on nodes: previews as they come, files as small pictures read in the background."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Final

from PySide6.QtCore import QBuffer, QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage, QImageReader, QPixmap

from engine.errors import ReelwrightError
from studio.background import Background
from studio.canvas.geometry import FILM_ENDINGS, picture_file
from studio.canvas.loop import small_image
from studio.faces import NodeFace

WIDEST: Final = QSize(512, 512)
MOST_PREVIEWS: Final = 64
MOST_FILES: Final = 512


class Pictures(QObject):
    """The pictures that nodes show, by their bytes or by their file."""

    arrived = Signal(str)
    """The file whose picture can be had now."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._previews: OrderedDict[bytes, QPixmap] = OrderedDict()
        self._files: OrderedDict[str, QPixmap | None] = OrderedDict()
        self.background = Background(self)

    def of(self, face: NodeFace) -> QPixmap | None:
        """The picture of a node; None until it is read, or if it cannot be."""
        file = picture_file(face)
        if face.run.preview and (face.run.state == "running" or not file):
            return self._preview(face.run.preview)
        return self._file(file) if file else None

    def close(self) -> None:
        """Read nothing more."""
        self.background.close()

    def _preview(self, data: bytes) -> QPixmap:
        found = self._previews.get(data)
        if found is None:
            buffer = QBuffer()
            buffer.setData(data)
            found = QPixmap.fromImage(_read(QImageReader(buffer)))
            self._previews[data] = found
            if len(self._previews) > MOST_PREVIEWS:
                self._previews.popitem(last=False)
        return found

    def _file(self, path: str) -> QPixmap | None:
        if path not in self._files:
            self._files[path] = None
            if len(self._files) > MOST_FILES:
                self._files.popitem(last=False)
            self.background.run(
                lambda: read_small(path), lambda image: self._take(path, image), _unread
            )
        return self._files[path]

    def _take(self, path: str, image: QImage) -> None:
        if not image.isNull():
            self._files[path] = QPixmap.fromImage(image)
            self.arrived.emit(path)


def read_small(path: str) -> QImage:
    """A small picture of a file, or a null one if it is none; runs on any thread."""
    if Path(path).suffix.lower() in FILM_ENDINGS:
        return _first_frame(path)
    return _read(QImageReader(path))


def _read(reader: QImageReader) -> QImage:
    """Read no larger than is shown: of a JPEG only so much is decoded."""
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid() and (size.width() > WIDEST.width() or size.height() > WIDEST.height()):
        reader.setScaledSize(size.scaled(WIDEST, Qt.AspectRatioMode.KeepAspectRatio))
    return reader.read()


def _first_frame(path: str) -> QImage:
    import av

    try:
        with av.open(path) as container:
            return small_image(next(container.decode(video=0)))
    except (OSError, ValueError, StopIteration, IndexError):
        return QImage()


def _unread(_error: ReelwrightError) -> None:
    """A picture that cannot be read leaves its place empty; the node says what went wrong."""
