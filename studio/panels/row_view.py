"""A view of rows of one height: whatever it is asked costs the same however many rows there are.

Qt's own list lays out every row anew with every change, which thousands of rows are too many for.
"""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QRect,
    Qt,
)
from PySide6.QtGui import (
    QColor,
    QDrag,
    QDragMoveEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPixmap,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyleOptionViewItem

from studio.panels.row_model import Index

_STEP = 20
_FADED = 0.5


class RowView(QAbstractItemView):
    """Rows below each other, as wide as the view; `row_height` is the delegate's."""

    def __init__(self, row_height: int) -> None:
        super().__init__()
        self._height = row_height
        self._drop_at: int | None = None
        self._rows: QAbstractItemModel | None = None
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)

    def count(self) -> int:
        """How many rows there are."""
        return self._rows.rowCount() if self._rows is not None else 0

    def setModel(self, model: QAbstractItemModel | None) -> None:
        self._rows = model
        super().setModel(model)
        if model is not None:
            model.rowsRemoved.connect(lambda *_: self._on_removed())

    # Where things are

    def visualRect(self, index: Index) -> QRect:
        if not index.isValid():
            return QRect()
        top = index.row() * self._height - self.verticalOffset()
        return QRect(0, top, self.viewport().width(), self._height)

    def indexAt(self, point: QPoint) -> QModelIndex:
        row = (point.y() + self.verticalOffset()) // self._height
        inside = 0 <= row < self.count() and 0 <= point.x() < self.viewport().width()
        return self.model().index(row, 0, self.rootIndex()) if inside else QModelIndex()

    def scrollTo(
        self,
        index: Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        if not index.isValid():
            return
        bar, top = self.verticalScrollBar(), index.row() * self._height
        page = self.viewport().height()
        if hint is QAbstractItemView.ScrollHint.PositionAtCenter:
            bar.setValue(top - (page - self._height) // 2)
        elif top < bar.value():
            bar.setValue(top)
        elif top + self._height > bar.value() + page:
            bar.setValue(top + self._height - page)

    def horizontalOffset(self) -> int:
        return 0

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: Index) -> bool:
        return False

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        """All between the first and the last of them: it is only painted anew."""
        rows = [index.row() for index in selection.indexes()]
        if not rows:
            return QRegion()
        ends = (self.model().index(row, 0) for row in (min(rows), max(rows)))
        first, last = map(self.visualRect, ends)
        return QRegion(first.united(last))

    # Selecting

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        area, offset = rect.normalized(), self.verticalOffset()
        first = max(0, (area.top() + offset) // self._height)
        last = min(self.count() - 1, (area.bottom() + offset) // self._height)
        chosen = QItemSelection()
        if first <= last:
            chosen.select(self.model().index(first, 0), self.model().index(last, 0))
        self.selectionModel().select(chosen, command)

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        last, row = self.count() - 1, self.currentIndex().row()
        page, move = max(1, self.viewport().height() // self._height), self.CursorAction
        steps = {
            move.MoveUp: row - 1, move.MoveLeft: row - 1, move.MovePrevious: row - 1,
            move.MoveDown: row + 1, move.MoveRight: row + 1, move.MoveNext: row + 1,
            move.MovePageUp: row - page, move.MovePageDown: row + page,
            move.MoveHome: 0, move.MoveEnd: last,
        }  # fmt: skip
        wanted = min(max(0, steps.get(action, row)), last)
        return self.model().index(wanted, 0, self.rootIndex()) if last >= 0 else QModelIndex()

    # Drawing

    def updateGeometries(self) -> None:
        page = self.viewport().height()
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, self.count() * self._height - page))
        bar.setPageStep(page)
        bar.setSingleStep(_STEP)
        super().updateGeometries()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.updateGeometries()

    def rowsInserted(self, parent: Index, start: int, end: int) -> None:
        super().rowsInserted(parent, start, end)
        self.updateGeometries()
        self.viewport().update()

    def _on_removed(self) -> None:
        self.updateGeometries()
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self.viewport()) as painter:
            offset = self.verticalOffset()
            first = (event.rect().top() + offset) // self._height
            last = min(self.count() - 1, (event.rect().bottom() + offset) // self._height)
            for row in range(max(0, first), last + 1):
                self._paint_row(painter, self.model().index(row, 0, self.rootIndex()))
            if self._drop_at is not None:
                line = self._drop_at * self._height - offset
                accent = self.palette().color(QPalette.ColorRole.Accent)
                painter.fillRect(8, line - 1, self.viewport().width() - 16, 2, QColor(accent))

    def _paint_row(self, painter: QPainter, index: QModelIndex) -> None:
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        option.rect = self.visualRect(index)
        flag = QStyle.StateFlag
        state = flag.State_Enabled
        if self.selectionModel().isSelected(index):
            state |= flag.State_Selected
        if self.viewport().underMouse() and option.rect.contains(
            self.viewport().mapFromGlobal(self.cursor().pos())
        ):
            state |= flag.State_MouseOver
        if self.hasFocus() and index == self.currentIndex():
            state |= flag.State_HasFocus
        option.state = state
        self.itemDelegate().paint(painter, option, index)

    # Dropping between rows

    def startDrag(self, supportedActions: Qt.DropAction) -> None:
        movable = Qt.ItemFlag.ItemIsDragEnabled
        taken = [each for each in self.selectedIndexes() if each.flags() & movable]
        if taken:
            drag = QDrag(self)
            drag.setMimeData(self.model().mimeData(taken))
            drag.setPixmap(self.drag_picture(self.currentIndex()))
            cursor = self.viewport().mapFromGlobal(self.cursor().pos())
            drag.setHotSpot(cursor - self.visualRect(self.currentIndex()).topLeft())
            drag.exec(supportedActions, Qt.DropAction.MoveAction)

    def drag_picture(self, index: Index) -> QPixmap:
        """A row as it hangs on the cursor: where it would be dropped is seen through it."""
        row = self.viewport().grab(self.visualRect(index))
        faded = QPixmap(row.size())
        faded.setDevicePixelRatio(row.devicePixelRatio())
        faded.fill(Qt.GlobalColor.transparent)
        with QPainter(faded) as painter:
            painter.setOpacity(_FADED)
            painter.drawPixmap(0, 0, row)
        return faded

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        super().dragMoveEvent(event)
        at = event.position().toPoint().y() + self.verticalOffset()
        self._drop_at = min(self.count(), (at + self._height // 2) // self._height)
        event.acceptProposedAction()
        self.viewport().update()

    def drop_row(self) -> int | None:
        """The row before which something that is dragged would be dropped."""
        return self._drop_at

    def end_drop(self) -> None:
        """Nothing is dragged over it any more."""
        self._drop_at = None
        self.viewport().update()
