"""The App view: a document's controls, a button to run it, and the result, without the graph."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from engine.errors import ReelwrightError
from engine.graph.edits.names import place_key
from engine.graph.params import ParamValue
from studio.background import Background
from studio.commands import COMMANDS
from studio.document import OpenDocument
from studio.inspector.app_face import AppFace, app_face, usual_controls
from studio.inspector.control_row import ControlRow
from studio.inspector.controller import InspectorController
from studio.inspector.empty_state import EmptyState
from studio.inspector.faces import ControlLine
from studio.inspector.fields.make import Fields
from studio.inspector.following import Following
from studio.inspector.problem_list import ProblemList
from studio.inspector.progress_line import ProgressLine
from studio.inspector.role import set_role
from studio.inspector.seeds import set_fresh
from studio.runs import RunBook
from studio.theme import Theme, icon, shown_key, tr, ui_font

SIDE: int = 380
"""How wide the controls are at first."""


class AppView(QWidget):
    """For people who never want to see the graph."""

    run_requested = Signal()
    stop_requested = Signal(str)
    """The key of the run."""
    graph_wanted = Signal(str)
    """Show the graph, at a node if one is named by its place key."""

    def __init__(
        self, theme: Theme, background: Background | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.theme = theme
        self.background = background or Background(self)
        self._face: AppFace | None = None
        self._shape: object = None
        self.rows: list[ControlRow] = []
        self._following = Following(self.refresh, self, selection=False)
        self._result: QWidget | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self.setAccessibleName(tr("App view"))
        self._build()

    @property
    def _controller(self) -> InspectorController | None:
        return self._following.controller

    # What the window says

    def show_document(self, opened: OpenDocument | None, book: RunBook) -> None:
        """Show another document, or none."""
        self._following.follow(opened, book)
        self._face = None
        self.refresh()

    @property
    def result_widget(self) -> QWidget | None:
        """What shows the result, if the window gave something."""
        return self._result

    def set_result_widget(self, widget: QWidget) -> None:
        """Show the result in this widget: a viewer, say."""
        if self._result is not None:
            self._stage.removeWidget(self._result)
        self._result = widget
        self._waiting.hide()
        self._stage.addWidget(widget, 1)
        widget.show()

    def take_keyboard(self) -> None:
        """Go to the first control: people go on typing."""
        for stop in self.rows[0].field.findChildren(QWidget) if self.rows else ():
            if stop.focusPolicy() & Qt.FocusPolicy.TabFocus and stop.isVisible():
                stop.setFocus(Qt.FocusReason.ShortcutFocusReason)
                return

    def set_theme(self, theme: Theme) -> None:
        """Take another look on."""
        self.theme = theme
        result, self._result = self._result, None
        if result is not None:
            result.setParent(self)
        self._column.removeWidget(self.splitter)
        self.splitter.hide()
        self.splitter.deleteLater()
        self.rows, self._shape, self._face = [], None, None
        self._build()
        if result is not None:
            self.set_result_widget(result)
        self.refresh()

    # Showing

    def refresh(self) -> None:
        """Show what there is now."""
        self._following.looked()
        if self._controller is None:
            return
        face = app_face(self._controller.opened, self._controller.run, tr)
        if face == self._face:
            return
        before, self._face = self._face, face
        self.title.setText(face.name)
        if before is None or face.controls != before.controls:
            self._show_controls(face.controls)
        self._show_run(face)

    def _show_controls(self, controls: tuple[ControlLine, ...]) -> None:
        good = [(it, it.line) for it in controls if it.line is not None]
        shape = [(it.name, it.label, it.help, line.spec) for it, line in good]
        if shape == self._shape:
            for row, (control, line) in zip(self.rows, good, strict=True):
                row.show_control(control, line)
            return
        self._shape = shape
        for row in self.rows:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        fields = Fields(self.theme, self.background)
        self.rows = [ControlRow(control, line, fields, self._holder) for control, line in good]
        for index, row in enumerate(self.rows):
            self._list.insertWidget(index, row)
            row.changed.connect(lambda name, value: self._set(name, value))
            row.finished.connect(self._finish)
            row.reset_wanted.connect(lambda name: self._try(lambda it: it.reset_control(name)))
            row.fresh_wanted.connect(self._keep_fresh)
        self.empty.setVisible(not self.rows)
        self._scroll.setVisible(bool(self.rows))

    def _show_run(self, face: AppFace) -> None:
        self.bar.setVisible(face.active)
        self.bar.show_fraction(face.fraction)
        self.stop.setVisible(face.active)
        self._say(face.headline, face.tone)
        shown = () if face.problem is None else (face.problem,)
        self.problems.show_problems(shown)
        self.run.setEnabled(face.problem is None)
        tip = (
            tr("Run this document ({key})", key=_key("run.run"))
            if face.problem is None
            else str(face.problem)
        )
        self.run.setToolTip(tip)

    def _say(self, sentence: str, tone: str = "danger") -> None:
        set_role(self.headline, tone)
        self.headline.setText(sentence)
        self.headline.setVisible(bool(sentence))

    # Acting

    def _set(self, name: str, value: ParamValue) -> None:
        self._try(lambda it: it.set_control(name, value))

    def _finish(self) -> None:
        if self._controller is not None:
            self._controller.finish()

    def _keep_fresh(self, control: ControlLine, fresh: bool) -> None:
        key = place_key(control.node, "")
        self._try(lambda it: it.opened.do(set_fresh(it.opened.document, key, control.param, fresh)))

    def _expose_usual(self) -> None:
        def act(controller: InspectorController) -> None:
            edit = usual_controls(controller.opened)
            if edit is not None:
                controller.opened.do(edit)

        self._try(act)

    def _try(self, act: Callable[[InspectorController], None]) -> None:
        if self._controller is None:
            return
        try:
            act(self._controller)
        except ReelwrightError as error:
            self._say(str(error))
        else:
            self.refresh()

    def _stop(self) -> None:
        if self._face is not None and self._face.run:
            self.stop_requested.emit(self._face.run)

    # Building

    def _build(self) -> None:
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self._made_side())
        self.splitter.addWidget(self._made_stage())
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([SIDE, 900])
        self._column.addWidget(self.splitter)

    def _made_side(self) -> QWidget:
        side = Ground(self.theme.colors.panel, self)
        side.setMinimumWidth(280)
        self.title = QLabel(side)
        self.title.setProperty("role", "title")
        self.title.setWordWrap(True)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.empty = EmptyState(self.theme, side)
        self.empty.usual_wanted.connect(self._expose_usual)
        self.empty.graph_wanted.connect(lambda: self.graph_wanted.emit(""))
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QVBoxLayout()
        head.setContentsMargins(20, 20, 20, 12)
        head.addWidget(self.title)
        column.addLayout(head)
        column.addWidget(self._made_list(side), 1)
        column.addWidget(self.empty, 1)
        column.addWidget(self._made_foot(side))
        return side

    def _made_list(self, parent: QWidget) -> QScrollArea:
        self._holder = QWidget()
        self._list = QVBoxLayout(self._holder)
        self._list.setContentsMargins(20, 4, 20, 20)
        self._list.setSpacing(18)
        self._list.addStretch()
        self._scroll = QScrollArea(parent)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(self._holder)
        # Fields end where the button below does, whether the bar is there or not.
        self._scroll.verticalScrollBar().rangeChanged.connect(
            lambda _, most: self._list.setContentsMargins(20, 4, 10 if most else 20, 20)
        )
        self._holder.setAutoFillBackground(False)
        self._scroll.viewport().setAutoFillBackground(False)
        return self._scroll

    def _made_foot(self, parent: QWidget) -> QWidget:
        foot = QWidget(parent)
        self.problems = ProblemList(self.theme, foot)
        self.problems.node_wanted.connect(self.graph_wanted)
        self.headline = QLabel(foot)
        self.headline.setWordWrap(True)
        self.headline.setTextFormat(Qt.TextFormat.PlainText)
        self.bar = ProgressLine(self.theme, tr("Progress of the run"), foot)
        self.run = QPushButton(
            icon("run", self.theme, self.theme.colors.on_accent), tr("Run"), foot
        )
        self.run.setProperty("role", "primary")
        self.run.setFont(ui_font(15, QFont.Weight.DemiBold))
        self.run.setIconSize(QSize(18, 18))
        self.run.setMinimumHeight(44)
        self.run.clicked.connect(self.run_requested)
        self.stop = QPushButton(icon("stop", self.theme), tr("Stop"), foot)
        self.stop.setToolTip(
            tr("Stop; what is finished is kept ({key})", key=_key("run.interrupt"))
        )
        self.stop.setMinimumHeight(44)
        self.stop.clicked.connect(self._stop)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.run, 1)
        buttons.addWidget(self.stop)
        column = QVBoxLayout(foot)
        column.setContentsMargins(20, 12, 20, 20)
        column.setSpacing(8)
        for widget in (self.problems, self.headline, self.bar):
            column.addWidget(widget)
        column.addLayout(buttons)
        return foot

    def _made_stage(self) -> QWidget:
        stage = Ground(self.theme.colors.canvas, self)
        self._stage = QVBoxLayout(stage)
        self._stage.setContentsMargins(0, 0, 0, 0)
        self._waiting = QLabel(tr("What you make appears here."), stage)
        self._waiting.setProperty("role", "muted")
        self._waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stage.addWidget(self._waiting, 1)
        return stage


class Ground(QWidget):
    """A surface of one colour, whatever stands on it."""

    def __init__(self, color: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._color = QColor(color)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._color)
        painter.end()


def _key(command: str) -> str:
    return shown_key(COMMANDS[command].keys[0])
