"""How the last run of the selected node went: state, time, progress, error, notes, files."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.inspector.progress_line import ProgressLine
from studio.runs import NodeRun, NodeState
from studio.theme import Theme, icon_pixmap, tr
from studio.times import left, size, span

SHOWN_FILES: Final = 4
WORTH_TELLING: Final = 0.05
"""Seconds; a node that took less took no time."""

TONES: Final[dict[NodeState, str]] = {
    "waiting": "muted",
    "running": "accent",
    "done": "success",
    "cached": "info",
    "failed": "danger",
    "skipped": "muted",
    "cancelled": "warning",
}


class RunCard(QFrame):
    """A card for one node's part in the last run; hidden where there is none."""

    file_wanted = Signal(object)
    """Path: the user wants to see this file."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._run = NodeRun()
        self.setProperty("role", "card")
        self.mark = QLabel(self)
        self.state = QLabel(self)
        self.time = QLabel(self)
        self.time.setProperty("role", "muted")
        self.bar = ProgressLine(theme, tr("Progress of the node"), self)
        self.error = _sentence(self, "danger")
        self.notes = _sentence(self, "muted")
        self.files = QVBoxLayout()
        self.files.setSpacing(0)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self.mark)
        head.addWidget(self.state)
        head.addStretch()
        head.addWidget(self.time)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self.bar)
        column.addWidget(self.error)
        column.addWidget(self.notes)
        column.addLayout(self.files)
        self.hide()

    def show_run(self, run: NodeRun) -> None:
        """Show a node's part in a run."""
        before, self._run = self._run, run
        if run == before:
            return
        self.setVisible(run.state != "idle")
        if run.state == "idle":
            return
        if run.state != before.state:
            self._show_state(run.state)
        self.time.setText(_time_of(run))
        self._show_progress(run)
        _say(self.error, run.message if run.state == "failed" else "")
        _say(self.notes, "\n".join(run.notes))
        if run.files != before.files:
            self._show_files(run.files)

    def _show_state(self, state: NodeState) -> None:
        colors, tone = self._theme.colors, TONES.get(state, "muted")
        color = getattr(colors, tone)
        self.mark.setPixmap(icon_pixmap(state, color, 16, self.devicePixelRatioF()))
        self.state.setText(_words_of(state))
        self.setAccessibleName(tr("Last run: {state}", state=_words_of(state)))

    def _show_progress(self, run: NodeRun) -> None:
        self.bar.setVisible(run.state == "running")
        if run.state == "running":
            self.bar.show_fraction(run.done / run.total if run.total else None)

    def _show_files(self, files: tuple[Path, ...]) -> None:
        while self.files.count():
            item = self.files.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for file in files[-SHOWN_FILES:]:
            button = QPushButton(file.name, self)
            button.setProperty("role", "quiet")
            button.setToolTip(tr("Show {file}", file=file))
            button.setAccessibleName(tr("Show {file}", file=file.name))
            button.clicked.connect(lambda _=False, file=file: self.file_wanted.emit(file))
            self.files.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)


def _words_of(state: NodeState) -> str:
    return {
        "waiting": tr("Waiting"),
        "running": tr("Running"),
        "done": tr("Done"),
        "cached": tr("Taken from the cache"),
        "failed": tr("Failed"),
        "skipped": tr("Skipped: what it needs is missing"),
        "cancelled": tr("Stopped"),
    }.get(state, "")


def _time_of(run: NodeRun) -> str:
    if run.state in ("done", "failed"):
        if run.seconds < WORTH_TELLING:
            return ""
        return f"{span(run.seconds)}, {size(run.memory)}" if run.memory else span(run.seconds)
    if run.state != "running" or not run.total:
        return ""
    done = f"{run.done:,} / {run.total:,} {run.unit}".rstrip()
    return done if run.eta is None else tr("{done}, {time} left", done=done, time=left(run.eta))


def _sentence(parent: QWidget, role: str) -> QLabel:
    label = QLabel(parent)
    label.setProperty("role", role)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _say(label: QLabel, text: str) -> None:
    label.setText(text)
    label.setVisible(bool(text))
