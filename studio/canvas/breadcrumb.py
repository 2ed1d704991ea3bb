"""Where in a document one is: its name and the subgraphs entered, as buttons that lead back."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from engine.graph.edits.names import place_key
from studio.document import OpenDocument
from studio.theme import UNIT
from studio.theme.words import tr

LONGEST: Final = 32


class Breadcrumb(QWidget):
    """Seen only inside of subgraphs: at the top there is nowhere to go back to."""

    def __init__(self, open_document: OpenDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = open_document
        self.setAccessibleName(tr("Levels of the graph"))
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(2 * UNIT, UNIT, 2 * UNIT, UNIT)
        self._row.setSpacing(UNIT)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        open_document.level_changed.connect(self._show_level)
        open_document.status_changed.connect(self._show_level)
        self._shown: tuple[str, ...] = ()
        self._show_level()

    def names(self) -> tuple[str, ...]:
        """What is written, outermost first."""
        return self._shown

    def _show_level(self) -> None:
        names = (self._document.name, *self._titles())
        self.setVisible(len(names) > 1)
        if names == self._shown:
            return
        self._shown = names
        while self._row.count():
            item = self._row.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for depth, name in enumerate(names):
            if depth:
                self._row.addWidget(self._separator())
            last = depth == len(names) - 1
            self._row.addWidget(self._here(name) if last else self._step(depth, name))
        self._row.addStretch(1)

    def _titles(self) -> tuple[str, ...]:
        """The titles of the instances entered; a node may have a title of its own."""
        document, boxes = self._document.document, self._document.document.view.get("nodes")
        titles, within = [], ""
        for id in self._document.trail:
            box = boxes.get(place_key(id, within)) if isinstance(boxes, dict) else None
            title = box.get("title") if isinstance(box, dict) else None
            graph = document.subgraphs[within] if within else document
            within = graph.nodes[id].type.partition("/")[2]
            titles.append(title if isinstance(title, str) and title else within or id)
        return tuple(titles)

    def _here(self, name: str) -> QLabel:
        label = QLabel(_short(name), self)
        label.setToolTip(name)
        label.setContentsMargins(2 * UNIT, 0, 0, 0)
        return label

    def _step(self, depth: int, name: str) -> QToolButton:
        button = QToolButton(self)
        button.setAutoRaise(True)
        button.setProperty("role", "quiet")
        button.setText(_short(name))
        button.setAccessibleName(name)
        button.setToolTip(tr("Go back to ‘{name}’", name=name))
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        button.clicked.connect(lambda: self._document.go_to_level(depth))
        return button

    def _separator(self) -> QLabel:
        label = QLabel("›", self)
        label.setProperty("role", "muted")
        return label


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
