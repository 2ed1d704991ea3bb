"""The field of a file that is read: path, browse, drop, a small picture, 'not found' at once."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.graph.params import ParamSpec
from studio.background import Background
from studio.inspector.fields.glimpse import (
    PICTURES,
    SOUNDS,
    THUMBNAIL,
    VIDEOS,
    Glimpse,
    size_in_words,
)
from studio.inspector.fields.path_line import PathField, choose_file
from studio.theme import RADIUS, Theme, tr

KINDS: Final = (
    ("picture", "Pictures", PICTURES),
    ("video", "Videos", VIDEOS),
    ("sound", "Sounds", SOUNDS),
)
"""A word of the parameter's help, how the dialog calls such files, their endings."""


class FileField(PathField):
    """A file that a node reads."""

    def __init__(
        self, spec: ParamSpec, theme: Theme, background: Background, parent: QWidget | None = None
    ) -> None:
        super().__init__(spec, theme, background, parent)
        self.thumbnail = Thumbnail(theme, self)
        self.body.addWidget(self.thumbnail)
        self._show(spec.default)

    def ask(self) -> str:
        return choose_file(self, tr("Choose a file"), self.start_folder(), self._pattern())

    def empty_text(self) -> str:
        return tr("Drop a file, or browse")

    def judge(self, seen: Glimpse) -> str:
        if not seen.found:
            return tr("Not found. Check the path, or browse for the file.")
        return tr("This is a folder. Choose a file in it.") if seen.folder else ""

    def describe(self, seen: Glimpse) -> None:
        self.thumbnail.show_picture(seen.picture)
        if seen.found and not seen.folder:
            size = size_in_words(seen.bytes)
            known = seen.pixels.isValid() and not seen.pixels.isEmpty()
            pixels = f"{seen.pixels.width()} × {seen.pixels.height()} px, " if known else ""
            self.tell(pixels + size)

    def _pattern(self) -> str:
        everything = tr("All files") + " (*)"
        about = self.spec.help.lower()
        for word, name, endings in KINDS:
            if word in about:
                patterns = " ".join(f"*{ending}" for ending in sorted(endings))
                return f"{tr(name)} ({patterns});;{everything}"
        return everything


class Thumbnail(QWidget):
    """A small picture with rounded corners; it takes no room where there is none."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._picture = QImage()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("A small picture of the file"))
        self.hide()

    def show_picture(self, picture: QImage) -> None:
        """Show a picture, or nothing for an empty one."""
        self._picture = picture
        self.setVisible(not picture.isNull())
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(THUMBNAIL.width(), THUMBNAIL.height() if not self._picture.isNull() else 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        room = self.size().boundedTo(QSize(self.width(), THUMBNAIL.height()))
        size = self._picture.size().scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
        target = QRectF(0.5, 0.5, size.width() - 1, size.height() - 1)
        shape = QPainterPath()
        shape.addRoundedRect(target, RADIUS - 2, RADIUS - 2)
        painter.setClipPath(shape)
        painter.drawImage(target, self._picture)
        painter.setClipping(False)
        painter.setPen(QColor(self._theme.colors.outline))
        painter.drawPath(shape)
        painter.end()
