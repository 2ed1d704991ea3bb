"""The gallery of templates, as a dialog."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from studio.app.card_grid import CardGrid
from studio.background import Background
from studio.project import templates
from studio.theme import Theme, tr

SIZE: Final = (820, 640)
MARGIN: Final = 24


class TemplateGallery(QDialog):
    """Every template with its picture; a click chooses one.  `chosen` is its name, or ''."""

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
        title = QLabel(tr("New from a template"))
        title.setProperty("role", "title")
        told = QLabel(tr("Each is a small graph that runs as it is. Change what you like."))
        told.setProperty("role", "muted")
        cancel = QPushButton(tr("Cancel"))
        cancel.setToolTip(tr("Choose none (Esc)"))
        cancel.clicked.connect(self.reject)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(MARGIN, MARGIN, MARGIN, 16)
        rows.setSpacing(4)
        rows.addWidget(title)
        rows.addWidget(told)
        rows.addSpacing(12)
        rows.addWidget(self._scrolled(), 1)
        rows.addSpacing(8)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        rows.addLayout(buttons)
        background.run(templates.gallery, self.grid.show_templates)

    def _scrolled(self) -> QScrollArea:
        area = QScrollArea()
        area.setWidget(self.grid)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setStyleSheet("QScrollArea { background: transparent; }")
        self.grid.setContentsMargins(0, 0, 8, 0)
        return area

    def _choose(self, name: str) -> None:
        self.chosen = name
        self.accept()
