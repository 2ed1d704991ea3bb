"""The controls that a document exposes: a line each, to reorder, rename and remove."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.inspector.faces import ControlLine
from studio.inspector.icon_button import IconButton
from studio.theme import Theme, icon_pixmap, tr


class ControlList(QWidget):
    """Lines that are dragged up and down, or moved with Alt and the arrow keys."""

    moved = Signal(str, int)
    change_wanted = Signal(object)
    removed = Signal(str)
    node_wanted = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._shown: tuple[ControlLine, ...] = ()
        self.lines: list[ControlEntry] = []
        self._empty = QLabel(
            tr(
                "Nothing is exposed yet. Select a node and choose 'Expose as a control' "
                "in a parameter's menu."
            ),
            self,
        )
        self._empty.setWordWrap(True)
        self._empty.setProperty("role", "muted")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._column.addWidget(self._empty)

    def show_controls(self, controls: Sequence[ControlLine]) -> None:
        """Show what is exposed, in order."""
        wanted = tuple(controls)
        self._empty.setVisible(not wanted)
        if _names(wanted) == _names(self._shown):
            return
        focused = next((line.control.name for line in self.lines if line.hasFocus()), "")
        self._shown = wanted
        for line in self.lines:
            self._column.removeWidget(line)
            line.hide()
            line.deleteLater()
        self.lines = [self._made(control) for control in wanted]
        for line in self.lines:
            self._column.addWidget(line)
            if line.control.name == focused:
                line.setFocus()

    def _made(self, control: ControlLine) -> ControlEntry:
        line = ControlEntry(control, self._theme, self)
        line.dragged.connect(self._dragged)
        line.stepped.connect(lambda by: self._step(control.name, by))
        line.change_wanted.connect(lambda: self.change_wanted.emit(control))
        line.removed.connect(lambda: self.removed.emit(control.name))
        line.node_wanted.connect(lambda: self.node_wanted.emit(control.node))
        return line

    def _step(self, name: str, by: int) -> None:
        index = [line.control.name for line in self.lines].index(name) + by
        if 0 <= index < len(self.lines):
            self.moved.emit(name, index)

    def _dragged(self, name: str, y: int) -> None:
        """A line was let go at a height of this list."""
        names = [line.control.name for line in self.lines]
        others = [line for line in self.lines if line.control.name != name]
        index = sum(line.geometry().center().y() < y for line in others)
        if index != names.index(name):
            self.moved.emit(name, index)


class ControlEntry(QFrame):
    """One exposed control."""

    dragged = Signal(str, int)
    stepped = Signal(int)
    change_wanted = Signal()
    removed = Signal()
    node_wanted = Signal()

    def __init__(self, control: ControlLine, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.control = control
        self._grabbed: int | None = None
        self.setProperty("role", "card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Control {label}", label=control.label))
        self.setToolTip(
            tr("Drag to reorder, or Alt+Up and Alt+Down. Double-click to go to the node.")
        )
        grip = QLabel(self)
        grip.setPixmap(icon_pixmap("drag", theme.colors.muted, 14))
        grip.setCursor(Qt.CursorShape.OpenHandCursor)
        label = QLabel(control.label, self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        place = QLabel(f"{control.node}.{control.param}", self)
        place.setProperty("role", "small")
        text = QVBoxLayout()
        text.setSpacing(0)
        text.addWidget(label)
        text.addWidget(place)
        if control.problem:
            fault = QLabel(control.problem, self)
            fault.setProperty("role", "warning")
            fault.setWordWrap(True)
            text.addWidget(fault)
        self.change = IconButton(
            "edit", tr("Change {label}", label=control.label), theme, self, size=14
        )
        self.change.clicked.connect(self.change_wanted)
        self.remove = IconButton(
            "close", tr("Hide {label}", label=control.label), theme, self, size=12
        )
        self.remove.clicked.connect(self.removed)
        line = QHBoxLayout(self)
        line.setContentsMargins(8, 4, 4, 4)
        line.setSpacing(6)
        line.addWidget(grip)
        line.addLayout(text, 1)
        line.addWidget(self.change)
        line.addWidget(self.remove)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._grabbed = event.position().toPoint().y()
        self.raise_()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grabbed is not None:
            y = self.mapToParent(event.position().toPoint()).y() - self._grabbed
            self.move(self.x(), y)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._grabbed is None:
            return
        self._grabbed = None
        center = self.geometry().center().y()
        parent = self.parentWidget()
        layout = parent.layout() if parent is not None else None
        self.dragged.emit(self.control.name, center)
        if layout is not None:
            layout.invalidate()
            layout.activate()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.node_wanted.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        if step and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.stepped.emit(step)
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit()
        elif event.key() in (Qt.Key.Key_F2, Qt.Key.Key_Return):
            self.change_wanted.emit()
        else:
            super().keyPressEvent(event)


def _names(controls: Sequence[ControlLine]) -> list[tuple[str, str, str, str, str]]:
    return [(it.name, it.label, it.node, it.param, it.problem) for it in controls]
