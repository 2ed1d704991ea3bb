"""The popup that adds nodes: a few letters, the best finds, Enter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from engine.graph.node import NodeType
from studio.editing.connect import PortWish
from studio.editing.search import Found, SearchIndex
from studio.faces import spaced
from studio.theme import RADIUS, SMALL_TEXT_SIZE, Theme, tr, ui_font

WIDTH: Final = 380
ROW: Final = 30
MOST_ROWS: Final = 9
PADDING: Final = 8
FOUND_ROLE: Final = Qt.ItemDataRole.UserRole


class SearchPopup(QFrame):
    """Search a node type; with a `wish` only those are offered that the dragged link fits."""

    chosen = Signal(object)
    """The NodeType to add."""
    dismissed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.theme = theme
        self._index = SearchIndex(())
        self._wish: PortWish | None = None
        self._usage: Mapping[str, int] = {}
        self._line = QLineEdit()
        self._list = _FoundList(theme)
        self._help = QLabel()
        self._none = QLabel()
        self._build()
        self._line.textChanged.connect(self._search)
        self._line.installEventFilter(self)
        self._list.clicked.connect(self._choose)
        self._list.activated.connect(self._choose)
        self._list.selectionModel().currentChanged.connect(self._show_help)

    def open_at(
        self,
        pos: QPoint,
        index: SearchIndex,
        wish: PortWish | None = None,
        usage: Mapping[str, int] | None = None,
        what: str = "",
    ) -> None:
        """Show it with its upper left corner at a place of the screen, ready to type."""
        self._index, self._wish, self._usage = index, wish, usage or {}
        self._line.setPlaceholderText(what or _prompt(wish))
        self._line.clear()
        self._search("")
        self.move(self._on_screen(pos))
        self.show()
        self._line.setFocus()

    def results(self) -> tuple[Found, ...]:
        """What is offered now, best first."""
        return self._list.found.items

    def _search(self, text: str) -> None:
        found = self._index.search(text, self._wish, self._usage)
        self._list.found.show_items(found)
        self._list.setVisible(bool(found))
        self._none.setVisible(not found)
        self._none.setText(_nothing(text, self._wish))
        if found:
            self._list.setCurrentIndex(self._list.found.index(0))
            self._list.scrollToTop()
        self._show_help()
        rows = min(max(len(found), 1), MOST_ROWS)
        self._list.setFixedHeight(rows * ROW)
        self.adjustSize()

    def _show_help(self, *_: object) -> None:
        found = self._current()
        doc = found.type.doc.split("\n\n")[0].replace("\n", " ") if found is not None else ""
        self._help.setText(doc)
        self._help.setVisible(bool(doc))

    def _current(self) -> Found | None:
        index = self._list.currentIndex()
        return index.data(FOUND_ROLE) if index.isValid() else None

    def _choose(self, *_: object) -> None:
        found = self._current()
        if found is None:
            return
        self.hide()
        self.chosen.emit(found.type)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The line keeps the focus: up, down and Enter go to the list."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_Tab: 1, Qt.Key.Key_Backtab: -1}
        step |= {Qt.Key.Key_PageDown: MOST_ROWS, Qt.Key.Key_PageUp: -MOST_ROWS}
        key = Qt.Key(event.key())
        if key in step:
            self._go(step[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose()
        elif key == Qt.Key.Key_Escape:
            self.close()
        else:
            return False
        return True

    def paintEvent(self, event: object) -> None:
        """The card with its rounded border: style sheets do not paint see-through windows."""
        colors = self.theme.colors
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(colors.outline_strong))
        painter.setBrush(QColor(colors.raised))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)

    def hideEvent(self, event: object) -> None:
        """However it goes away, whoever opened it is told."""
        self.dismissed.emit()

    def _go(self, step: int) -> None:
        """Go up or down in the list; single steps go round."""
        count = len(self.results())
        if count:
            row = self._list.currentIndex().row() + step
            row = row % count if abs(step) == 1 else min(max(row, 0), count - 1)
            self._list.setCurrentIndex(self._list.found.index(row))

    def _on_screen(self, pos: QPoint) -> QPoint:
        """The place moved as far as needed to be seen whole."""
        screen = self.screen().availableGeometry()
        height = self.sizeHint().height()
        x = min(pos.x(), screen.right() - WIDTH - PADDING)
        y = min(pos.y(), screen.bottom() - height - PADDING)
        return QPoint(max(x, screen.left()), max(y, screen.top()))

    def _build(self) -> None:
        self.setFixedWidth(WIDTH)
        self.setAccessibleName(tr("Add a node"))
        self._line.setAccessibleName(tr("Search a node"))
        self._line.setClearButtonEnabled(False)
        self._list.setAccessibleName(tr("Nodes that match"))
        self._help.setWordWrap(True)
        self._none.setWordWrap(True)
        self._help.setContentsMargins(PADDING, 6, PADDING, 4)
        self._none.setContentsMargins(PADDING, 8, PADDING, 8)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(PADDING, PADDING, PADDING, PADDING)
        layout.setSpacing(6)
        for widget in (self._line, self._list, self._none, self._help):
            layout.addWidget(widget)
        colors = self.theme.colors
        self._line.setFont(ui_font(14))
        self._help.setFont(ui_font(SMALL_TEXT_SIZE + 1))
        self.setObjectName("searchPopup")
        self.setStyleSheet(
            f"#searchPopup QLineEdit {{ background: {colors.field}; color: {colors.text};"
            f" border: 1px solid {colors.outline}; border-radius: 4px; padding: 6px 8px;"
            f" selection-background-color: {colors.selection}; }}"
            f"#searchPopup QLineEdit:focus {{ border-color: {colors.accent}; }}"
            f"#searchPopup QListView {{ background: transparent; border: none; outline: none; }}"
            f"#searchPopup QLabel {{ background: transparent; color: {colors.muted}; }}"
        )


class _FoundModel(QAbstractListModel):
    """The finds, best first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.items: tuple[Found, ...] = ()

    def show_items(self, items: tuple[Found, ...]) -> None:
        """Offer these instead."""
        self.beginResetModel()
        self.items = items
        self.endResetModel()

    def rowCount(
        self,
        parent: QModelIndex | QPersistentModelIndex = QModelIndex(),  # noqa: B008
    ) -> int:
        return 0 if parent.isValid() else len(self.items)

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        found = self.items[index.row()]
        if role == FOUND_ROLE:
            return found
        if role == Qt.ItemDataRole.DisplayRole:
            return found.type.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return found.type.doc
        return None


class _FoundList(QListView):
    """The list of finds."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.found = _FoundModel(self)
        self.setModel(self.found)
        self.setItemDelegate(_FoundPainter(theme, self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.entered.connect(self.setCurrentIndex)


class _FoundPainter(QStyledItemDelegate):
    """One find: a dot in the colour of what it gives, its title, its category."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._plain, self._bold = ui_font(), ui_font(weight=QFont.Weight.DemiBold)
        self._small = ui_font(SMALL_TEXT_SIZE)

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(WIDTH - 2 * PADDING, ROW)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        found: Found = index.data(FOUND_ROLE)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        colors = self._theme.colors
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colors.selection))
            painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), 4, 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.type_color(_kind(found.type))))
        painter.drawEllipse(QRect(rect.left() + PADDING, rect.center().y() - 3, 8, 8))
        note = _note(found)
        painter.setFont(self._small)
        painter.setPen(QColor(colors.muted))
        room = rect.adjusted(28, 0, -PADDING, 0)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(room, flags, note)
        taken = QFontMetrics(self._small).horizontalAdvance(note) + 12
        self._paint_title(painter, room.adjusted(0, 0, -taken, 0), found)
        painter.restore()

    def _paint_title(self, painter: QPainter, room: QRect, found: Found) -> None:
        """The title with the letters that matched in bold and in the accent's colour."""
        colors = self._theme.colors
        x = room.left()
        marked = set(found.marks)
        for place, letter in enumerate(found.type.title):
            font = self._bold if place in marked else self._plain
            width = QFontMetrics(font).horizontalAdvance(letter)
            if x + width > room.right():
                break
            painter.setFont(font)
            painter.setPen(QColor(colors.accent if place in marked else colors.text))
            painter.drawText(
                QRect(x, room.top(), width + 4, room.height()),
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
                letter,
            )
            x += width


def _kind(type: NodeType) -> str:
    """The type that stands for a node: what it gives, else what it takes."""
    ports = (*type.outputs.values(), *type.inputs.values())
    return ports[0].name if ports else "Anything"


def _note(found: Found) -> str:
    """What stands at the right: the port that a dragged link would end at, the category."""
    category = found.type.category
    return f"{tr('to')} {spaced(found.port)}  ·  {category}" if found.port else category


def _prompt(wish: PortWish | None) -> str:
    if wish is None:
        return tr("Search a node to add")
    if wish.is_output:
        return tr("Search what takes {kind}", kind=wish.type.name)
    return tr("Search what gives {kind}", kind=wish.type.name)


def _nothing(text: str, wish: PortWish | None) -> str:
    if wish is None:
        return tr("No node is called “{word}”. Try another word for what it does.", word=text)
    what = "No node takes {kind} and is called “{word}”."
    if not wish.is_output:
        what = "No node gives {kind} and is called “{word}”."
    return tr(what, kind=wish.type.name, word=text)
