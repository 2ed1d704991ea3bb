"""The machines: this computer and every cluster, what they are at, and which of them runs go to."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractItemView, QLabel, QVBoxLayout, QWidget

from studio.machines.desk import RunDesk
from studio.machines.places import PAIRING, ChildState, Need
from studio.panels.machine_rows import MachineRows
from studio.panels.parts import Button, RowList, Sentence, Soon, bar, theme_in_force
from studio.panels.row_model import RowModel
from studio.panels.row_painter import RowPainter
from studio.runs import HERE, Run
from studio.theme import Theme, tr

_STEPS_MS: Final = 250


class MachinesPanel(QWidget):
    """Places and their computers.  Choosing one is a signal; the window remembers it."""

    place_chosen = Signal(str)
    """The name of the place where runs go from now on."""

    def __init__(self, desk: RunDesk, theme: Theme | None = None) -> None:
        super().__init__()
        self._desk = desk
        self.rows = MachineRows(desk, self._job_title)
        self.model = RowModel(self.rows)
        self.painter = RowPainter(theme or theme_in_force())
        self.list = RowList(self.model, self.painter, tr("Machines"))
        self._build()
        self.rows.changed.connect(self._on_selection)
        self.rows.row_changed.connect(lambda _: self._on_selection())
        self.list.chosen.connect(self._on_selection)
        self.list.opened.connect(self.choose)
        desk.child_changed.connect(self._on_child)
        # How far a machine is with its job changes with every step.
        self._soon = Soon(self, self.list.viewport().update, _STEPS_MS)
        desk.book.run_changed.connect(self._on_run)
        self.set_theme(theme or theme_in_force())
        self._on_child(desk.child)
        self._on_selection()

    def set_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        self.painter.theme = theme
        self.use.set_theme(theme)
        self.refresh.set_theme(theme)
        self.list.viewport().update()

    def choose(self, key: str) -> None:
        """Run there from now on."""
        self.place_chosen.emit(self.rows.choose(key))

    def show_need(self, need: Need | None) -> None:
        """Say at every machine whether it can take what is open."""
        self.rows.show_need(need)

    def show_place(self, name: str) -> None:
        """Runs go there: it was chosen elsewhere."""
        self.rows.choose(name)

    def _build(self) -> None:
        top, row = bar()
        self.use = Button("pin", tr("Run here"), "Return", wide=True)
        self.use.clicked.connect(self._use_selected)
        self.refresh = Button("refresh", tr("Look again which clusters are known"))
        self.refresh.clicked.connect(self._desk.refresh_places)
        row.addWidget(self.use)
        row.addStretch(1)
        row.addWidget(self.refresh)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.trouble = Sentence("danger")
        self.restart = self.trouble.add(
            tr("Start it again"),
            tr("Start the process that runs graphs; they go on from their checkpoints"),
            self._desk.restart_child,
        )
        self.pairing = _small(tr(PAIRING))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(top)
        column.addWidget(self.list, 1)
        column.addWidget(self.trouble)
        column.addWidget(self.pairing)

    def _use_selected(self) -> None:
        for key in self.list.selected():
            self.choose(key)

    def _on_selection(self) -> None:
        places = [self.rows.place_of(key) for key in self.list.selected()]
        other = any(place is not None and place.name != self.rows.chosen for place in places)
        self.use.setEnabled(other)

    def _on_run(self, run: Run) -> None:
        if run.state == "running":
            self._soon.ask()

    def _on_child(self, child: ChildState) -> None:
        ended = child.phase in ("dead", "failed")
        self.trouble.say(child.sentence if ended else "")

    def _job_title(self, place: str, job: str) -> str:
        run = self._desk.run_of_job(place, job)
        if run is None:
            return tr("another's job") if place != HERE else job
        step = f", {run.done} of {run.total}" if run.total else ""
        return f"{run.label or job}{step}"


def _small(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "small")
    label.setWordWrap(True)
    label.setContentsMargins(12, 8, 12, 8)
    return label
