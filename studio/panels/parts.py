"""What the run panels are made of: a bar of buttons, a list, an empty state, a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import (
    QDragLeaveEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPalette,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.panels.row_model import RowModel
from studio.panels.row_painter import RowPainter
from studio.panels.row_view import RowView
from studio.theme import DARK, LIGHT, Theme, icon, icon_pixmap, shown_key, tr

SOON_MS: Final = 80


def theme_in_force() -> Theme:
    """The theme that the application shows."""
    window = QApplication.palette().color(QPalette.ColorRole.Window)
    return DARK if window.lightness() < 128 else LIGHT


class Button(QToolButton):
    """A quiet button with an icon; its tool tip says the key that does the same."""

    def __init__(self, name: str, text: str, keys: str = "", *, wide: bool = False) -> None:
        super().__init__()
        self._icon = name
        self.setProperty("role", "quiet")
        self.setText(text)
        self.setAccessibleName(text)
        shown = shown_key(keys)
        self.setToolTip(f"{text}  ({shown})" if shown else text)
        if wide:
            self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)

    def set_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        self.setIcon(icon(self._icon, theme))


class RowList(RowView):
    """A list of rows that is worked by mouse and keys."""

    key_pressed = Signal(str)
    """A key sequence in portable text that may be one of the panel's."""
    opened = Signal(str)
    """The key of a row that was double-clicked, or on which Return was pressed."""
    menu_wanted = Signal(QPoint)
    chosen = Signal()
    """Other rows are selected."""

    def __init__(self, model: RowModel, painter: RowPainter, name: str) -> None:
        super().__init__(painter.height)
        self.rows = model
        self.painter = painter
        self._heard = frozenset[str]()
        self._kept: tuple[str, ...] = ()
        self._kept_current = ""
        self._kept_place = 0
        self.setModel(model)
        self.setItemDelegate(painter)
        self.setAccessibleName(name)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self.menu_wanted)
        self.selectionModel().selectionChanged.connect(lambda *_: self.chosen.emit())
        model.reordering.connect(self._keep_selection)
        model.reordered.connect(self._restore_selection)

    def hear(self, keys: frozenset[str]) -> None:
        """These key sequences are the panel's, wherever in the list they are pressed."""
        self._heard = keys

    def selected(self) -> tuple[str, ...]:
        """Keys of the selected rows, from top to bottom."""
        indexes = sorted(self.selectionModel().selectedIndexes(), key=lambda index: index.row())
        return tuple(self.rows.key(index) for index in indexes)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        pressed = QKeySequence(event.keyCombination()).toString(
            QKeySequence.SequenceFormat.PortableText
        )
        if pressed in ("Return", "Enter") and self.currentIndex().isValid():
            self.opened.emit(self.rows.key(self.currentIndex()))
        elif pressed in self._heard:
            self.key_pressed.emit(pressed)
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and event.button() is Qt.MouseButton.LeftButton:
            self.opened.emit(self.rows.key(index))

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        super().dragLeaveEvent(event)
        self.end_drop()

    def dropEvent(self, event: QDropEvent) -> None:
        row = self.drop_row()
        self.end_drop()
        at = self.model().rowCount() if row is None else row
        self.rows.dropMimeData(event.mimeData(), Qt.DropAction.MoveAction, at, 0, QModelIndex())
        # The queue moves it, if it can be moved: the dragged rows are not taken out by Qt.
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()

    def _keep_selection(self) -> None:
        self._kept = self.selected()
        self._kept_current = self.rows.key(self.currentIndex())
        self._kept_place = self.verticalScrollBar().value()

    def _restore_selection(self) -> None:
        """What was taken out and put in again stays selected, and nothing else is."""
        flag, selection = QItemSelectionModel.SelectionFlag, self.selectionModel()
        if self.selected() != self._kept:
            selection.clearSelection()
            for key in self._kept:
                index = self.rows.index_of(key)
                if index.isValid():
                    selection.select(index, flag.Select)
        current = self.rows.index_of(self._kept_current)
        if current.isValid() and current != self.currentIndex():
            selection.setCurrentIndex(current, flag.NoUpdate)
        # Qt follows a current row that is taken out; whoever looks at the list does not.
        self.verticalScrollBar().setValue(self._kept_place)


class Empty(QWidget):
    """What a panel shows while there is nothing: a drawing, a few words, and what to do."""

    def __init__(self, drawing: str, title: str, hint: str) -> None:
        super().__init__()
        self._drawing = drawing
        self._mark = QLabel(self)
        self.title = _label(title, "heading")
        self.hint = _label(hint, "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        column.addStretch(2)
        for label in (self._mark, self.title, self.hint):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        column.addStretch(3)

    def say(self, title: str, hint: str) -> None:
        """Other words."""
        self.title.setText(title)
        self.hint.setText(hint)

    def set_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        scale = self.devicePixelRatioF()
        self._mark.setPixmap(icon_pixmap(self._drawing, theme.colors.disabled, 40, scale))


class Sentence(QFrame):
    """A sentence with a way out at its side; hidden while there is none."""

    def __init__(self, tone: str) -> None:
        super().__init__()
        self.setProperty("role", "message")
        self.setProperty("tone", tone)
        self.text = _label("", "")
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(4)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(6)
        column.addWidget(self.text)
        column.addLayout(self.buttons)
        self.buttons.addStretch(1)
        self.hide()

    def add(self, text: str, tip: str, does: Callable[[], None]) -> QPushButton:
        """A button below the sentence."""
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setAccessibleName(text)
        button.clicked.connect(does)
        self.buttons.insertWidget(self.buttons.count() - 1, button)
        return button

    def say(self, sentence: str) -> None:
        """Show a sentence; '' hides it."""
        self.text.setText(sentence)
        self.setVisible(bool(sentence))


class Soon(QTimer):
    """Calls something once, a moment after it was asked to, however often it is asked."""

    def __init__(self, parent: QWidget, call: Callable[[], None], after: int = SOON_MS) -> None:
        super().__init__(parent)
        self.setSingleShot(True)
        self.setInterval(after)
        self.timeout.connect(call)

    def ask(self) -> None:
        """Soon; being asked again does not put it off."""
        if not self.isActive():
            self.start()


def bar() -> tuple[QFrame, QHBoxLayout]:
    """A bar at the top of a panel, and where its buttons go."""
    frame = QFrame()
    frame.setProperty("role", "bar")
    row = QHBoxLayout(frame)
    row.setContentsMargins(8, 4, 8, 4)
    row.setSpacing(2)
    return frame, row


def _label(text: str, role: str) -> QLabel:
    label = QLabel(tr(text) if text else "")
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label
