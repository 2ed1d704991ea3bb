"""About Reelwright: its version, its licence, and those of everything installed with it."""

from __future__ import annotations

import platform
from typing import Final

from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from studio.background import Background
from studio.project.licences import Package, installed, licence_text, our_version
from studio.theme import Theme, icon_pixmap, mono_font, tr

SIZE: Final = (760, 560)
MARGIN: Final = 24
PACKAGE: Final = Qt.ItemDataRole.UserRole


class AboutDialog(QDialog):
    """Who made this of what."""

    def __init__(self, theme: Theme, background: Background, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._wanted = ""
        self.setWindowTitle(tr("About Reelwright"))
        self.resize(*SIZE)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Find a package or a licence"))
        self.search.setAccessibleName(tr("Find a package or a licence"))
        self.search.setToolTip(tr("Shows the packages whose name or licence holds these words"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.packages = QListWidget()
        self.packages.setAccessibleName(tr("Installed packages"))
        self.packages.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.packages.currentItemChanged.connect(lambda item, _: self._choose(item))
        self.text = QPlainTextEdit(tr("Reading…"))
        self.text.setReadOnly(True)
        self.text.setFont(mono_font(11))
        self.text.setAccessibleName(tr("The licence of the chosen package"))
        self._arrange(theme)
        background.run(installed, self._fill)

    def _arrange(self, theme: Theme) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(8)
        column.addWidget(self.search)
        column.addWidget(self.packages, 1)
        both = QSplitter()
        both.addWidget(left)
        both.addWidget(self.text)
        both.setSizes([280, 440])
        both.setChildrenCollapsible(False)
        heading = QLabel(tr("Made with the work of many; thank you"))
        heading.setProperty("role", "section")
        close = QPushButton(tr("Close"))
        close.setDefault(True)
        close.setToolTip(tr("Close this window (Esc)"))
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(close)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(MARGIN, MARGIN, MARGIN, 16)
        rows.setSpacing(8)
        rows.addLayout(self._header(theme))
        rows.addSpacing(8)
        rows.addWidget(heading)
        rows.addWidget(both, 1)
        rows.addLayout(buttons)

    def _header(self, theme: Theme) -> QHBoxLayout:
        mark = QLabel()
        mark.setPixmap(icon_pixmap("app", theme.colors.accent, 48, self.devicePixelRatioF()))
        name = QLabel(f"Reelwright {our_version()}")
        name.setProperty("role", "title")
        name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        told = QLabel(tr("A node-graph studio for AI video. Free under the Apache License 2.0."))
        told.setProperty("role", "muted")
        system = QLabel(
            f"Python {platform.python_version()} · Qt {qVersion()} · {platform.system()}"
        )
        system.setProperty("role", "small")
        words = QVBoxLayout()
        words.setSpacing(2)
        for label in (name, told, system):
            words.addWidget(label)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        return row

    def _fill(self, packages: tuple[Package, ...]) -> None:
        for package in packages:
            item = QListWidgetItem(f"{package.name} {package.version}\n{package.licence}")
            item.setData(PACKAGE, package.name)
            item.setToolTip(package.summary)
            self.packages.addItem(item)
        self.packages.setCurrentRow(0)

    def _filter(self, words: str) -> None:
        wanted = words.casefold().split()
        for row in range(self.packages.count()):
            item = self.packages.item(row)
            item.setHidden(not all(word in item.text().casefold() for word in wanted))

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        name = str(item.data(PACKAGE))
        self._wanted = name
        self._background.run(lambda: (name, licence_text(name)), self._show)

    def _show(self, found: tuple[str, str]) -> None:
        name, text = found
        if name == self._wanted:
            none = tr("This package brings no licence text; its project's page has it.")
            self.text.setPlainText(text or none)
