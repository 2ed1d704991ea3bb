"""What is wrong, one line each; a click goes to the node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from engine.graph.problems import Problem
from studio.inspector.role import set_role
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
        shown = wanted[:SHOWN]
        while len(self.lines) < len(shown):
            line = ProblemLine(self._theme, self)
            line.chosen.connect(self.node_wanted)
            self._column.insertWidget(len(self.lines), line)
            self.lines.append(line)
        for line in self.lines[len(shown) :]:
            line.hide()
        for line, problem in zip(self.lines, shown, strict=False):
            line.show_problem(problem)
            line.show()
        left = len(wanted) - SHOWN
        self._more.setText(tr("and {count} more", count=left))
        self._more.setVisible(left > 0)
        self.setVisible(bool(wanted))


class ProblemLine(QFrame):
    """One problem."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._node = ""
        self.setProperty("role", "message")
        self._mark = QLabel(self)
        self._mark.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        line = QHBoxLayout(self)
        line.setContentsMargins(8, 6, 8, 6)
        line.setSpacing(8)
        line.addWidget(self._mark)
        line.addWidget(self._text, 1)

    def show_problem(self, problem: Problem) -> None:
        """Say what is wrong."""
        self._node = problem.node
        sentence = str(problem)
        self._text.setText(sentence)
        self.setAccessibleName(sentence)
        self._show_tone("danger" if problem.severity == "error" else "warning")
        there = bool(problem.node)
        shape = Qt.CursorShape.PointingHandCursor if there else Qt.CursorShape.ArrowCursor
        self.setCursor(shape)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if there else Qt.FocusPolicy.NoFocus)
        self.setToolTip(tr("Go to '{node}'", node=problem.node) if there else "")

    def _show_tone(self, tone: str) -> None:
        set_role(self, tone, "tone")
        danger = tone == "danger"
        color = self._theme.colors.danger if danger else self._theme.colors.warning
        drawing = "error" if danger else "warning"
        self._mark.setPixmap(icon_pixmap(drawing, color, 16, self.devicePixelRatioF()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._node and self.rect().contains(event.position().toPoint()):
            self.chosen.emit(self._node)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._node and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Space):
            self.chosen.emit(self._node)
        else:
            super().keyPressEvent(event)
