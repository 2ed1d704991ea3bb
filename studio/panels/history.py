"""The history: what was made, with pictures; opens its graph, its folder, or its file."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, cast

from PySide6.QtCore import QPoint, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.errors import ReelwrightError
from studio.machines.desk import RunDesk
from studio.panels.history_rows import HistoryRows, Which, is_late
from studio.panels.parts import Button, Empty, RowList, Sentence, Soon, bar, theme_in_force
from studio.panels.row_model import RowModel
from studio.panels.row_painter import PICTURE, RowPainter
from studio.panels.rows import Row
from studio.panels.thumbnails import Thumbnails
from studio.runs import Run, RunBook
from studio.theme import Theme, icon, tr

_WHICH: Final[tuple[tuple[Which, str], ...]] = (
    ("all", "All"),
    ("done", "Finished"),
    ("wrong", "Failed or stopped"),
)
_WIDE: Final = 600
"""From this width on, finding and the tools stand in one bar."""
_MINUTE_MS: Final = 60_000


class HistoryPanel(QWidget):
    """Runs that ended, newest first."""

    reopen_requested = Signal(object)
    """Run: open the graph that it was made from."""
    view_requested = Signal(object)
    """Path: show this file."""
    compare_requested = Signal(object)
    """Path: show this file beside the one that is shown."""
    failed = Signal(object)
    """A ReelwrightError of something that was asked for here."""

    def __init__(self, book: RunBook, desk: RunDesk, theme: Theme | None = None) -> None:
        super().__init__()
        self._desk = desk
        self._soon = Soon(self, lambda: self.rows.refresh())
        self.rows = HistoryRows(book, time.time, self._soon.ask)
        self.model = RowModel(self.rows)
        self._thumbnails = Thumbnails(PICTURE, self._on_picture, self)
        self.painter = RowPainter(theme or theme_in_force(), self._picture)
        self.list = RowList(self.model, self.painter, tr("Results"))
        # Times are told as 'five minutes ago': they change while nothing happens.
        self._minute = Soon(self, self._next_minute, _MINUTE_MS)
        self._minute.ask()
        self._build()
        self.rows.changed.connect(self._on_rows)
        self.rows.row_changed.connect(self._on_row)
        self.list.chosen.connect(self._on_selection)
        self.list.opened.connect(self._open)
        self.list.key_pressed.connect(self._on_key)
        self.list.menu_wanted.connect(self._show_menu)
        self.set_theme(theme or theme_in_force())
        self._on_rows()

    def set_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        self._theme = theme
        self.painter.theme = theme
        for button in self.buttons.values():
            button.set_theme(theme)
        self.empty.set_theme(theme)
        self.list.viewport().update()

    def selected_runs(self) -> tuple[Run, ...]:
        """The selected runs, from top to bottom."""
        return tuple(run for run in map(self.rows.run, self.list.selected()) if run is not None)

    # Building

    def _build(self) -> None:
        find, row = bar()
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search results"))
        self.search.setAccessibleName(tr("Search results"))
        self.search.setToolTip(tr("Names, values of a sweep, files and machines"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(lambda _: self._find())
        self.which = QComboBox()
        self.which.setAccessibleName(tr("Which results"))
        self.which.setToolTip(tr("Which results are shown"))
        for which, text in _WHICH:
            self.which.addItem(tr(text), which)
        self.which.currentIndexChanged.connect(lambda _: self._find())
        row.addWidget(self.search, 1)
        row.addWidget(self.which)
        tools, row = bar()
        self.buttons: dict[str, Button] = {}
        for key, drawing, text, keys, does in self._tools():
            self.buttons[key] = button = Button(drawing, tr(text), keys)
            button.clicked.connect(does)
            row.addWidget(button)
        self.count = QLabel()
        self.count.setProperty("role", "small")
        row.addStretch(1)
        row.addWidget(self.count)
        self.list.hear(frozenset(keys for _, _, _, keys, _ in self._tools() if keys))
        self.empty = Empty("film", "", "")
        self.sentence = Sentence("danger")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.list)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._bars = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._bars.addWidget(find, 1)
        self._bars.addWidget(tools)
        column.addLayout(self._bars)
        column.addWidget(self._stack, 1)
        column.addWidget(self.sentence)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Below the canvas there is width to spare and no height; at its side, the other way."""
        super().resizeEvent(event)
        direction = QBoxLayout.Direction
        wide = self.width() >= _WIDE
        self._bars.setDirection(direction.LeftToRight if wide else direction.TopToBottom)

    def _tools(self) -> tuple[tuple[str, str, str, str, Callable[[], None]], ...]:
        return (
            ("view", "eye", "Show in the viewer", "V", self._view),
            ("compare", "side-by-side", "Compare with what is shown", "C", self._compare),
            ("reopen", "document", "Open its graph", "G", self._reopen),
            ("folder", "folder", "Open its folder", "O", self._folder),
            ("again", "retry", "Try again", "R", self._again),
            ("forget", "trash", "Take off this list; files stay", "Del", self._forget),
        )

    # What happens

    def _find(self) -> None:
        self.rows.find(self.search.text(), cast(Which, self.which.currentData()))

    def _on_rows(self) -> None:
        shown = len(self.rows.keys)
        self._stack.setCurrentIndex(1 if shown else 0)
        if self.rows.count:
            self.empty.say(tr("Nothing fits"), tr("Other words or another choice find more."))
        else:
            self.empty.say(tr("Nothing was made yet"), tr("What you run is kept here."))
        every = self.rows.count
        self.count.setText(
            f"{shown:,}" if shown == every else tr("{shown} of {every}", shown=shown, every=every)
        )
        self._on_selection()

    def _on_row(self, key: str) -> None:
        if key in self.list.selected():
            self._on_selection()

    def _on_selection(self) -> None:
        runs = self.selected_runs()
        files = any(run.files for run in runs)
        one = len(runs) == 1
        enabled = {
            "view": files,
            "compare": files,
            "reopen": one,
            "folder": files,
            "again": any(map(_can_be_tried, runs)),
            "forget": bool(runs),
        }
        for key, is_enabled in enabled.items():
            self.buttons[key].setEnabled(is_enabled)
        wrong = next((run.error for run in runs if run.error), "")
        wrong = wrong or next((run.note for run in runs if is_late(run)), "")
        self.sentence.say(wrong or self._gone(runs))

    @staticmethod
    def _gone(runs: tuple[Run, ...]) -> str:
        """A sentence about the file of the one selected run, if somebody took it away."""
        if len(runs) != 1 or not runs[0].files or runs[0].files[0].exists():
            return ""
        return tr("'{file}' is not there any more. Run its graph again.", file=runs[0].files[0])

    def _on_key(self, pressed: str) -> None:
        for key, _, _, keys, does in self._tools():
            if keys == pressed and self.buttons[key].isEnabled():
                does()

    def _on_picture(self, path: Path) -> None:
        self.list.viewport().update()

    def _picture(self, row: Row) -> QPixmap | None:
        return self._thumbnails.get(row.picture) if row.picture is not None else None

    def _next_minute(self) -> None:
        self._minute.ask()
        self.list.viewport().update()

    def _open(self, key: str) -> None:
        run = self.rows.run(key)
        if run is None:
            return
        if run.files:
            self.view_requested.emit(run.files[0])
        else:
            self.reopen_requested.emit(run)

    # The tools

    def _file(self) -> Path | None:
        return next((run.files[0] for run in self.selected_runs() if run.files), None)

    def _view(self) -> None:
        file = self._file()
        if file is not None:
            self.view_requested.emit(file)

    def _compare(self) -> None:
        files = [run.files[0] for run in self.selected_runs() if run.files]
        if len(files) > 1:
            self.view_requested.emit(files[0])
        if files:
            self.compare_requested.emit(files[-1])

    def _reopen(self) -> None:
        runs = self.selected_runs()
        if runs:
            self.reopen_requested.emit(runs[0])

    def _folder(self) -> None:
        file = self._file()
        if file is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(file.parent)))

    def _again(self) -> None:
        try:
            for run in filter(_can_be_tried, self.selected_runs()):
                self._desk.retry(run.key)
        except ReelwrightError as error:
            self.failed.emit(error)

    def _forget(self) -> None:
        for run in self.selected_runs():
            self._desk.forget(run.key)

    def _show_menu(self, at: QPoint) -> None:
        menu = self.menu()
        menu.exec(self.list.viewport().mapToGlobal(at))
        menu.deleteLater()

    def menu(self) -> QMenu:
        """What can be done to the selected runs."""
        menu = QMenu(self)
        for key, drawing, text, _, does in self._tools():
            action = menu.addAction(icon(drawing, self._theme), tr(text))
            action.setEnabled(self.buttons[key].isEnabled())
            action.triggered.connect(does)
        return menu


def _can_be_tried(run: Run) -> bool:
    return run.state != "done" or is_late(run)
