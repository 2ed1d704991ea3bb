"""A title that reads as text and is edited where it stands."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QFont, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from studio.theme import Theme


class TitleLine(QLineEdit):
    """Says `renamed` on Enter or when the focus leaves, if the text is another one."""

    renamed = Signal(str)

    def __init__(
        self,
        theme: Theme,
        name: str,
        font: QFont,
        parent: QWidget | None = None,
        *,
        quiet: bool = False,
    ) -> None:
        super().__init__(parent)
        self._shown = ""
        self.setFont(font)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        colors = theme.colors
        # Flat until it is used: many boxes at the top of a panel would shout.
        color = colors.muted if quiet else colors.text
        self.setStyleSheet(
            "QLineEdit { background: transparent; border-color: transparent; padding: 2px 4px;"
            f" color: {color}; }}"
            f"QLineEdit:hover {{ border-color: {colors.outline}; }}"
            f"QLineEdit:focus {{ border-color: {colors.accent}; background: {colors.field};"
            f" color: {colors.text}; }}"
        )
        self.editingFinished.connect(self._done)

    def show_title(self, text: str) -> None:
        """Show a title, unless the user is writing one."""
        self._shown = text
        if not (self.hasFocus() and self.isModified()):
            self.setText(text)
            self.setCursorPosition(0)

    def restore(self) -> None:
        """Back to the title that counts."""
        self.setText(self._shown)
        self.setModified(False)

    def _done(self) -> None:
        text = self.text().strip()
        if self.isModified() and text != self._shown:
            self.setModified(False)
            self.renamed.emit(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.restore()
            self.selectAll()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.setCursorPosition(0)
