"""The gallery of templates, as a dialog."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from studio.app.card_grid import CardGrid
from studio.background import Background
from studio.project import templates
from studio.project.templates import Template
from studio.theme import Theme, tr

SIZE: Final = (900, 720)
MARGIN: Final = 24
SEARCH_WIDTH: Final = 260


class TemplateGallery(QDialog):
    """Every template, those that run at once first; a click chooses one.

    `chosen` is its name, or ''.
    """

    def __init__(
        self,
        theme: Theme,
        background: Background,
        motion: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.chosen = ""
        self.setWindowTitle(tr("New from a template"))
        self.resize(*SIZE)
        self.grid = CardGrid(theme, motion, most_columns=3)
        self.grid.chosen.connect(self._choose)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Find a template"))
        self.search.setAccessibleName(tr("Find a template"))
        self.search.setToolTip(tr("Shows the templates whose name, model or licence fits"))
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(SEARCH_WIDTH)
        self.search.textChanged.connect(self._filter)
        self.nothing = QLabel()
        self.nothing.setProperty("role", "muted")
        self.nothing.hide()
        cancel = QPushButton(tr("Cancel"))
        cancel.setAutoDefault(False)
        cancel.setToolTip(tr("Choose none (Esc)"))
        cancel.clicked.connect(self.reject)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(MARGIN, MARGIN, MARGIN, 16)
        rows.setSpacing(4)
        rows.addLayout(self._head())
        rows.addSpacing(12)
        rows.addWidget(self.nothing)
        rows.addWidget(self._scrolled(), 1)
        rows.addSpacing(8)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        rows.addLayout(buttons)
        self.search.setFocus()
        background.run(templates.gallery, self._show)

    def _head(self) -> QHBoxLayout:
        title = QLabel(tr("New from a template"))
        title.setProperty("role", "title")
        told = QLabel(tr("Each is a graph to start from. Change what you like."))
        told.setProperty("role", "muted")
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(title)
        words.addWidget(told)
        row = QHBoxLayout()
        row.addLayout(words, 1)
        row.addWidget(self.search, 0, Qt.AlignmentFlag.AlignBottom)
        return row

    def _scrolled(self) -> QScrollArea:
        area = QScrollArea()
        area.setWidget(self.grid)
        self.grid.reached.connect(area.ensureWidgetVisible)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setStyleSheet("QScrollArea { background: transparent; }")
        self.grid.setContentsMargins(0, 0, 8, 0)
        return area

    def _show(self, found: tuple[Template, ...]) -> None:
        at_once = [each for each in found if each.runs_at_once]
        others = [each for each in found if not each.runs_at_once]
        self.grid.show_sections(
            [
                (tr("Works at once"), at_once),
                (tr("For open models, with weights of their own"), others),
            ]
        )
        self._filter(self.search.text())

    def _filter(self, words: str) -> None:
        self.grid.show_only(lambda template: template.matches(words))
        self.nothing.setText(tr("No template fits '{words}'.", words=words.strip()))
        self.nothing.setVisible(not self.grid.cards)

    def _choose(self, name: str) -> None:
        self.chosen = name
        self.accept()
