"""What the App view says of a document that exposes nothing: how that is done."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from studio.theme import Theme, icon, icon_pixmap, tr


class EmptyState(QWidget):
    """Two ways on: expose the usual controls, or look at the graph."""

    usual_wanted = Signal()
    graph_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark = QLabel(self)
        mark.setPixmap(icon_pixmap("sliders", theme.colors.muted, 32, self.devicePixelRatioF()))
        title = QLabel(tr("No controls yet"), self)
        title.setProperty("role", "heading")
        text = QLabel(
            tr(
                "This document exposes nothing. In the graph, select a node, open the menu of "
                "one of its parameters in the inspector and choose 'Expose as a control'. "
                "It then stands here."
            ),
            self,
        )
        text.setProperty("role", "muted")
        text.setWordWrap(True)
        self.usual = QPushButton(icon("expose", theme), tr("Expose the usual ones"), self)
        self.usual.setToolTip(tr("Expose every prompt, seed and file of this document"))
        self.usual.clicked.connect(self.usual_wanted)
        self.graph = QPushButton(tr("Show the graph"), self)
        self.graph.setProperty("role", "quiet")
        self.graph.setToolTip(tr("Show the graph, with the inspector beside it"))
        self.graph.clicked.connect(self.graph_wanted)
        buttons = QHBoxLayout()
        buttons.addWidget(self.usual)
        buttons.addWidget(self.graph)
        buttons.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 12, 20, 20)
        column.setSpacing(10)
        for widget in (mark, title, text):
            column.addWidget(widget)
        column.addLayout(buttons)
        column.addStretch()
        column.setAlignment(Qt.AlignmentFlag.AlignTop)
