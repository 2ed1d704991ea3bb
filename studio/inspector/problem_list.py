"""What is wrong, one line each; a click goes to the node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from engine.graph.problems import Problem
from studio.theme import Theme, icon_pixmap, tr

SHOWN: Final = 40
"""Beyond this many a line says how many more there are."""


class ProblemList(QWidget):
    """Lines that say what is wrong and the way out."""

    node_wanted = Signal(str)
    """The place key of the node that a problem is of."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._problems: tuple[Problem, ...] = ()
        self.lines: list[ProblemLine] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._more = QLabel(self)
        self._more.setProperty("role", "muted")
        self._column.addWidget(self._more)
        self.hide()

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Show these; nothing takes no room."""
        wanted = tuple(problems)
        if wanted == self._problems:
            return
        self._problems = wanted
        for line in self.lines:
            self._column.removeWidget(line)
            line.hide()
            line.deleteLater()
        self.lines = [ProblemLine(each, self._theme, self) for each in wanted[:SHOWN]]
        for index, line in enumerate(self.lines):
            line.chosen.connect(self.node_wanted)
            self._column.insertWidget(index, line)
        left = len(wanted) - SHOWN
        self._more.setText(tr("and {count} more", count=left))
        self._more.setVisible(left > 0)
        self.setVisible(bool(wanted))


class ProblemLine(QFrame):
    """One problem."""

    chosen = Signal(str)

    def __init__(self, problem: Problem, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._node = problem.node
        error = problem.severity == "error"
        self.setProperty("role", "message")
        self.setProperty("tone", "danger" if error else "warning")
        color = theme.colors.danger if error else theme.colors.warning
        mark = QLabel(self)
        mark.setPixmap(icon_pixmap("error" if error else "warning", color, 16))
        mark.setAlignment(Qt.AlignmentFlag.AlignTop)
        text = QLabel(str(problem), self)
        text.setWordWrap(True)
        text.setTextFormat(Qt.TextFormat.PlainText)
        line = QHBoxLayout(self)
        line.setContentsMargins(8, 6, 8, 6)
        line.setSpacing(8)
        line.addWidget(mark)
        line.addWidget(text, 1)
        self.setAccessibleName(str(problem))
        if problem.node:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.setToolTip(tr("Go to '{node}'", node=problem.node))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._node and self.rect().contains(event.position().toPoint()):
            self.chosen.emit(self._node)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._node and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Space):
            self.chosen.emit(self._node)
        else:
            super().keyPressEvent(event)
