"""A number that is dragged, stepped or typed; a narrow range is drawn as a slider."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QLineEdit, QSizePolicy, QWidget

from studio.inspector.fields.arithmetic import Number
from studio.inspector.fields.stepping import Pace, Stepping
from studio.theme import Theme

HEIGHT: Final = 28
ROUNDING: Final = 6
PADDING: Final = 10
STEP_ZONE: Final = 18
"""How wide the arrows at both ends are, where a click steps."""

NO_KEYS: Final = Qt.KeyboardModifier.NoModifier

_KEYS: Final[dict[int, tuple[int, Pace]]] = {
    Qt.Key.Key_Up: (1, "normal"),
    Qt.Key.Key_Right: (1, "normal"),
    Qt.Key.Key_Down: (-1, "normal"),
    Qt.Key.Key_Left: (-1, "normal"),
    Qt.Key.Key_PageUp: (1, "coarse"),
    Qt.Key.Key_PageDown: (-1, "coarse"),
}


class ScrubBox(QWidget):
    """Shows a number; the owner decides what becomes of what the user does.

    Drag sideways, step with arrows, wheel (when focused) or the ends of the box; click or type
    to write.  Shift is finer, Ctrl coarser.
    """

    scrubbed = Signal(object)
    """The number that a drag or a step leads to."""
    typed = Signal(str)
    """What was written, on Enter or when the focus leaves."""
    finished = Signal()
    escaped = Signal()

    def __init__(self, stepping: Stepping, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stepping = stepping
        self._theme = theme
        self._value: Number = 0
        self._shown = ""
        self._instead = False
        self._bad = False
        self._pressed_at: QPoint | None = None
        self._last_x = 0
        self._start: Number = 0
        self._dragging = False
        self._editor: QLineEdit | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)

    def show_number(self, value: Number, text: str | None = None) -> None:
        """Show a number, or another text in its place ('mixed')."""
        self._value = value
        self._instead = text is not None
        self._shown = self._stepping.text(value) if text is None else text
        if self._editor is not None and not self._editor.isModified():
            self._editor.setText(self._shown)
        self.update()

    def mark(self, bad: bool) -> None:
        """Draw the outline as bad or good."""
        self._bad = bad
        self.update()

    @property
    def writing(self) -> bool:
        """Whether the user is typing."""
        return self._editor is not None

    def sizeHint(self) -> QSize:
        return QSize(120, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(64, HEIGHT)

    # Writing

    def write(self, text: str | None = None) -> None:
        """Let the user type, from what is there or from `text`."""
        if self._editor is None:
            self._editor = self._made_editor()
        if text is None:
            self._editor.setText(self._shown)
            self._editor.selectAll()
        else:
            self._editor.setText(text)
            self._editor.setModified(True)
        self._editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_editor(self) -> None:
        """Go back to showing the number."""
        editor, self._editor = self._editor, None
        if editor is not None:
            had_focus = editor.hasFocus()
            editor.blockSignals(True)
            if had_focus:
                self.setFocus(Qt.FocusReason.OtherFocusReason)
            editor.hide()
            editor.deleteLater()
            self.update()

    def _made_editor(self) -> QLineEdit:
        editor = _NumberLine(self)
        editor.setAccessibleName(self.accessibleName())
        editor.setAccessibleDescription(self.accessibleDescription())
        editor.setGeometry(self.rect())
        editor.editingFinished.connect(self._written)
        editor.escaped.connect(self._escape)
        editor.show()
        return editor

    def _written(self) -> None:
        editor = self._editor
        if editor is None:
            return
        changed, text = editor.isModified(), editor.text()
        self.close_editor()
        if changed:
            self.typed.emit(text)
        else:
            self.finished.emit()

    def _escape(self) -> None:
        self.close_editor()
        self.escaped.emit()

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        self._pressed_at = event.position().toPoint()
        self._last_x = self._pressed_at.x()
        self._start = self._value
        self._dragging = False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed_at is None:
            return
        here = event.position().toPoint()
        distance = here.x() - self._pressed_at.x()
        if not self._dragging and abs(distance) < QApplication.startDragDistance() // 2:
            return
        self._dragging = True
        pace = pace_of(event.modifiers())
        value = self._stepping.dragged(self._start, distance, self.width(), pace)
        if value != self._value:
            self.scrubbed.emit(value)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._pressed_at is None:
            return
        pressed, self._pressed_at = self._pressed_at, None
        if self._dragging:
            self._dragging = False
            self.finished.emit()
            return
        steps = self._zone(pressed.x())
        if steps:
            self._step(steps, pace_of(event.modifiers()))
            self.finished.emit()
        else:
            self.write()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Steps only where the user is already: a panel that scrolls must not change values."""
        if not self.hasFocus() or not event.angleDelta().y():
            event.ignore()
            return
        self._step(1 if event.angleDelta().y() > 0 else -1, pace_of(event.modifiers()))
        event.accept()

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _KEYS.get(event.key())
        if step is not None:
            count, pace = step
            self._step(count, pace if pace == "coarse" else pace_of(event.modifiers()))
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2):
            self.write()
            return
        if event.key() == Qt.Key.Key_Escape:
            self._drop_drag()
            self.escaped.emit()
            return
        held = event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
        typed = event.text()
        if (
            typed
            and held in (NO_KEYS, Qt.KeyboardModifier.KeypadModifier)
            and (typed.isdigit() or typed in "+-*/.(")
        ):
            self.write(typed)
            return
        super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()
        if self._editor is None:
            self.finished.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._editor is not None:
            self._editor.setGeometry(self.rect())

    def _step(self, steps: int, pace: Pace) -> None:
        value = self._stepping.stepped(self._value, steps, pace)
        if value != self._value:
            self.scrubbed.emit(value)

    def _drop_drag(self) -> None:
        self._pressed_at = None
        self._dragging = False

    def _zone(self, x: int) -> int:
        """-1 or 1 on the arrows at the ends, 0 between; a slider and a small box have none."""
        if self._stepping.slides or self.width() < 5 * STEP_ZONE:
            return 0
        return -1 if x < STEP_ZONE else 1 if x >= self.width() - STEP_ZONE else 0

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._editor is not None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        shape = QPainterPath()
        shape.addRoundedRect(box, ROUNDING, ROUNDING)
        colors = self._theme.colors
        painter.fillPath(shape, QColor(colors.field if self.isEnabled() else colors.panel))
        if self._stepping.slides and self.isEnabled() and not self._instead:
            self._paint_share(painter, box, shape)
        painter.setPen(QPen(QColor(self._outline()), 1))
        painter.drawPath(shape)
        self._paint_text(painter)
        painter.end()

    def _outline(self) -> str:
        colors = self._theme.colors
        if self._bad:
            return colors.danger
        if self.hasFocus():
            return colors.accent
        return colors.outline_strong if self.underMouse() and self.isEnabled() else colors.outline

    def _paint_share(self, painter: QPainter, box: QRectF, shape: QPainterPath) -> None:
        share = self._stepping.share(self._value)
        filled = QRectF(box.left(), box.top(), box.width() * share, box.height())
        painter.save()
        painter.setClipPath(shape)
        painter.fillRect(filled, QColor(self._theme.colors.selection))
        if share > 0:
            edge = QRectF(filled.right() - 2, box.top(), 2, box.height())
            painter.fillRect(edge, QColor(self._theme.colors.accent))
        painter.restore()

    def _paint_text(self, painter: QPainter) -> None:
        colors = self._theme.colors
        painter.setFont(self.font())
        arrows = self._zone(0) and self.isEnabled() and (self.underMouse() or self.hasFocus())
        left = STEP_ZONE if arrows else PADDING
        inner = self.rect().adjusted(left, 0, -left, 0)
        if arrows:
            self._paint_arrows(painter)
        metrics = self.fontMetrics()
        spec = self._stepping.spec
        unit = "" if spec.word_for(self._value) else spec.unit
        room = inner.width() - metrics.horizontalAdvance(self._shown) - 6
        middle = Qt.AlignmentFlag.AlignVCenter
        if unit and metrics.horizontalAdvance(unit) <= room:
            painter.setPen(QColor(colors.muted if self.isEnabled() else colors.disabled))
            painter.drawText(inner, Qt.AlignmentFlag.AlignRight | middle, unit)
        ink = colors.muted if self._instead else colors.text
        painter.setPen(QColor(ink if self.isEnabled() else colors.disabled))
        shown = metrics.elidedText(self._shown, Qt.TextElideMode.ElideMiddle, inner.width())
        painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | middle, shown)

    def _paint_arrows(self, painter: QPainter) -> None:
        painter.setPen(QPen(QColor(self._theme.colors.muted), 1.4))
        y = self.height() / 2
        for x, direction in ((9.0, -1), (self.width() - 9.0, 1)):
            tip = QPoint(round(x + 2 * direction), round(y))
            painter.drawLine(round(x - 1.5 * direction), round(y - 4), tip.x(), tip.y())
            painter.drawLine(round(x - 1.5 * direction), round(y + 4), tip.x(), tip.y())


class _NumberLine(QLineEdit):
    """The line that is typed into; Escape is its owner's."""

    escaped = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        else:
            super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()  # the box would take it as the wish to write again


def pace_of(modifiers: Qt.KeyboardModifier) -> Pace:
    """Shift is finer, Ctrl coarser."""
    if modifiers & Qt.KeyboardModifier.ShiftModifier:
        return "fine"
    return "coarse" if modifiers & Qt.KeyboardModifier.ControlModifier else "normal"
