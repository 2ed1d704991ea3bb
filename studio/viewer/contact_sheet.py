"""The contact sheet: frames of the whole file in a grid, to look at, to go to, to save."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from engine.errors import ReelwrightError
from studio.background import Task
from studio.theme import SMALL_TEXT_SIZE, Theme, mono_font, tr
from studio.viewer.errands import Errands
from studio.viewer.media import Media
from studio.viewer.pixels import Pixels, rgb_from_rows
from studio.viewer.stills import Still, contact_stills
from studio.viewer.surface import image_of
from studio.viewer.timecode import timecode

_GAP: Final = 8
_CAPTION: Final = 20
_CELL: Final = 168
_SHEET_COLUMNS: Final = 5


class ContactSheet(QScrollArea):
    """Asks for the frames in the background and shows them; a click goes to one."""

    frame_chosen = Signal(int)
    failed = Signal(object)
    """A ReelwrightError."""

    def __init__(self, theme: Theme, errands: Errands, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._errands = errands
        self._task: Task | None = None
        self._path: Path | None = None
        self.grid = StillGrid(theme)
        self.grid.chosen.connect(self.frame_chosen)
        self.setWidget(self.grid)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(tr("Contact sheet"))

    def show_media(self, media: Media, fps: Fraction) -> None:
        """Show a file's frames; what is there already stays."""
        if media.path == self._path:
            return
        self.forget()
        path = self._path = media.path
        task: Task | None = None
        self.grid.set_stills((), fps, tr("Reading frames…"))

        def work() -> tuple[Still, ...]:
            return contact_stills(path, lambda: self._path != path)

        task = self._errands.run(
            work, lambda stills: self.grid.set_stills(stills, fps, ""), self._fail
        )
        self._task = task

    def forget(self) -> None:
        """Another file is shown, or none."""
        if self._task is not None:
            self._task.cancel()
        self._task, self._path = None, None
        self.grid.set_stills((), Fraction(24), "")

    def save(self, target: Path, done: Callable[[Path], None]) -> None:
        """Write the sheet as a picture."""
        if not self.grid.stills:
            return
        sheet = self.grid.sheet()
        pixels = Pixels(
            sheet.width(), sheet.height(), sheet.bytesPerLine(), memoryview(sheet.constBits())
        )

        def work() -> Path:
            from engine.media.write_image import write_image
            from engine.values import Image

            write_image(Image(rgb_from_rows(pixels)), target)
            return target

        self._errands.run(work, done, self._fail)

    def _fail(self, error: ReelwrightError) -> None:
        self.grid.set_stills((), Fraction(24), str(error))
        self.failed.emit(error)


class StillGrid(QWidget):
    """Paints the stills in as many columns as fit."""

    chosen = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.stills: tuple[Still, ...] = ()
        self._images: list[QImage] = []
        self._fps = Fraction(24)
        self._words = ""
        self.current = 0
        self.setMouseTracking(True)

    def set_stills(self, stills: tuple[Still, ...], fps: Fraction, words: str) -> None:
        """Other frames, or words in their place."""
        self.stills, self._fps, self._words = stills, fps, words
        self._images = [image_of(still.pixels) for still in stills]
        self._fix_height()
        self.update()

    def set_current(self, frame: int) -> None:
        """Mark where the playhead is."""
        self.current = frame
        self.update()

    def sheet(self) -> QImage:
        """All of it as one picture, each frame at its own size."""
        if not self._images:
            return QImage()
        width, height = self._images[0].width(), self._images[0].height()
        rows = ceil(len(self._images) / _SHEET_COLUMNS)
        columns = min(_SHEET_COLUMNS, len(self._images))
        size = QSize(columns * (width + _GAP) + _GAP, rows * (height + _GAP + _CAPTION) + _GAP)
        sheet = QImage(size, QImage.Format.Format_RGB32)
        sheet.fill(QColor(self.theme.colors.canvas))
        painter = QPainter(sheet)
        for number in range(len(self._images)):
            left = _GAP + number % columns * (width + _GAP)
            top = _GAP + number // columns * (height + _GAP + _CAPTION)
            self._paint_cell(painter, number, QRect(left, top, width, height), marked=False)
        painter.end()
        return sheet

    def cell(self, number: int) -> QRect:
        """Where a frame stands."""
        columns = self._columns()
        width = (self.width() - _GAP * (columns + 1)) // columns
        height = self._cell_height(width)
        left = _GAP + number % columns * (width + _GAP)
        top = _GAP + number // columns * (height + _GAP + _CAPTION)
        return QRect(left, top, width, height)

    def _columns(self) -> int:
        return max(1, self.width() // (_CELL + _GAP))

    def _cell_height(self, width: int) -> int:
        if not self._images:
            return width * 9 // 16
        image = self._images[0]
        return max(1, width * image.height() // max(1, image.width()))

    def _fix_height(self) -> None:
        last = self.cell(max(0, len(self.stills) - 1))
        self.setMinimumHeight(last.bottom() + _CAPTION + _GAP if self.stills else 0)

    def resizeEvent(self, event: object) -> None:
        """Other columns."""
        self._fix_height()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Only what is seen."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(self.theme.colors.canvas))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if not self.stills:
            painter.setPen(QColor(self.theme.colors.muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._words)
            return
        near = self._nearest()
        for number in range(len(self.stills)):
            rect = self.cell(number)
            if rect.adjusted(0, 0, 0, _CAPTION).intersects(event.rect()):
                self._paint_cell(painter, number, rect, marked=number == near)

    def _nearest(self) -> int:
        return min(range(len(self.stills)), key=lambda n: abs(self.stills[n].frame - self.current))

    def _paint_cell(self, painter: QPainter, number: int, rect: QRect, *, marked: bool) -> None:
        colors = self.theme.colors
        frame = self.stills[number].frame
        painter.drawImage(rect, self._images[number])
        if marked:
            painter.setPen(QColor(colors.accent))
            painter.drawRect(QRectF(rect).adjusted(-1.5, -1.5, 0.5, 0.5))
        painter.setFont(mono_font(SMALL_TEXT_SIZE - 1))
        painter.setPen(QColor(colors.text if marked else colors.muted))
        caption = QRect(rect.left(), rect.bottom() + 2, rect.width(), _CAPTION - 4)
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        painter.drawText(caption, left | Qt.AlignmentFlag.AlignVCenter, str(frame))
        painter.drawText(caption, right | Qt.AlignmentFlag.AlignVCenter, timecode(frame, self._fps))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to a frame."""
        for number, still in enumerate(self.stills):
            if self.cell(number).contains(event.position().toPoint()):
                self.chosen.emit(still.frame)
                return
