"""A part of the inspector under a heading that opens and closes it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from studio.theme import Theme, icon, tr

INSET: Final = 6
"""How far the text of a heading or a title stands from its edge, and all else from the page's."""


class Section(QWidget):
    """A heading, and below it a body that can be closed."""

    toggled = Signal(bool)

    def __init__(
        self, title: str, theme: Theme, parent: QWidget | None = None, *, opened: bool = True
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self.heading = QToolButton(self)
        self.heading.setProperty("role", "quiet")
        self.heading.setCheckable(False)
        self.heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.heading.setAccessibleName(title)
        self.heading.clicked.connect(lambda: self.set_open(not self.opened))
        self.body = QVBoxLayout()
        self.body.setContentsMargins(INSET, 0, 0, 0)
        self.body.setSpacing(6)
        self._holder = QWidget(self)
        self._holder.setLayout(self.body)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.heading, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._holder)
        self.opened: bool = not opened
        self.set_title(title)
        self.set_open(opened)

    def set_title(self, title: str) -> None:
        """Another heading."""
        self.heading.setText(title)
        self.heading.setToolTip(tr("Open or close '{title}'", title=title))
        self.heading.setAccessibleName(title)

    def set_open(self, opened: bool) -> None:
        """Open or close it."""
        if opened == self.opened:
            return
        self.opened = opened
        self._holder.setVisible(opened)
        mark = "down" if opened else "right"
        self.heading.setIcon(icon(mark, self._theme, self._theme.colors.muted))
        self.toggled.emit(opened)
