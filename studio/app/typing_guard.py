"""While text is edited, the keys of canvas and viewer write text and do nothing else.

And what is being typed counts for every command of the window: whoever types a number and presses
Run, or saves, means the number that is seen.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QGraphicsProxyWidget,
    QGraphicsTextItem,
    QGraphicsView,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from studio.app.actions import Actions
from studio.commands import COMMANDS

_TEXT = (QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox)


class TypingGuard(QObject):
    """Watches the widget that has the focus, and no other: events of the rest cost nothing."""

    def __init__(self, app: QApplication, actions: Actions, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self._watched: QWidget | None = None
        app.focusChanged.connect(self._watch)
        actions.beginning.connect(self._take_typing)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Claim a shortcut's key for the text: Qt then sends it as an ordinary key."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            sequence = QKeySequence(event.keyCombination()).toString()
            if self._actions.belongs_elsewhere(sequence) and edits_text(watched):
                event.accept()
        return False

    def _take_typing(self, key: str) -> None:
        """Fields take what was typed when the keyboard leaves them: let it leave, and return."""
        field = self._watched
        if COMMANDS[key].where == "app" and isinstance(field, _TEXT) and edits_text(field):
            field.clearFocus()
            if field.isVisible() and field.window().isActiveWindow():
                field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _watch(self, _: QWidget | None, now: QWidget | None) -> None:
        if self._watched is not None:
            self._watched.removeEventFilter(self)
            self._watched.destroyed.disconnect(self._forget)
            self._watched = None
        if isinstance(now, (*_TEXT, QComboBox, QGraphicsView)):
            self._watched = now
            now.installEventFilter(self)
            now.destroyed.connect(self._forget)

    def _forget(self) -> None:
        self._watched = None


def edits_text(widget: QObject) -> bool:
    """Whether keys that reach a widget write text, in it or in an item of its scene."""
    if isinstance(widget, QGraphicsView):
        scene = widget.scene()  # none yet, while a view is being made
        item = scene.focusItem() if scene else None
        if isinstance(item, QGraphicsTextItem):
            writing = Qt.TextInteractionFlag.TextEditable
            return bool(item.textInteractionFlags() & writing)
        return isinstance(item, QGraphicsProxyWidget) and edits_text(_focused(item))
    if isinstance(widget, QComboBox):
        return widget.isEditable()
    return isinstance(widget, _TEXT) and not (
        isinstance(widget, (QLineEdit, QPlainTextEdit, QTextEdit)) and widget.isReadOnly()
    )


def _focused(item: QGraphicsProxyWidget) -> QWidget:
    inner = item.widget()
    return inner.focusWidget() or inner
