"""Nodes that are not installed: which they are, and what brings them."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.project.missing import Missing, MissingPack
from studio.theme import Theme, icon, icon_pixmap, tr

WIDTH: Final = 560
MARGIN: Final = 24
MOST_ROWS: Final = 8
ROW_HEIGHT: Final = 28
LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class MissingDialog(QDialog):
    """What `project.missing` found, with commands to copy."""

    def __init__(self, missing: Missing, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setWindowTitle(tr("Missing nodes"))
        self.setFixedWidth(WIDTH)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(MARGIN, MARGIN, MARGIN, 16)
        rows.setSpacing(8)
        rows.addLayout(self._header(missing))
        rows.addSpacing(4)
        self.table = self._table(missing)
        rows.addWidget(self.table)
        for pack in missing.packs:
            rows.addWidget(self._pack(pack))
        if missing.advice:
            rows.addWidget(_wrapped(missing.advice))
        again = _wrapped(tr("Start Reelwright again after installing, and open the graph again."))
        again.setProperty("role", "small")
        again.setVisible(bool(missing.packs))
        rows.addWidget(again)
        rows.addSpacing(8)
        rows.addLayout(self._buttons())

    def _header(self, missing: Missing) -> QHBoxLayout:
        mark = QLabel()
        color = self._theme.colors.warning
        mark.setPixmap(icon_pixmap("missing", color, 28, self.devicePixelRatioF()))
        title = QLabel(tr("This graph needs more nodes"))
        title.setProperty("role", "title")
        told = _wrapped(missing.sentence)
        told.setProperty("role", "muted")
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(title)
        words.addWidget(told)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        return row

    def _table(self, missing: Missing) -> QTableWidget:
        table = QTableWidget(len(missing.types), 3)
        for column, text in enumerate((tr("Node"), tr("Version"), tr("How many"))):
            head = QTableWidgetItem(text)
            head.setTextAlignment(RIGHT if column else LEFT)
            table.setHorizontalHeaderItem(column, head)
        for line, each in enumerate(missing.types):
            for column, text in enumerate((each.type, str(each.version), str(each.count))):
                item = QTableWidgetItem(text)
                item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
                item.setTextAlignment(RIGHT if column else LEFT)
                table.setItem(line, column, item)
        table.setAccessibleName(tr("Nodes that are not installed"))
        table.setShowGrid(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        header = table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        header.setDefaultAlignment(LEFT)
        table.setFixedHeight(ROW_HEIGHT * (min(len(missing.types), MOST_ROWS) + 1) + 2)
        return table

    def _pack(self, pack: MissingPack) -> QFrame:
        card = QFrame()
        card.setProperty("role", "card")
        told = _wrapped(pack.advice)
        row = QHBoxLayout(card)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(8)
        row.addWidget(told, 1)
        if not pack.reason:
            copy = QPushButton(tr("Copy command"))
            copy.setIcon(icon("copy", self._theme))
            copy.setToolTip(pack.command)
            copy.setAccessibleName(tr("Copy the command that installs '{name}'", name=pack.name))
            copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(pack.command))
            row.addWidget(copy, 0, Qt.AlignmentFlag.AlignTop)
        return card

    def _buttons(self) -> QHBoxLayout:
        close = QPushButton(tr("Close"))
        close.setDefault(True)
        close.setToolTip(tr("Go on without them (Esc)"))
        close.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(close)
        return row


def _wrapped(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
