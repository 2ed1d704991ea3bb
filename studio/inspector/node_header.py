"""The head of the inspector for a node: title, id, type, and whether it is on."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from engine.graph.document import Mode
from studio.inspector.faces import ManyFace, MissingFace, NodeFace
from studio.inspector.fields.choice import Segments
from studio.inspector.section import INSET
from studio.inspector.title_line import TitleLine
from studio.theme import Theme, icon, mono_font, tr, ui_font

MODES: Final[tuple[Mode, ...]] = ("on", "bypass", "mute")


class NodeHeader(QWidget):
    """Shows what is selected by name."""

    retitled = Signal(str)
    renamed = Signal(str)
    mode_chosen = Signal(str)
    enter_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = TitleLine(
            theme, tr("Title of the node"), ui_font(15, QFont.Weight.DemiBold), self
        )
        self.title.renamed.connect(self.retitled)
        self.id = TitleLine(theme, tr("Id of the node"), mono_font(12), self, quiet=True)
        self.id.renamed.connect(self.renamed)
        self.kind = QLabel(self)
        self.kind.setProperty("role", "muted")
        self.kind.setTextFormat(Qt.TextFormat.PlainText)
        self.kind.setWordWrap(True)
        self.enter = QPushButton(icon("enter", theme), tr("Enter"), self)
        self.enter.setToolTip(tr("Show the inside of this subgraph"))
        self.enter.clicked.connect(self.enter_wanted)
        self.modes = Segments([tr("On"), tr("Bypass"), tr("Mute")], theme, self)
        self.modes.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.modes.group.idClicked.connect(lambda index: self.mode_chosen.emit(MODES[index]))
        tips = (
            tr("It is computed"),
            tr("Its input goes through unchanged"),
            tr("It is not computed, nor what needs it"),
        )
        for button, tip in zip(self.modes.group.buttons(), tips, strict=True):
            button.setToolTip(tip)
        self._lay_out()

    def show_node(self, face: NodeFace) -> None:
        """Head of one node."""
        self._show(face.title, face.id)
        same = face.title == face.type_title
        kind = [face.category] if same else [face.type_title, face.category]
        self.kind.setText(" · ".join(part for part in kind if part))
        self.enter.setVisible(bool(face.subgraph))
        self.modes.show()
        self.modes.choose(MODES.index(face.mode))

    def show_missing(self, face: MissingFace) -> None:
        """Head of a node whose type is not installed."""
        self._show(face.title, face.id)
        self.kind.setText(tr("Not installed"))
        self.enter.hide()
        self.modes.hide()

    def show_many(self, face: ManyFace) -> None:
        """Head of several nodes."""
        self._show(tr("{count} nodes", count=len(face.ids)), "")
        counted = (f"{title} × {count}" if count > 1 else title for title, count in face.kinds)
        self.kind.setText(", ".join(counted))
        self.enter.hide()
        self.modes.show()
        self.modes.choose(-1 if face.mode is None else MODES.index(face.mode))

    def _show(self, title: str, id: str) -> None:
        self.title.show_title(title)
        self.title.setReadOnly(not id)
        self.title.setFocusPolicy(Qt.FocusPolicy.StrongFocus if id else Qt.FocusPolicy.NoFocus)
        self.id.show_title(id)
        self.id.setVisible(bool(id))

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.enter)
        middle = QHBoxLayout()
        middle.setContentsMargins(INSET, 0, 0, 0)
        middle.addWidget(self.kind, 1)
        middle.addWidget(self.id, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(top)
        column.addLayout(middle)
        column.addSpacing(4)
        modes = QHBoxLayout()
        modes.setContentsMargins(INSET, 0, 0, 0)
        modes.addWidget(self.modes)
        column.addLayout(modes)
        self.id.setAlignment(Qt.AlignmentFlag.AlignRight)
