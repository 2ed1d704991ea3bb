"""The inspector's page for the document itself, shown while nothing is selected."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.inspector.control_list import ControlList
from studio.inspector.faces import DocumentFace, PackLine
from studio.inspector.fields.make import Fields
from studio.inspector.problem_list import ProblemList
from studio.inspector.section import INSET, Section
from studio.inspector.title_line import TitleLine
from studio.theme import tr, ui_font


class DocumentPage(QWidget):
    """Name, problems, what is exposed, and which packs are needed."""

    named = Signal(str)
    problem_wanted = Signal(str)

    def __init__(self, fields: Fields, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme = fields.theme
        self._theme = theme
        self._packs: tuple[PackLine, ...] | None = None
        font = ui_font(15, QFont.Weight.DemiBold)
        self.title = TitleLine(theme, tr("Title of the document"), font, self)
        self.title.renamed.connect(self.named)
        self.counts = _muted(self)
        self.found = Section(tr("Problems"), theme, self)
        self.problems = ProblemList(theme, self)
        self.problems.node_wanted.connect(self.problem_wanted)
        self.found.body.addWidget(self.problems)
        self.offered = Section(tr("Exposed controls"), theme, self)
        self.controls = ControlList(theme, self)
        self.offered.body.addWidget(self.controls)
        self.needed = Section(tr("Packs"), theme, self)
        self.packs = QLabel(self)
        self.packs.setWordWrap(True)
        self.packs.setTextFormat(Qt.TextFormat.RichText)
        self.needed.body.addWidget(self.packs)
        self.hint = _muted(self)
        self.hint.setText(tr("Select a node to see and change what it does."))
        column = QVBoxLayout(self)
        column.setContentsMargins(12 - INSET, 10, 8, 16)
        column.setSpacing(10)
        head = QVBoxLayout()
        head.setSpacing(2)
        head.addWidget(self.title)
        head.addLayout(_inset(self.counts))
        column.addLayout(head)
        for section in (self.found, self.offered, self.needed):
            column.addWidget(section)
        column.addLayout(_inset(self.hint))
        column.addStretch()

    def show_face(self, face: DocumentFace) -> None:
        """Show the document."""
        self.title.setPlaceholderText(Path(face.file).stem or tr("Untitled"))
        self.title.show_title(face.name)
        self.counts.setText(_counted(face))
        self.counts.setToolTip(face.file)
        self.problems.show_problems(face.problems)
        self.found.setVisible(bool(face.problems))
        self.found.set_title(tr("Problems ({count})", count=len(face.problems)))
        self.controls.show_controls(face.controls)
        if face.packs != self._packs:
            self._packs = face.packs
            self.needed.setVisible(bool(face.packs))
            self.packs.setText("<br>".join(self._pack(pack) for pack in face.packs))

    def _pack(self, pack: PackLine) -> str:
        colors = self._theme.colors
        if not pack.installed:
            said = tr("{version} is needed, not installed", version=pack.wanted)
            return f'{pack.name} <span style="color:{colors.danger}">{said}</span>'
        said = pack.installed
        if pack.installed != pack.wanted:
            said = tr("{have}, saved with {wanted}", have=pack.installed, wanted=pack.wanted)
        return f'{pack.name} <span style="color:{colors.muted}">{said}</span>'


def _counted(face: DocumentFace) -> str:
    nodes = tr("1 node") if face.nodes == 1 else tr("{count} nodes", count=face.nodes)
    links = tr("1 link") if face.links == 1 else tr("{count} links", count=face.links)
    inside = tr("Inside '{name}': ", name=face.level) if face.level else ""
    return f"{inside}{nodes}, {links}"


def _inset(label: QLabel) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setContentsMargins(INSET, 0, 0, 0)
    line.addWidget(label)
    return line


def _muted(parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setProperty("role", "muted")
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
