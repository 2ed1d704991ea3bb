"""A grid of template cards that has as many columns as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from studio.app.template_card import TemplateCard
from studio.project.templates import Template
from studio.theme import Theme

NARROWEST: Final = 190
GAP: Final = 16
PLACEHOLDERS: Final = 4


class CardGrid(QWidget):
    """Cards in rows; the arrow keys walk over them."""

    chosen = Signal(str)
    """The name of a template that was clicked."""

    def __init__(self, theme: Theme, motion: bool = True, most_columns: int = 4) -> None:
        super().__init__()
        self._theme = theme
        self._motion = motion
        self._most = most_columns
        self._columns = most_columns
        self.cards: list[TemplateCard] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP)
        self._grid.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._fill([None] * PLACEHOLDERS)

    def show_templates(self, templates: Sequence[Template]) -> None:
        """Take the place of the empty cards."""
        self._fill(templates)

    def set_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        self._theme = theme
        for card in self.cards:
            card.set_theme(theme)

    def resizeEvent(self, event: object) -> None:
        columns = max(1, min(self._most, (self.width() + GAP) // (NARROWEST + GAP)))
        if columns != self._columns:
            self._columns = columns
            self._place()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self._columns,
            Qt.Key.Key_Down: self._columns,
        }
        step = steps.get(Qt.Key(event.key()))
        here = next((number for number, card in enumerate(self.cards) if card.hasFocus()), None)
        if step is None or here is None or not 0 <= here + step < len(self.cards):
            super().keyPressEvent(event)
            return
        self.cards[here + step].setFocus(Qt.FocusReason.TabFocusReason)

    def _fill(self, templates: Sequence[Template | None]) -> None:
        for card in self.cards:
            self._grid.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = [TemplateCard(each, self._theme, self._motion) for each in templates]
        for card in self.cards:
            card.clicked.connect(lambda _=False, card=card: self._choose(card))
        self._place()

    def _choose(self, card: TemplateCard) -> None:
        if card.template is not None:
            self.chosen.emit(card.template.name)

    def _place(self) -> None:
        for number, card in enumerate(self.cards):
            self._grid.addWidget(card, *divmod(number, self._columns))
        for column in range(self._most):
            self._grid.setColumnStretch(column, int(column < self._columns))
