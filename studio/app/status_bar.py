"""The status bar: what just happened, problems, zoom, and how the machine at work is."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QMenu, QStatusBar, QToolButton

from engine.graph.problems import Problem
from studio.machines.places import ChildState
from studio.runs import Run
from studio.theme import Theme, icon, tr
from studio.times import left

GIB = 1 << 30
SAID_MS = 6_000
MOST_LISTED = 20


class StatusBar(QStatusBar):
    """What the window is doing, in few words."""

    problem_chosen = Signal(object)
    """A Problem whose place is to be shown."""
    zoom_clicked = Signal()
    child_clicked = Signal()
    run_clicked = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._problems: tuple[Problem, ...] = ()
        self._child = ChildState()
        self.setSizeGripEnabled(False)
        self.run = self._button(tr("What is at work"), tr("Show the queue"))
        self.problems = self._button(tr("Problems"), tr("List the problems of this document"))
        self.zoom = self._button(tr("Zoom"), tr("Show nodes at their own size"))
        self.child = self._button(tr("This computer"), tr("Show the machines"))
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._list_problems)
        self.problems.setMenu(self._menu)
        self.problems.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.zoom.clicked.connect(self.zoom_clicked)
        self.child.clicked.connect(self.child_clicked)
        self.run.clicked.connect(self.run_clicked)
        for part in (self.run, self.problems, self.zoom, self.child):
            self.addPermanentWidget(part)
        self.show_run(None)
        self.show_problems(())
        self.show_zoom(None)
        self.show_child(self._child)

    def say(self, sentence: str) -> None:
        """Say what happened, for a few seconds."""
        self.showMessage(sentence, SAID_MS)

    def show_run(self, run: Run | None) -> None:
        """What the document in front has at work."""
        text = described(run) if run is not None else ""
        self.run.setVisible(bool(text))
        self.run.setText(text)

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """What is wrong with the document in front."""
        self._problems = tuple(problems)
        count = len(problems)
        text = tr("No problems") if not count else tr("1 problem")
        self.problems.setText(tr("{count} problems", count=count) if count > 1 else text)
        self.problems.setEnabled(count > 0)
        self._tone(self.problems, "danger" if count else "")
        colors = self._theme.colors
        color = colors.danger if count else colors.success
        self.problems.setIcon(icon("warning" if count else "check", self._theme, color))

    def show_zoom(self, zoom: float | None) -> None:
        """How large the graph is shown; None: there is none."""
        self.zoom.setVisible(zoom is not None)
        self.zoom.setText(f"{(zoom or 0) * 100:.0f} %")

    def show_child(self, state: ChildState) -> None:
        """How the process is that runs graphs here."""
        self._child = state
        words = {
            "stopped": (tr("Not started"), "", "stop", ""),
            "starting": (tr("Starting"), "", "waiting", ""),
            "up": (_memory(state.memory), "", "machine", "success"),
            "dead": (tr("It died"), "danger", "error", "danger"),
            "failed": (tr("It cannot start"), "danger", "error", "danger"),
        }
        text, tone, mark, color = words[state.phase]
        self.child.setText(text)
        paint = getattr(self._theme.colors, color or "muted")
        self.child.setIcon(icon(mark, self._theme, paint))
        self.child.setToolTip(state.sentence or tr("This computer. Show the machines"))
        self._tone(self.child, tone)

    def set_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        self._theme = theme
        self.show_problems(self._problems)
        self.show_child(self._child)

    def _list_problems(self) -> None:
        self._menu.clear()
        for problem in self._problems[:MOST_LISTED]:
            action = self._menu.addAction(str(problem))
            action.triggered.connect(lambda _=False, it=problem: self.problem_chosen.emit(it))
        more = len(self._problems) - MOST_LISTED
        if more > 0:
            self._menu.addAction(tr("and {more} more", more=more)).setEnabled(False)

    def _button(self, name: str, tip: str) -> QToolButton:
        from PySide6.QtCore import Qt

        button = QToolButton()
        button.setAccessibleName(name)
        button.setToolTip(tip)
        button.setIconSize(QSize(14, 14))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _tone(self, button: QToolButton, tone: str) -> None:
        if button.property("tone") != tone:
            button.setProperty("tone", tone)
            button.style().unpolish(button)
            button.style().polish(button)


def described(run: Run) -> str:
    """A run in a few words: '12 of 30, 41 s left'."""
    if run.state == "running":
        share = tr("{done} of {total}", done=run.done, total=run.total) if run.total else ""
        rest = tr("{time} left", time=left(run.eta)) if run.eta else ""
        return ", ".join(part for part in (share, rest) if part) or tr("Running")
    if run.state == "queued":
        return tr("Next in line") if not run.line else tr("{line} before it", line=run.line)
    words = {"sending": tr("Sending"), "paused": tr("Paused"), "lost": tr("Interrupted")}
    return words.get(run.state, "")


def _memory(size: int) -> str:
    return tr("Ready, {size} GiB", size=f"{size / GIB:.1f}") if size else tr("Ready")
