"""Editing in place: a line, a text or a menu right where the value stands on the canvas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QMenu, QPlainTextEdit, QWidget

from engine.graph.params import ParamSpec, ParamValue
from studio.canvas.view import CanvasView
from studio.inspector.fields.arithmetic import number_meant
from studio.theme import Theme, tr, ui_font
from studio.theme.theme import TEXT_SIZE

SMALLEST_TEXT: Final = 9
LEAST_LINE: Final = 22
LEAST_AREA: Final = (200, 80)

Taken = Callable[[str], str]
"""Takes what was typed; answers why it cannot be taken, or ''."""


class LineEditor(QLineEdit):
    """A line over the canvas: Enter and leaving it take what was typed, Escape does not."""

    done = Signal()

    def __init__(self, parent: QWidget, theme: Theme, text: str, taken: Taken) -> None:
        super().__init__(text, parent)
        self._taken, self._theme = taken, theme
        self._done = False
        self._dress("accent")
        self.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.cancel()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if not self._done and event.reason() != Qt.FocusReason.PopupFocusReason:
            self.finish()

    def finish(self) -> None:
        """Take what was typed if it can be taken, and go away."""
        self._take(leaving=True)

    def _take(self, leaving: bool = False) -> None:
        if self._done:
            return
        reason = self._taken(self.text())
        if reason and not leaving:
            self._dress("danger")
            self.setToolTip(reason)
            return
        self.cancel()

    def cancel(self) -> None:
        """Go away; what was typed is not taken."""
        self._done = True
        leave(self)
        self.done.emit()

    def _dress(self, border: str) -> None:
        self.setStyleSheet(_dress(self._theme, border))


class TextEditor(QPlainTextEdit):
    """A text of several lines: Ctrl+Enter and leaving it take it, Escape does not."""

    done = Signal()

    def __init__(self, parent: QWidget, theme: Theme, text: str, taken: Taken) -> None:
        super().__init__(text, parent)
        self._taken = taken
        self._done = False
        self.setTabChangesFocus(True)
        self.setStyleSheet(_dress(theme, "accent"))
        self.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ends = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() == Qt.Key.Key_Escape:
            self.cancel()
        elif ends and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.finish()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.finish()

    def finish(self) -> None:
        """Take what was typed, and go away."""
        if not self._done:
            self._done = True
            self._taken(self.toPlainText())
            self.cancel()

    def cancel(self) -> None:
        """Go away; what was typed is not taken."""
        self._done = True
        leave(self)
        self.done.emit()


class Editors(QObject):
    """Opens editors over a canvas, one at a time; moving the canvas ends them."""

    def __init__(self, view: CanvasView, theme: Theme) -> None:
        super().__init__(view)
        self._view, self._theme = view, theme
        self._open: LineEditor | TextEditor | None = None
        view.camera.moved.connect(self.close)

    @property
    def editing(self) -> bool:
        """Whether something is being typed."""
        return self._open is not None

    def set_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        self._theme = theme

    def line(self, area: QRectF, text: str, taken: Taken, label: str) -> None:
        """Edit a short text in a rectangle of the scene."""
        self.close()
        editor = LineEditor(self._view.viewport(), self._theme, text, taken)
        self._show(editor, self._rect(area, 60, LEAST_LINE), label)

    def text(self, area: QRectF, text: str, taken: Taken, label: str) -> None:
        """Edit a text of several lines in a rectangle of the scene."""
        self.close()
        editor = TextEditor(self._view.viewport(), self._theme, text, taken)
        self._show(editor, self._rect(area, *LEAST_AREA), label)

    def close(self) -> None:
        """Take what was typed and go away."""
        editor, self._open = self._open, None
        if editor is not None:
            editor.finish()

    def cancel(self) -> None:
        """Go away without taking what was typed: what it was for is not there any more."""
        if self._open is not None:
            self._open.cancel()

    def _show(self, editor: LineEditor | TextEditor, rect: QRect, label: str) -> None:
        size = round(TEXT_SIZE * min(max(self._view.camera.zoom, 0.75), 1.5))
        editor.setFont(ui_font(max(size, SMALLEST_TEXT)))
        editor.setAccessibleName(label)
        editor.setGeometry(rect)
        editor.done.connect(self._forget)
        self._open = editor
        editor.show()
        editor.setFocus()

    def _forget(self) -> None:
        self._open = None

    def _rect(self, area: QRectF, width: int, height: int) -> QRect:
        """A rectangle of the scene in the view, large enough to type in."""
        corner = self._view.from_scene(area.topLeft())
        end = self._view.from_scene(area.bottomRight())
        rect = QRect(corner, end)
        grown = max(0, height - rect.height()) if height <= LEAST_LINE else 0
        rect.setWidth(max(rect.width(), width))
        rect.setHeight(max(rect.height(), height))
        return rect.translated(0, -(grown // 2))


def leave(editor: QWidget) -> None:
    """Take an editor away, and give the keys back to the canvas."""
    viewport = editor.parentWidget()
    canvas = viewport.parentWidget() if viewport is not None else None
    editor.hide()
    editor.deleteLater()
    if canvas is not None:
        canvas.setFocus()


def read_value(spec: ParamSpec, text: str, current: ParamValue) -> ParamValue:
    """The value that was typed.  Raises ValueError with a clause that says what is wrong."""
    if spec.type in (int, float) and not spec.many:
        assert isinstance(current, (int, float)), "a number stands there"
        number = number_meant(spec, text, current)
        return spec.check(round(number) if spec.type is int else float(number))
    return spec.parse(text)


def written(value: ParamValue) -> str:
    """A value as it is typed."""
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def choice_menu(
    parent: QWidget, spec: ParamSpec, value: ParamValue, chosen: Callable[[ParamValue], None]
) -> QMenu:
    """A menu of all choices of a parameter, with a mark at the one that is set."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for choice in spec.choices:
        action = menu.addAction(str(choice))
        action.setCheckable(True)
        action.setChecked(choice == value)
        action.triggered.connect(lambda _=False, choice=choice: chosen(choice))
    menu.setAccessibleName(tr("Choices"))
    return menu


def _dress(theme: Theme, border: str) -> str:
    colors = theme.colors
    return (
        f"background: {colors.field}; color: {colors.text}; border: 1px solid"
        f" {getattr(colors, border)}; border-radius: 4px; padding: 1px 5px;"
        f" selection-background-color: {colors.selection};"
    )
