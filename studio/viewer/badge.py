"""The badge that says where a file comes from, with the details behind it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from engine.errors import ReelwrightError
from studio.theme import RADIUS, Theme, icon, icon_pixmap, tr
from studio.viewer.errands import Errands
from studio.viewer.provenance import CHECKING, Provenance, provenance_of, unknown

if TYPE_CHECKING:
    from engine.trust.verification import Verification
    from studio.background import Task

_WIDTH: Final = 360


class Badge(QToolButton):
    """Shows a file's provenance once it is found out."""

    def __init__(self, theme: Theme, errands: Errands, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._errands = errands
        self._task: Task | None = None
        self._popover: Popover | None = None
        self.provenance: Provenance | None = None
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setProperty("role", "quiet")
        self.setAccessibleName(tr("Provenance"))
        self.clicked.connect(self.open)
        self.hide()

    def check(self, path: Path | None) -> None:
        """Find out about a file; None hides the badge."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self.setVisible(path is not None)
        if path is None:
            return
        self._show(CHECKING)

        def work() -> Verification:
            from engine.trust.ledger import ledgers
            from engine.trust.recovery import recovered
            from engine.trust.verify import verify

            # A lost sidecar is found by the file itself; watermarks are left to the command line,
            # for the whole file would be decoded each time that it is looked at.
            return recovered(verify(path), ledgers())

        self._task = self._errands.run(
            work, lambda found: self._show(provenance_of(found)), self._failed
        )

    def _failed(self, error: ReelwrightError) -> None:
        self._show(unknown(str(error)))

    def restyle(self, theme: Theme) -> None:
        """Another theme."""
        self._theme = theme
        if self.provenance is not None:
            self._show(self.provenance)

    def open(self) -> None:
        """Show the details below the badge."""
        if self.provenance is None:
            return
        self._popover = Popover(self.provenance, self._theme, self)
        self._popover.adjustSize()
        corner = self.mapToGlobal(QPoint(0, self.height() + 4))
        self._popover.move(_inside(corner, self._popover, self))
        self._popover.show()

    def _show(self, provenance: Provenance) -> None:
        self.provenance = provenance
        self.setText(tr(provenance.word))
        color = tone_color(provenance, self._theme)
        self.setIcon(icon(provenance.icon, self._theme, color))
        self.setToolTip(tr(provenance.sentence))
        self.setAccessibleDescription(tr(provenance.sentence))


class Popover(QFrame):
    """The sentence, and a table of what the signature says."""

    def __init__(self, provenance: Provenance, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("provenance")
        colors = theme.colors
        self.setStyleSheet(
            f"#provenance {{ background: {colors.raised}; border: 1px solid "
            f"{colors.outline_strong}; border-radius: {RADIUS}px; }}"
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 16)
        layout.setSpacing(8)
        layout.addLayout(self._head(provenance, theme))
        sentence = QLabel(tr(provenance.sentence))
        sentence.setWordWrap(True)
        sentence.setFixedWidth(_WIDTH - 32)
        layout.addWidget(sentence)
        if provenance.rows:
            layout.addSpacing(4)
            layout.addLayout(self._table(provenance))
        self.setFixedWidth(_WIDTH)

    def _head(self, provenance: Provenance, theme: Theme) -> QGridLayout:
        head = QGridLayout()
        head.setHorizontalSpacing(8)
        mark = QLabel()
        mark.setPixmap(icon_pixmap(provenance.icon, tone_color(provenance, theme), 20, 2))
        word = QLabel(tr(provenance.word))
        word.setProperty("role", "heading")
        head.addWidget(mark, 0, 0)
        head.addWidget(word, 0, 1)
        head.setColumnStretch(1, 1)
        return head

    def _table(self, provenance: Provenance) -> QGridLayout:
        table = QGridLayout()
        table.setHorizontalSpacing(12)
        table.setVerticalSpacing(6)
        table.setColumnStretch(1, 1)
        for row, (name, text) in enumerate(provenance.rows):
            label = QLabel(tr(name))
            label.setProperty("role", "muted")
            value = QLabel(text)
            value.setTextFormat(Qt.TextFormat.PlainText)  # a stranger may have written it
            value.setWordWrap(True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            top = Qt.AlignmentFlag.AlignTop
            table.addWidget(label, row, 0, top)
            table.addWidget(value, row, 1, top)
        return table


def tone_color(provenance: Provenance, theme: Theme) -> str:
    """The colour of the badge's mark."""
    colors = theme.colors
    return {
        "muted": colors.muted,
        "success": colors.success,
        "info": colors.info,
        "warning": colors.warning,
        "danger": colors.danger,
    }[provenance.tone]


def _inside(corner: QPoint, popover: QWidget, near: QWidget) -> QPoint:
    """A place on the screen where all of it is seen."""
    screen = near.screen().availableGeometry()
    left = min(corner.x(), screen.right() - popover.width() - 8)
    top = corner.y()
    if top + popover.height() > screen.bottom():
        top = near.mapToGlobal(QPoint(0, 0)).y() - popover.height() - 4
    return QPoint(max(screen.left() + 8, left), max(screen.top() + 8, top))
