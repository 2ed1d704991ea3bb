"""The picture: painted at the size it comes in, zoomed, moved, looked at closely, compared."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.theme import Theme, tr
from studio.viewer.comparing import Comparison, Wipe, paint_difference, paint_side, paint_wipe
from studio.viewer.framing import NEAREST_FROM, Framing, Point, Size, wanted_size
from studio.viewer.overlays import (
    paint_checker,
    paint_corner,
    paint_message,
    paint_readout,
    zoom_words,
)
from studio.viewer.pixels import Pixels

_WHEEL_STEP: Final = 1.25
_WHEEL_UNITS: Final = 120
_MOST_SMOOTH: Final = 1_500_000  # device pixels that can be smoothed without a stall
_CLICK_PIXELS: Final = 3


class Surface(QWidget):
    """Shows one picture, or two.  `framing_changed`: frames may be wanted in another size."""

    framing_changed = Signal()
    hovered = Signal(bool)
    clicked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.framing = Framing()
        self.comparison: Comparison = "off"
        self.note = ""
        self.wipe = Wipe()
        self.hover: Point | None = None
        self._picture = Size(0, 0)
        self.picture: Pixels | None = None
        """What is shown now."""
        self._image: QImage | None = None
        self._other: QImage | None = None
        self._original: QImage | None = None
        self._kept: tuple[Pixels | None, Pixels | None] = (None, None)
        self._kept_original: Pixels | None = None
        self._message: tuple[str, str, str] | None = None
        self._titles = ("", "")
        self._dragged: QPointF | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # keys belong to the panel
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 90)
        self.setAccessibleName(tr("Picture"))

    def sizeHint(self) -> QSize:
        """As a dock: wide enough for a picture to be judged."""
        return QSize(480, 270)

    def show_picture(self, picture: Pixels | None, other: Pixels | None, own: Size) -> None:
        """Show a frame, and the one it is compared with; `own` is the frame's size in full.

        The zoom stays from one file to the next of the same size, so that details can be compared.
        """
        if picture is not None and own != self._picture:
            self._picture = own
            self.framing = Framing()
        self._image = None if picture is None else image_of(picture)
        self._other = None if other is None else image_of(other)
        self._original = None
        self._kept = (picture, other)  # images lie on these bytes
        self.picture = picture
        self._message = None
        self.update()

    def show_original(self, picture: Pixels | None) -> None:
        """The frame's exact values, for the read-out."""
        self._original = None if picture is None else image_of(picture)
        self._kept_original = picture
        self.update()

    def show_message(self, icon: str, title: str, text: str) -> None:
        """Show words instead of a picture."""
        self._message = (icon, title, text)
        self._image = self._other = self._original = self.picture = None
        self.setAccessibleDescription(f"{title} {text}".strip())
        self.update()

    def set_note(self, note: str) -> None:
        """What is told over the picture of how it is shown; '' for as it is."""
        self.note = note
        self.update()

    def set_titles(self, title: str, other: str) -> None:
        """What stands on either side of a comparison."""
        self._titles = (title, other)
        self.update()

    def set_comparison(self, comparison: Comparison) -> None:
        """How two pictures are shown."""
        self.comparison = comparison
        self.update()
        self.framing_changed.emit()

    def set_framing(self, framing: Framing) -> None:
        """Fit, zoom or move."""
        self.framing = framing
        self.update()
        self.framing_changed.emit()

    def fit(self) -> None:
        """See all of the picture."""
        self.set_framing(Framing())

    def zoom_to(self, zoom: float) -> None:
        """Set the zoom, kept at the cursor if that is over the picture."""
        area = self.area()
        at = self.hover or Point(area.width / 2, area.height / 2)
        scale = self.framing.scale(self._picture, area)
        self.set_framing(self.framing.zoomed(zoom / scale, at, self._picture, area))

    def toggle_zoom(self) -> None:
        """Between the whole and its pixels."""
        if self.framing.zoom is None:
            self.zoom_to(1.0)
        else:
            self.fit()

    def zoom(self) -> float:
        """Device pixels a picture pixel."""
        return self.framing.scale(self._picture, self.area())

    def area(self) -> Size:
        """What one picture may take, in device pixels."""
        ratio = self.devicePixelRatioF()
        width = self.width() / (2 if self._side_by_side else 1)
        return Size(width * ratio, self.height() * ratio)

    def wanted(self, own: Size) -> tuple[int, int]:
        """The size in which frames of a size are to be delivered."""
        return wanted_size(self.framing, own, self.area())

    @property
    def _side_by_side(self) -> bool:
        return self.comparison == "side" and self._other is not None

    def paintEvent(self, event: QPaintEvent) -> None:
        """Only this: pictures come in the size they are painted."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self.theme.colors.canvas))
        if self._image is None:
            if self._message is not None:
                paint_message(painter, self.rect(), self.theme, *self._message)
            return
        ratio = self.devicePixelRatioF()
        painter.save()
        painter.scale(1 / ratio, 1 / ratio)
        self._paint_pictures(painter)
        painter.restore()
        self._paint_words(painter)

    def _paint_pictures(self, painter: QPainter) -> None:
        assert self._image is not None
        area = self.area()
        rect = self._device_rect()
        if self._image.hasAlphaChannel():
            paint_checker(painter, rect, self.theme)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._smooth(rect))
        if self._other is None or self.comparison == "off":
            painter.drawImage(rect, self._image)
        elif self.comparison == "wipe":
            paint_wipe(painter, rect, self._image, self._other, self.wipe)
        elif self.comparison == "difference":
            paint_difference(painter, rect, self._image, self._other)
        else:
            paint_side(painter, rect, area, self._image, self._other)

    def _smooth(self, rect: QRectF) -> bool:
        area = self.area()
        seen = min(rect.width(), area.width) * min(rect.height(), area.height)
        return self.framing.scale(self._picture, area) < NEAREST_FROM and seen <= _MOST_SMOOTH

    def _paint_words(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._other is not None and self.comparison != "off":
            self.wipe.paint_handle(
                painter,
                self._picture_rect(),
                self.rect(),
                self.theme,
                self._titles,
                self.comparison,
            )
        found = self.read_out()
        if found is not None:
            paint_readout(painter, self.rect(), self.theme, *found)
        zoom = zoom_words(self.zoom()) if self.framing.zoom is not None else ""
        paint_corner(painter, self.rect(), self.theme, self.note, zoom)

    def read_out(self) -> tuple[int, int, QColor, bool] | None:
        """The pixel under the cursor: where, its colour, and whether that is its exact value."""
        if self.hover is None or self._image is None or not self._picture.width:
            return None
        at = self.hover
        area = self.area()
        image = self._image
        if self._side_by_side and at.x >= area.width:
            at = Point(at.x - area.width, at.y)
            image = self._other or image
        elif self._wiping() and at.x >= self.wipe.x(
            QRectF(*self.framing.rect(self._picture, area))
        ):
            image = self._other or image
        x, y = (int(value // 1) for value in self.framing.to_picture(at, self._picture, area))
        if not (0 <= x < self._picture.width and 0 <= y < self._picture.height):
            return None
        if self._original is not None and image is self._image:
            return x, y, self._original.pixelColor(x, y), True
        left = int(x * image.width() / self._picture.width)
        top = int(y * image.height() / self._picture.height)
        return x, y, image.pixelColor(left, top), False

    def _device(self, at: QPointF) -> Point:
        ratio = self.devicePixelRatioF()
        return Point(at.x() * ratio, at.y() * ratio)

    def _device_rect(self) -> QRectF:
        return QRectF(*self.framing.rect(self._picture, self.area()))

    def _picture_rect(self) -> QRectF:
        ratio = self.devicePixelRatioF()
        x, y, width, height = self.framing.rect(self._picture, self.area())
        return QRectF(x / ratio, y / ratio, width / ratio, height / ratio)

    def _wiping(self) -> bool:
        return self.comparison == "wipe" and self._other is not None and self._image is not None

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the cursor."""
        turned = event.angleDelta().y() or event.pixelDelta().y()
        if self._image is not None and turned:
            factor = _WHEEL_STEP ** (turned / _WHEEL_UNITS)
            self._zoom_at(factor, event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Pinching zooms too."""
        if (
            isinstance(event, QNativeGestureEvent)
            and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture
        ):
            self._zoom_at(1 + event.value(), event.position())
            return True
        return super().event(event)

    def _zoom_at(self, factor: float, at: QPointF) -> None:
        if self._picture.width:
            place = self._device(at)
            self.set_framing(self.framing.zoomed(factor, place, self._picture, self.area()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the wipe's line, or the picture."""
        buttons = (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton)
        if self._image is None or event.button() not in buttons:
            return
        near = self._wiping() and self.wipe.near(event.position(), self._picture_rect())
        if near and event.button() == Qt.MouseButton.LeftButton:
            self.wipe.held = True
        else:
            self._dragged = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move what was taken; else say what lies under the cursor."""
        at = event.position()
        if self.wipe.held:
            self.wipe.move_to(at, self._picture_rect())
        elif self._dragged is not None:
            ratio = self.devicePixelRatioF()
            moved = (at - self._dragged) * ratio
            self._dragged = at
            self.set_framing(self.framing.panned(moved.x(), moved.y(), self._picture, self.area()))
        over = self._wiping() and self.wipe.near(at, self._picture_rect())
        shape = Qt.CursorShape.SplitHCursor if over else Qt.CursorShape.ArrowCursor
        if self._dragged is not None:
            shape = Qt.CursorShape.ClosedHandCursor
        self.setCursor(shape)
        self._hover_at(self._device(at))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self.wipe.held = False
        self._dragged = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Between the whole and its pixels."""
        if self._image is not None and event.button() == Qt.MouseButton.LeftButton:
            self.toggle_zoom()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the cursor."""
        self._hover_at(None)

    def _hover_at(self, at: Point | None) -> None:
        before = self.hover
        self.hover = at
        if (before is None) != (at is None):
            self.hovered.emit(at is not None)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another size is wanted."""
        super().resizeEvent(event)
        self.framing_changed.emit()


def image_of(pixels: Pixels) -> QImage:
    """Pixels as Qt's image, on the very same bytes: the pixels must be kept as long."""
    form = QImage.Format.Format_ARGB32 if pixels.alpha else QImage.Format.Format_RGB32
    return QImage(pixels.data, pixels.width, pixels.height, pixels.stride, form)
