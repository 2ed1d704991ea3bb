"""The list of changes: every step that was done or undone, and going to any of them."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from studio.document import OpenDocument
from studio.theme import Theme, tr


class ChangesPanel(QWidget):
    """The history of the document in front, oldest on top; undone steps are pale."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._document: OpenDocument | None = None
        self._shown: tuple[str, ...] | None = None
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Changes"))
        self.list.setUniformItemSizes(True)
        self.list.ensurePolished()  # rows are as high as the style wants only if it knows them
        self.list.itemClicked.connect(self._go)
        self.list.itemActivated.connect(self._go)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(4, 4, 4, 4)
        rows.addWidget(self.list)
        # A drag makes many changes that are one step: the list is filled once they are over.
        self._soon = QTimer(self, singleShot=True, interval=60)
        self._soon.timeout.connect(self._fill)

    def show_document(self, document: OpenDocument | None) -> None:
        """Show another document's changes."""
        if self._document is not None:
            self._document.status_changed.disconnect(self._later)
        self._document = document
        if document is not None:
            document.status_changed.connect(self._later)
        self._fill()

    def set_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        self._theme = theme
        self._shown = None
        self._fill()

    def _later(self) -> None:
        self._soon.start()

    def _fill(self) -> None:
        document = self._document
        labels = (tr("Opened"), *document.history) if document is not None else ()
        if labels != self._shown:
            self._shown = labels
            self.list.clear()
            self.list.addItems(list(labels))
        self._mark(document.position if document is not None else 0)

    def _mark(self, position: int) -> None:
        colors = self._theme.colors
        for row in range(self.list.count()):
            color = colors.text if row <= position else colors.disabled
            self.list.item(row).setForeground(QBrush(QColor(color)))
        if self.list.count():
            self.list.setCurrentRow(position)
            self.list.scrollToItem(self.list.item(position))

    def _go(self, item: QListWidgetItem) -> None:
        if self._document is not None:
            self._document.go_to(self.list.row(item))
            self.list.setFocus(Qt.FocusReason.OtherFocusReason)
