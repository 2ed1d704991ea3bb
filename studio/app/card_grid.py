"""A grid of template cards that has as many columns as there is room for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from studio.app.template_card import TemplateCard
from studio.project.templates import Template
from studio.theme import Theme

NARROWEST: Final = 190
GAP: Final = 16
PLACEHOLDERS: Final = 4


class CardGrid(QWidget):
    """Cards in rows, in sections that may have headings; the arrow keys walk over them."""

    chosen = Signal(str)
    """The name of a template that was clicked."""
    reached = Signal(QWidget)
    """The card that an arrow led to: it is to be seen."""

    def __init__(self, theme: Theme, motion: bool = True, most_columns: int = 4) -> None:
        super().__init__()
        self._theme = theme
        self._motion = motion
        self._most = most_columns
        self._columns = most_columns
        self._sections: list[tuple[QLabel, list[TemplateCard]]] = []
        self._rows: list[list[TemplateCard]] = []
        self._is_wanted: Callable[[Template], bool] = lambda template: True
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP)
        self._grid.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._fill([("", [None] * PLACEHOLDERS)])

    @property
    def cards(self) -> list[TemplateCard]:
        """The cards that are shown, as they are read."""
        return [card for row in self._rows for card in row]

    def show_templates(self, templates: Sequence[Template]) -> None:
        """Take the place of what is shown."""
        self._fill([("", templates)])

    def show_sections(self, sections: Sequence[tuple[str, Sequence[Template]]]) -> None:
        """The same under headings; an empty section is left out."""
        self._fill([section for section in sections if section[1]])

    def show_only(self, is_wanted: Callable[[Template], bool]) -> None:
        """Show no others than these, until something else is said."""
        self._is_wanted = is_wanted
        self._place()

    def set_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        self._theme = theme
        for _, cards in self._sections:
            for card in cards:
                card.set_theme(theme)

    def resizeEvent(self, event: object) -> None:
        columns = max(1, min(self._most, (self.width() + GAP) // (NARROWEST + GAP)))
        if columns != self._columns:
            self._columns = columns
            self._place()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        target = self._neighbour(Qt.Key(event.key()))
        if target is None:
            super().keyPressEvent(event)
        else:
            target.setFocus(Qt.FocusReason.TabFocusReason)
            self.reached.emit(target)

    def _neighbour(self, key: Qt.Key) -> TemplateCard | None:
        """The card that an arrow leads to from the one that has the keyboard."""
        place = next(
            (
                (number, column)
                for number, row in enumerate(self._rows)
                for column, card in enumerate(row)
                if card.hasFocus()
            ),
            None,
        )
        if place is None:
            return None
        number, column = place
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            cards = self.cards
            at = cards.index(self._rows[number][column]) + (1 if key == Qt.Key.Key_Right else -1)
            return cards[at] if 0 <= at < len(cards) else None
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            number += 1 if key == Qt.Key.Key_Down else -1
            if 0 <= number < len(self._rows):
                return self._rows[number][min(column, len(self._rows[number]) - 1)]
        return None

    def _fill(self, sections: Sequence[tuple[str, Sequence[Template | None]]]) -> None:
        for heading, cards in self._sections:
            for widget in (heading, *cards):
                self._grid.removeWidget(widget)
                widget.hide()
                widget.deleteLater()
        self._sections = [
            (self._heading(title), [self._card(each) for each in templates])
            for title, templates in sections
        ]
        self._place()

    def _heading(self, title: str) -> QLabel:
        label = QLabel(title, self)
        label.setProperty("role", "heading")
        return label

    def _card(self, template: Template | None) -> TemplateCard:
        card = TemplateCard(template, self._theme, self._motion)
        card.setParent(self)
        card.clicked.connect(lambda: self._choose(card))
        return card

    def _choose(self, card: TemplateCard) -> None:
        if card.template is not None:
            self.chosen.emit(card.template.name)

    def _place(self) -> None:
        """Lay out what is wanted, section under section."""
        self._rows = []
        row = 0
        for heading, cards in self._sections:
            shown = [card for card in cards if self._shows(card)]
            for card in cards:
                self._grid.removeWidget(card)
                card.setVisible(card in shown)
            self._grid.removeWidget(heading)
            heading.setVisible(bool(heading.text() and shown))
            if heading.text() and shown:
                self._grid.addWidget(heading, row, 0, 1, self._columns)
                row += 1
            for start in range(0, len(shown), self._columns):
                self._rows.append(shown[start : start + self._columns])
                for column, card in enumerate(self._rows[-1]):
                    self._grid.addWidget(card, row, column)
                row += 1
        for column in range(self._most):
            self._grid.setColumnStretch(column, int(column < self._columns))

    def _shows(self, card: TemplateCard) -> bool:
        return card.template is None or self._is_wanted(card.template)
