"""The command palette: every command by a few letters of its name."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
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

from studio.app.actions import Actions
from studio.app.command_search import FoundCommand, search_commands
from studio.commands import COMMANDS
from studio.theme import RADIUS, Theme, icon_pixmap, tr, ui_font

WIDTH: Final = 560
ROW: Final = 32
MOST_ROWS: Final = 11
REMEMBERED: Final = 12
_Index = QModelIndex | QPersistentModelIndex


class Palette(QFrame):
    """A field and the commands that match it, over the window it belongs to."""

    chosen = Signal(str)

    def __init__(self, actions: Actions, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._actions = actions
        self._window = window
        self._recent: list[str] = []
        self._before: QWidget | None = None
        self.setProperty("role", "card")
        self.setAccessibleName(tr("Command palette"))
        self._field = QLineEdit(placeholderText=tr("What would you like to do?"))
        self._field.setAccessibleName(tr("Search commands"))
        self._field.textChanged.connect(self._search)
        self._field.installEventFilter(self)
        self._found = _FoundModel(self)
        self._list = QListView()
        self._list.setModel(self._found)
        self._list.setAccessibleName(tr("Commands"))
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setUniformItemSizes(True)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.clicked.connect(self._choose)
        self.nothing = QLabel()
        self.nothing.setProperty("role", "muted")
        self.nothing.setContentsMargins(8, 4, 8, 8)
        self.set_theme(theme)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(8, 8, 8, 8)
        rows.setSpacing(8)
        rows.addWidget(self._field)
        rows.addWidget(self._list)
        rows.addWidget(self.nothing)
        actions.done.connect(self._remember)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        """Draw the rows in another theme."""
        self._list.setItemDelegate(_Row(self._actions, theme, self))

    def open(self) -> None:
        """Show it, empty, with the keyboard in its field."""
        self._before = self.window().focusWidget()
        self._field.clear()
        self._search("")
        self.show()
        self.raise_()
        self._field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @property
    def found(self) -> tuple[FoundCommand, ...]:
        """What is listed."""
        return self._found.rows

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows walk through the list while the keyboard stays in the field."""
        if event.type() is QEvent.Type.FocusOut and self.isVisible():
            self._close(back=False)
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(Qt.Key(event.key()))
        return False

    def _key(self, key: Qt.Key) -> bool:
        steps = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: MOST_ROWS,
            Qt.Key.Key_PageUp: -MOST_ROWS,
            Qt.Key.Key_Tab: 1,
            Qt.Key.Key_Backtab: -1,
        }
        if key in steps:
            self._step(steps[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self._list.currentIndex())
        elif key == Qt.Key.Key_Escape:
            self._close()
        else:
            return False
        return True

    def _step(self, by: int) -> None:
        count = self._found.rowCount()
        if count:
            row = self._list.currentIndex().row() + by
            self._list.setCurrentIndex(self._found.index(min(max(0, row), count - 1)))

    def _search(self, query: str) -> None:
        available = [c for c in self._actions.available() if c.key != "view.palette"]
        self._found.set_rows(search_commands(query, available, self._recent))
        self._list.setCurrentIndex(self._found.index(0))
        self._list.setVisible(bool(self.found))
        self.nothing.setVisible(not self.found)
        self.nothing.setText("" if self.found else self._why_nothing(query))
        rows = max(1, min(self._found.rowCount(), MOST_ROWS))
        self._list.setFixedHeight(rows * ROW + 4)
        self._place()

    def _why_nothing(self, query: str) -> str:
        """A command that is not there may be one that cannot be used just now."""
        others = search_commands(query, COMMANDS.values(), ())
        if not others:
            return tr("No command is called so.")
        name = tr(others[0].command.text).rstrip("…")
        return tr("'{name}' cannot be used just now.", name=name)

    def _place(self) -> None:
        area = self._window.rect()
        width = min(WIDTH, area.width() - 32)
        self.setFixedWidth(width)
        self.adjustSize()
        self.move((area.width() - width) // 2, max(16, area.height() // 9))

    def _choose(self, index: QModelIndex) -> None:
        if not index.isValid():
            return
        key = self._found.rows[index.row()].command.key
        self._close()
        self.chosen.emit(key)

    def _close(self, back: bool = True) -> None:
        self.hide()
        if back and self._before is not None:
            self._before.setFocus(Qt.FocusReason.OtherFocusReason)
        self._before = None

    def _remember(self, key: str) -> None:
        if key in self._recent:
            self._recent.remove(key)
        self._recent.insert(0, key)
        del self._recent[REMEMBERED:]


class _FoundModel(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: tuple[FoundCommand, ...] = ()

    def set_rows(self, rows: tuple[FoundCommand, ...]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        return len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        command = self.rows[index.row()].command
        if role == Qt.ItemDataRole.DisplayRole:
            return tr(command.text)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tr(command.help)
        if role == Qt.ItemDataRole.UserRole:
            return self.rows[index.row()]
        return None


class _Row(QStyledItemDelegate):
    """Icon, name with the matched letters bold, menu, and the key at the right."""

    def __init__(self, actions: Actions, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._actions = actions
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(100, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        found = index.data(Qt.ItemDataRole.UserRole)
        colors, rect = self._theme.colors, option.rect
        state = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colors.selection))
            painter.drawRoundedRect(rect, RADIUS - 2, RADIUS - 2)
        scale = painter.device().devicePixelRatioF()
        mark = icon_pixmap(found.command.icon, colors.muted, 16, scale)
        painter.drawPixmap(rect.left() + 8, rect.center().y() - 7, mark)
        right = self._draw_end(painter, rect, self._actions.shown_keys(found.command.key))
        left = self._draw_name(painter, rect.adjusted(34, 0, 0, 0), found)
        painter.setPen(QColor(colors.muted))
        painter.setFont(ui_font(11))
        menu = QRect(left + 10, rect.top(), max(0, right - left - 20), rect.height())
        painter.drawText(menu, Qt.AlignmentFlag.AlignVCenter, tr(found.command.menu))
        painter.restore()

    def _draw_name(self, painter: QPainter, rect: QRect, found: FoundCommand) -> int:
        plain, bold = ui_font(), ui_font(weight=ui_font().Weight.Bold)
        painter.setPen(QColor(self._theme.colors.text))
        left = rect.left()
        for place, letter in enumerate(tr(found.command.text)):
            font = bold if place in found.marks else plain
            painter.setFont(font)
            painter.drawText(QRect(left, rect.top(), 40, rect.height()), _VCENTER, letter)
            left += QFontMetrics(font).horizontalAdvance(letter)
        return left

    def _draw_end(self, painter: QPainter, rect: QRect, keys: str) -> int:
        font = ui_font(11)
        painter.setFont(font)
        painter.setPen(QColor(self._theme.colors.muted))
        width = QFontMetrics(font).horizontalAdvance(keys)
        left = rect.right() - width - 10
        painter.drawText(QRect(left, rect.top(), width + 4, rect.height()), _VCENTER, keys)
        return left


_VCENTER: Final = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
