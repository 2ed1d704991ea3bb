"""The tabs of the open documents, and the pages under them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QSizePolicy,
    QStackedWidget,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.document import OpenDocument
from studio.theme import Theme, icon, tr


class Tabs(QWidget):
    """One tab for each document; pages are made by whoever knows what a page is."""

    chosen = Signal(object)
    """An OpenDocument whose tab was clicked."""
    close_requested = Signal(object)
    moved = Signal(int, int)
    new_requested = Signal()

    def __init__(self, make_page: Callable[[OpenDocument], QWidget], theme: Theme) -> None:
        super().__init__()
        self._make_page = make_page
        self._documents: list[OpenDocument] = []
        self._pages: dict[str, QWidget] = {}
        self.bar = QTabBar()
        self.bar.setAccessibleName(tr("Open documents"))
        self.bar.setDocumentMode(True)
        self.bar.setTabsClosable(True)
        self.bar.setMovable(True)
        self.bar.setExpanding(False)
        self.bar.setDrawBase(False)
        self.bar.setUsesScrollButtons(True)
        self.bar.setIconSize(QSize(14, 14))
        self.bar.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.add = QToolButton()
        self.add.setProperty("role", "quiet")
        self.add.setAccessibleName(tr("New document"))
        self.add.clicked.connect(self.new_requested)
        self.stack = QStackedWidget()
        self._lay_out()
        self.set_theme(theme)
        self.bar.currentChanged.connect(self._choose)
        self.bar.tabCloseRequested.connect(self._close)
        self.bar.tabMoved.connect(self._move)

    def add_document(self, document: OpenDocument) -> None:
        """Give a document a tab and a page."""
        self._documents.append(document)
        page = self._make_page(document)
        self._pages[document.id] = page
        self.stack.addWidget(page)
        document.status_changed.connect(self.refresh)
        blocked = self.bar.blockSignals(True)
        self.bar.addTab("")
        self.bar.blockSignals(blocked)
        self.refresh()

    def remove_document(self, document: OpenDocument) -> None:
        """Take a document's tab and page away."""
        place = self._documents.index(document)
        document.status_changed.disconnect(self.refresh)
        del self._documents[place]
        blocked = self.bar.blockSignals(True)
        self.bar.removeTab(place)
        self.bar.blockSignals(blocked)
        page = self._pages.pop(document.id)
        self.stack.removeWidget(page)
        page.close()
        page.deleteLater()

    def show_document(self, document: OpenDocument | None) -> None:
        """Bring a document's tab to the front."""
        if document is not None and document in self._documents:
            blocked = self.bar.blockSignals(True)
            self.bar.setCurrentIndex(self._documents.index(document))
            self.bar.blockSignals(blocked)
            self.stack.setCurrentWidget(self._pages[document.id])

    def page(self, document: OpenDocument | None) -> QWidget | None:
        """The page of a document."""
        return self._pages.get(document.id) if document is not None else None

    def pages(self) -> tuple[QWidget, ...]:
        """All pages."""
        return tuple(self._pages.values())

    def set_theme(self, theme: Theme) -> None:
        """Draw icons in another theme."""
        self.add.setIcon(icon("plus", theme))

    def set_new_tip(self, tip: str) -> None:
        """What the button for a new document says."""
        self.add.setToolTip(tip)

    def refresh(self) -> None:
        """Names and marks as they are now."""
        for place, document in enumerate(self._documents):
            mark = " •" if document.dirty else ""
            self.bar.setTabText(place, document.name.replace("&", "&&") + mark)
            where = str(document.path) if document.path is not None else tr("Not saved yet")
            self.bar.setTabToolTip(place, where)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 8, 0)
        top.setSpacing(4)
        top.addWidget(self.bar)
        top.addWidget(self.add)
        top.addStretch(1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(top)
        rows.addWidget(self.stack, 1)

    def _choose(self, place: int) -> None:
        if 0 <= place < len(self._documents):
            self.chosen.emit(self._documents[place])

    def _close(self, place: int) -> None:
        self.close_requested.emit(self._documents[place])

    def _move(self, old: int, new: int) -> None:
        self._documents.insert(new, self._documents.pop(old))
        self.moved.emit(old, new)
