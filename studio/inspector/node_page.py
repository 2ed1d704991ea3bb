"""The inspector's page for selected nodes: head, last run, problems, parameters, documentation."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from studio.inspector.about import About
from studio.inspector.faces import ManyFace, MissingFace, NodeFace
from studio.inspector.fields.make import Fields
from studio.inspector.missing_card import MissingCard
from studio.inspector.node_header import NodeHeader
from studio.inspector.param_rows import ParamStack
from studio.inspector.problem_list import ProblemList
from studio.inspector.run_card import RunCard
from studio.inspector.section import INSET, Section
from studio.theme import tr


class NodePage(QWidget):
    """Shows one node, several, or one that is not installed."""

    problem_wanted = Signal(str)

    def __init__(self, fields: Fields, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme = fields.theme
        self.face: NodeFace | ManyFace | MissingFace | None = None
        self.header = NodeHeader(theme, self)
        self.run = RunCard(theme, self)
        self.problems = ProblemList(theme, self)
        self.problems.node_wanted.connect(self.problem_wanted)
        self.missing = MissingCard(theme, self)
        self.params = ParamStack(fields, self)
        self.nothing = QLabel(self)
        self.nothing.setProperty("role", "muted")
        self.nothing.setWordWrap(True)
        self.about = Section(tr("About this node"), theme, self, opened=False)
        self.text = About(theme, self)
        self.about.body.addWidget(self.text)
        self.about.toggled.connect(self._document)
        line = QFrame(self)
        line.setFrameShape(QFrame.Shape.HLine)
        line.setFixedHeight(1)
        line.setStyleSheet(f"background: {theme.colors.outline}; border: none;")
        inner = QVBoxLayout()
        inner.setContentsMargins(INSET, 0, 0, 0)
        inner.setSpacing(10)
        for widget in (line, self.missing, self.problems, self.run, self.params, self.nothing):
            inner.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(12 - INSET, 10, 8, 16)
        column.setSpacing(10)
        column.addWidget(self.header)
        column.addLayout(inner)
        column.addWidget(self.about)
        column.addStretch()

    def show_face(self, face: NodeFace | ManyFace | MissingFace) -> None:
        """Show what is selected."""
        before, self.face = self.face, face
        if isinstance(face, NodeFace):
            self._show_node(face)
        elif isinstance(face, ManyFace):
            self._show_many(face)
        else:
            self._show_missing(face)
        self.missing.setVisible(isinstance(face, MissingFace))
        self.params.setVisible(not isinstance(face, MissingFace))
        self.about.setVisible(isinstance(face, NodeFace))
        if type(before) is not type(face) and not isinstance(face, NodeFace):
            self.run.hide()
            self.problems.show_problems(())

    def _show_node(self, face: NodeFace) -> None:
        self.header.show_node(face)
        self.run.show_run(face.run)
        self.run.setVisible(face.run.state != "idle")
        self.problems.show_problems(face.problems)
        owner = (face.subgraph, face.inside, face.id)
        self.params.show_lines(face.params, face.type_name, owner)
        self._say("" if face.params else tr("This node has nothing to set."))
        self._document(self.about.opened)

    def _show_many(self, face: ManyFace) -> None:
        self.header.show_many(face)
        kinds = "+".join(kind for kind, _ in face.kinds)
        self.params.show_lines(face.params, face.type_name or f"several {kinds}", face.ids)
        nothing = tr("These nodes have no parameters in common.")
        self._say("" if face.params else nothing)

    def _show_missing(self, face: MissingFace) -> None:
        self.header.show_missing(face)
        self.missing.show_missing(face)
        self._say("")

    def _say(self, sentence: str) -> None:
        self.nothing.setText(sentence)
        self.nothing.setVisible(bool(sentence))

    def _document(self, opened: bool) -> None:
        if opened and isinstance(self.face, NodeFace):
            self.text.show_node(self.face)
