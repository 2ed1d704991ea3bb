"""Finding nodes and notes of a document by what stands in them, and going there."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.document import OpenDocument
from studio.editing.find import Match, find
from studio.theme import Theme, icon_pixmap, tr

WIDTH = 420
MOST_SHOWN = 60
ROW = 28
MOST_ROWS = 9
TOP = 48


class FindBox(QFrame):
    """A field over the canvas and what matches; arrows go from find to find."""

    chosen = Signal(object)
    """A Match to be shown; the box stays open."""

    def __init__(self, theme: Theme, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self._document: OpenDocument | None = None
        self._before: QWidget | None = None
        self.setProperty("role", "card")
        self.setAccessibleName(tr("Find in graph"))
        self.field = QLineEdit()
        self.field.setPlaceholderText(tr("Name, type, parameter or value"))
        self.field.setAccessibleName(tr("Find in graph"))
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName(tr("What was found"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.ensurePolished()  # rows are as high as the style wants only if it knows them
        self.list.itemClicked.connect(lambda _: self._go())
        self._mark, self._count = QLabel(), QLabel()
        self._count.setProperty("role", "small")
        self._lay_out()
        self.set_theme(theme)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        """Draw the mark in another theme."""
        self._mark.setPixmap(
            icon_pixmap("search", theme.colors.muted, 16, self.devicePixelRatioF())
        )

    def open(self, document: OpenDocument) -> None:
        """Search in a document; what was searched last is there again, selected."""
        self._document = document
        self._before = self.window().focusWidget()
        self._search(self.field.text())
        self.show()
        self.raise_()
        self.field.selectAll()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @property
    def found(self) -> tuple[Match, ...]:
        """What is listed."""
        items = (self.list.item(row) for row in range(self.list.count()))
        return tuple(item.data(Qt.ItemDataRole.UserRole) for item in items)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows and Enter go through the finds; Escape ends it."""
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        return False

    def _key(self, event: QKeyEvent) -> bool:
        key = event.key()
        back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key == Qt.Key.Key_Escape:
            self._close()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._go()
            self._step(-1 if back else 1)
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self._step(1 if key == Qt.Key.Key_Down else -1)
            self._go()
        else:
            return False
        return True

    def _search(self, query: str) -> None:
        self.list.clear()
        document = self._document
        found = find(document.document, document.registry, query) if document and query else ()
        for match in found[:MOST_SHOWN]:
            inside = f"{match.within} ▸ " if match.within else ""
            item = QListWidgetItem(f"{inside}{match.title}    {match.where}")
            item.setData(Qt.ItemDataRole.UserRole, match)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self._count.setText(_counted(len(found)) if query else "")
        self.list.setVisible(bool(found))
        self.list.setFixedHeight(min(len(found), MOST_ROWS) * ROW + 4)
        self._place()

    def _step(self, by: int) -> None:
        count = self.list.count()
        if count:
            self.list.setCurrentRow((self.list.currentRow() + by) % count)

    def _go(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self.chosen.emit(item.data(Qt.ItemDataRole.UserRole))
            self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _close(self) -> None:
        self.hide()
        if self._before is not None:
            self._before.setFocus(Qt.FocusReason.OtherFocusReason)
        self._before = None

    def _place(self) -> None:
        self.setFixedWidth(min(WIDTH, self._over.width() - 32))
        self.adjustSize()
        self.move(self._over.width() - self.width() - 16, TOP)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        for part in (self._mark, self.field, self._count):
            row.addWidget(part)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(10, 8, 10, 8)
        rows.setSpacing(8)
        rows.addLayout(row)
        rows.addWidget(self.list)


def _counted(count: int) -> str:
    if not count:
        return tr("Nothing")
    return tr("1 place") if count == 1 else tr("{count} places", count=count)
