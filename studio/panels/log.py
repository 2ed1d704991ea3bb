"""The log panel: what the program and its libraries said lately, to read, search and copy."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, QTimer
from PySide6.QtGui import QBrush, QColor, QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.project.journal import Entry, Journal, as_text
from studio.theme import DARK, Theme, icon, mono_font, tr

LOOK_MS: Final = 300
MARGIN: Final = 8
LEVELS: Final = (
    (logging.DEBUG, "Everything"),
    (logging.INFO, "Information"),
    (logging.WARNING, "Warnings"),
    (logging.ERROR, "Errors"),
)

Index = QModelIndex | QPersistentModelIndex


class _Lines(QAbstractListModel):
    """The records that are shown, one a row."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.entries: list[Entry] = []

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _line(entry)
        if role == Qt.ItemDataRole.ToolTipRole:
            return entry.trace or entry.text
        if role == Qt.ItemDataRole.ForegroundRole:
            return QBrush(QColor(self._color(entry.level)))
        return None

    def show(self, entries: Sequence[Entry]) -> None:
        """Show these and no others."""
        self.beginResetModel()
        self.entries = list(entries)
        self.endResetModel()

    def append(self, entries: Sequence[Entry]) -> None:
        """Show these below the others."""
        first = len(self.entries)
        self.beginInsertRows(QModelIndex(), first, first + len(entries) - 1)
        self.entries.extend(entries)
        self.endInsertRows()

    def _color(self, level: int) -> str:
        colors = self.theme.colors
        if level >= logging.ERROR:
            return colors.danger
        if level >= logging.WARNING:
            return colors.warning
        return colors.text if level >= logging.INFO else colors.muted


class LogPanel(QWidget):
    """Follows a journal while it is seen; stays where one scrolled to."""

    def __init__(self, journal: Journal, theme: Theme = DARK) -> None:
        super().__init__()
        self._journal = journal
        self._shown = -1
        self._model = _Lines(theme)
        self.list = QListView()
        self.list.setModel(self._model)
        self.list.setFont(mono_font(11))
        self.list.setUniformItemSizes(True)
        self.list.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.list.setAccessibleName(tr("Log"))
        self.level = QComboBox()
        for number, text in LEVELS:
            self.level.addItem(tr(text), number)
        self.level.setCurrentIndex(1)
        self.level.setToolTip(tr("What is shown: this and what is graver"))
        self.level.setAccessibleName(tr("The least grave that is shown"))
        self.level.currentIndexChanged.connect(self._rebuild)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Find in the log"))
        self.search.setAccessibleName(tr("Find in the log"))
        self.search.setToolTip(tr("Shows the lines that hold all these words"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._rebuild)
        self.empty = QLabel(tr("Nothing was logged."))
        self.empty.setProperty("role", "muted")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.copy = _tool(tr("Copy what is selected, or all that is shown (Ctrl+C)"))
        self.copy.clicked.connect(self.copy_lines)
        self.clear = _tool(tr("Forget all lines"))
        self.clear.clicked.connect(self._clear)
        shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.list)
        shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        shortcut.activated.connect(self.copy_lines)
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self.follow)
        self.setAccessibleName(tr("Log"))
        self._arrange()
        self.set_theme(theme)
        self._rebuild()

    def set_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        self._model.theme = theme
        self.copy.setIcon(icon("copy", theme))
        self.clear.setIcon(icon("trash", theme))
        self.list.viewport().update()

    def follow(self) -> None:
        """Show what came since the last look."""
        if self._journal.total == self._shown:
            return
        wanted, words = self._wanted()
        news = [
            entry
            for entry in self._journal.since(max(0, self._shown))
            if entry.level >= wanted and entry.matches(words)
        ]
        self._shown = self._journal.total
        if news:
            at_end = self._is_at_end()
            self._model.append(news)
            self._show_empty()
            if at_end:
                self._to_end()

    def copy_lines(self) -> None:
        """Copy the selected lines, or all, with their traces."""
        rows = sorted(index.row() for index in self.list.selectedIndexes())
        chosen = [self._model.entries[row] for row in rows] or self._model.entries
        QGuiApplication.clipboard().setText(as_text(chosen))

    def showEvent(self, event: object) -> None:
        self.follow()
        self._timer.start()

    def hideEvent(self, event: object) -> None:
        self._timer.stop()

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self.level)
        top.addWidget(self.search, 1)
        top.addWidget(self.copy)
        top.addWidget(self.clear)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        rows.setSpacing(8)
        rows.addLayout(top)
        rows.addWidget(self.list, 1)
        rows.addWidget(self.empty, 1)

    def _wanted(self) -> tuple[int, list[str]]:
        return int(self.level.currentData()), self.search.text().casefold().split()

    def _rebuild(self) -> None:
        self._shown = self._journal.total
        level, _ = self._wanted()
        self._model.show(self._journal.entries(level, self.search.text()))
        self._show_empty()
        self._to_end()

    def _clear(self) -> None:
        self._journal.clear()
        self._rebuild()

    def _show_empty(self) -> None:
        empty = not self._model.entries
        searched = bool(self.search.text())
        self.empty.setText(tr("Nothing fits.") if searched else tr("Nothing was logged."))
        self.empty.setVisible(empty)
        self.list.setVisible(not empty)

    def _to_end(self) -> None:
        # Later: a list that was just shown does not have its size yet.
        QTimer.singleShot(0, self.list, self.list.scrollToBottom)

    def _is_at_end(self) -> bool:
        bar = self.list.verticalScrollBar()
        return bar.value() >= bar.maximum() - 1


def _line(entry: Entry) -> str:
    from datetime import datetime

    moment = datetime.fromtimestamp(entry.time)
    first = entry.text.partition("\n")[0]
    return f"{moment:%H:%M:%S}  {entry.level_name:8} {entry.source}: {first}"


def _tool(help: str) -> QToolButton:
    button = QToolButton()
    button.setProperty("role", "quiet")
    button.setToolTip(help)
    button.setAccessibleName(help)
    return button
