"""The queue: what runs with its progress, what waits in its order, and what just went wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QAbstractItemView, QLabel, QMenu, QStackedWidget, QVBoxLayout, QWidget

from engine.errors import ReelwrightError
from studio.commands import COMMANDS
from studio.machines.desk import RunDesk
from studio.panels.parts import Button, Empty, RowList, Sentence, Soon, bar, theme_in_force
from studio.panels.queue_rows import BATCH, QueueRows
from studio.panels.row_model import RowModel
from studio.panels.row_painter import RowPainter
from studio.run_states import node_named
from studio.runs import Run, RunBook, RunState
from studio.theme import Theme, icon, shown_key, tr

_OPEN: Final[frozenset[RunState]] = frozenset({"sending", "queued", "running", "paused", "lost"})
_GOES_ON: Final[frozenset[RunState]] = frozenset(
    {"paused", "lost", "failed", "blocked", "cancelled"}
)


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that is done to selected runs: its button, its key, and to which it can be done."""

    text: str
    icon: str
    keys: str
    does: Callable[[Run], None]
    fits: frozenset[RunState]


class QueuePanel(QWidget):
    """Runs here and everywhere that are open.  Signals out, the desk does the work."""

    reopen_requested = Signal(object)
    """Run: show the graph that it is of."""
    node_requested = Signal(object, str)
    """Run, and the flat path of the node that is to be shown."""
    failed = Signal(object)
    """A ReelwrightError of something that was asked for here."""

    def __init__(self, book: RunBook, desk: RunDesk, theme: Theme | None = None) -> None:
        super().__init__()
        self._desk = desk
        self._soon = Soon(self, lambda: self.rows.refresh())
        self.rows = QueueRows(book, self._soon.ask)
        self.model = RowModel(self.rows, movable=True)
        self.painter = RowPainter(theme or theme_in_force())
        self.list = RowList(self.model, self.painter, tr("Queue"))
        self.deeds = self._deeds()
        self._told: set[str] = set()
        self._build()
        self.rows.changed.connect(self._on_rows)
        self.rows.row_changed.connect(self._on_row)
        self.model.dropped.connect(self.drop)
        self.list.chosen.connect(self._on_selection)
        self.list.key_pressed.connect(self._on_key)
        self.list.opened.connect(self._open)
        self.list.menu_wanted.connect(self._show_menu)
        self.set_theme(theme or theme_in_force())
        self._on_rows()

    def set_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        self._theme = theme
        self.painter.theme = theme
        for button in (*self.buttons.values(), self.clear):
            button.set_theme(theme)
        self.empty.set_theme(theme)
        self.list.viewport().update()

    def do(self, text: str) -> None:
        """Do something to the selected runs, by what its button says."""
        deed = next(deed for deed in self.deeds if deed.text == text)
        runs = [run for run in self.selected_runs() if run.state in deed.fits]
        try:
            for run in runs:
                deed.does(run)
        except ReelwrightError as error:
            self.failed.emit(error)

    def selected_runs(self) -> tuple[Run, ...]:
        """The selected runs; of a selected batch all."""
        runs = (run for key in self.list.selected() for run in self.rows.runs_of(key))
        return tuple({run.key: run for run in runs}.values())

    def drop(self, keys: list[str], before: str | None) -> None:
        """Put waiting runs before another, in the order in which they stand."""
        runs = dict.fromkeys(run.key for key in keys for run in self.rows.runs_of(key))
        moved, place = self.rows.place_for(tuple(runs), before)
        if moved:
            self._desk.move_together(moved, place)

    # Building

    def _deeds(self) -> tuple[Deed, ...]:
        desk = self._desk
        waiting: frozenset[RunState] = frozenset({"queued"})
        return (
            Deed(
                "Pause", "pause", "P", lambda r: desk.pause(r.key), frozenset({"queued", "running"})
            ),
            Deed("Resume", "run", "R", lambda r: desk.resume(r.key), _GOES_ON),
            Deed("Cancel", "stop", "Del", lambda r: desk.cancel(r.key), _OPEN),
            Deed("To the front", "run-front", "Ctrl+Home", lambda r: desk.to_front(r.key), waiting),
            Deed("Earlier", "up", "Ctrl+Up", lambda r: self._step(r, -1), waiting),
            Deed("Later", "down", "Ctrl+Down", lambda r: self._step(r, 1), waiting),
        )

    def _build(self) -> None:
        top, row = bar()
        self.buttons = {
            deed.text: Button(deed.icon, tr(deed.text), deed.keys) for deed in self.deeds
        }
        for text, button in self.buttons.items():
            button.clicked.connect(lambda _=False, text=text: self.do(text))
            row.addWidget(button)
        row.addStretch(1)
        self.tally = QLabel()
        self.tally.setProperty("role", "small")
        row.addWidget(self.tally)
        self.clear = Button("close", tr("Take failed runs off this list; the results keep them"))
        self.clear.clicked.connect(lambda: self.rows.dismiss())
        row.addWidget(self.clear)
        self.list.hear(frozenset(deed.keys for deed in self.deeds))
        self.list.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.list.setDropIndicatorShown(True)
        self.list.setDragDropOverwriteMode(False)
        self.empty = Empty(
            "queue",
            tr("Nothing runs or waits"),
            tr("{key} runs the document in front.", key=shown_key(COMMANDS["run.run"].keys[0])),
        )
        self.sentence = Sentence("danger")
        self.show_node = self.sentence.add(
            tr("Show node"), tr("Show the node that this is about"), self._show_node
        )
        self.resume = self.sentence.add(
            tr("Resume"), tr("Go on from the last checkpoint"), lambda: self.do("Resume")
        )
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.list)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(top)
        column.addWidget(self._stack, 1)
        column.addWidget(self.sentence)

    # What happens

    def _on_rows(self) -> None:
        self._stack.setCurrentIndex(1 if self.rows.keys else 0)
        tally = self.rows.tally
        parts = []
        if tally.running:
            parts.append(tr("{count} running", count=tally.running))
        if tally.waiting:
            parts.append(tr("{count} waiting", count=tally.waiting))
        if tally.interrupted:
            parts.append(tr("{count} interrupted", count=tally.interrupted))
        if tally.failed:
            parts.append(tr("{count} failed", count=tally.failed))
        self.tally.setText(", ".join(parts))
        self.clear.setVisible(bool(tally.failed))
        self._tell_what_went_wrong()
        self._on_selection()

    def _tell_what_went_wrong(self) -> None:
        """The whole sentence and its way out are shown once, unless something else is looked at."""
        runs = [run for run in map(self.rows.run, self.rows.keys) if run is not None and run.error]
        new = [run.key for run in runs if run.key not in self._told]
        self._told.update(new)
        if new and not self.list.selected():
            self.list.setCurrentIndex(self.model.index_of(new[0]))

    def _on_row(self, key: str) -> None:
        if key in self.list.selected():
            self._on_selection()

    def _on_selection(self) -> None:
        runs = self.selected_runs()
        for deed in self.deeds:
            self.buttons[deed.text].setEnabled(any(run.state in deed.fits for run in runs))
        wrong = next((run for run in runs if run.error), None)
        self.sentence.say(wrong.error if wrong else "")
        if wrong is not None:
            self.show_node.setVisible(bool(_node_of(wrong)))
            lost = wrong.state == "lost"
            self.resume.setText(tr("Resume") if lost else tr("Try again"))

    def _on_key(self, pressed: str) -> None:
        deed = next((deed for deed in self.deeds if deed.keys == pressed), None)
        if deed is not None:
            self.do(deed.text)

    def _open(self, key: str) -> None:
        if key.startswith(BATCH):
            self.rows.fold(key)
            return
        run = self.rows.run(key)
        if run is not None:
            node = _node_of(run) if run.error else ""
            if node:
                self.node_requested.emit(run, node)
            else:
                self.reopen_requested.emit(run)

    def _show_node(self) -> None:
        wrong = next((run for run in self.selected_runs() if run.error), None)
        if wrong is not None:
            self.node_requested.emit(wrong, _node_of(wrong))

    def _step(self, run: Run, by: int) -> None:
        place = self.rows.step(run.key, by)
        if place is not None:
            self._desk.move(run.key, place)

    def _show_menu(self, at: QPoint) -> None:
        menu = self.menu()
        menu.exec(self.list.viewport().mapToGlobal(at))
        menu.deleteLater()

    def _offer_places(self, menu: QMenu, run: Run) -> None:
        """Every other place; one that cannot take the run says why."""
        for place in self._desk.places:
            if place.name == run.place:
                continue
            why = self._desk.why_not_run(run.key, place.name)
            action = menu.addAction(f"{place.title}: {why}" if why else place.title)
            action.setEnabled(why is None)
            action.triggered.connect(lambda _=False, name=place.name: self._send_to(run, name))

    def _send_to(self, run: Run, place: str) -> None:
        try:
            self._desk.run_elsewhere(run.key, place)
        except ReelwrightError as error:
            self.failed.emit(error)

    def menu(self) -> QMenu:
        """What can be done to the selected runs."""
        menu = QMenu(self)
        runs = self.selected_runs()
        for deed in self.deeds:
            action = menu.addAction(icon(deed.icon, self._theme), tr(deed.text))
            action.setEnabled(any(run.state in deed.fits for run in runs))
            action.triggered.connect(lambda _=False, text=deed.text: self.do(text))
        if len(runs) == 1 and runs[0].active and len(self._desk.places) > 1:
            self._offer_places(
                menu.addMenu(icon("cloud", self._theme), tr("Run elsewhere")), runs[0]
            )
        menu.addSeparator()
        reopen = menu.addAction(icon("document", self._theme), tr("Open its graph"))
        reopen.setEnabled(len(runs) == 1)
        reopen.triggered.connect(lambda: self.reopen_requested.emit(runs[0]))
        return menu


def _node_of(run: Run) -> str:
    """The node that a run's error is about."""
    return node_named(run.error) or run.node
