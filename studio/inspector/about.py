"""The documentation of a node: what it is for, its ports and their types, what parameters do."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from studio.inspector.faces import NodeFace, PortLine
from studio.theme import Theme, tr


class About(QWidget):
    """One text that is written when somebody looks at it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._of = ("", 0)
        self.text = QLabel(self)
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.RichText)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.text.setAccessibleName(tr("About this node"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.text)

    def show_node(self, face: NodeFace) -> None:
        """Document a node."""
        of = (face.type_name, len(face.params))
        if of != self._of or face.subgraph:
            self._of = of
            self.text.setText(documentation(face, self._theme))


def documentation(face: NodeFace, theme: Theme) -> str:
    """A node's documentation as the little HTML that a label can show."""
    from html import escape

    parts = [f"<p>{escape(paragraph)}</p>" for paragraph in face.doc.split("\n\n") if paragraph]
    parts += _ports(tr("Inputs"), face.inputs, theme)
    parts += _ports(tr("Outputs"), face.outputs, theme)
    if face.params:
        rows = "".join(_param(line.label, line.spec.help, theme) for line in face.params)
        parts.append(f"<p><b>{tr('Parameters')}</b></p>{rows}")
    pack = tr("Version {number}", number=face.version)
    if face.pack:
        pack = tr("Of the pack '{pack}', version {number}", pack=face.pack, number=face.version)
    small = f"{escape(face.type_name)}. {escape(pack)}."
    parts.append(f'<p style="color:{theme.colors.muted}">{small}</p>')
    return "".join(parts)


def _ports(title: str, ports: tuple[PortLine, ...], theme: Theme) -> list[str]:
    from html import escape

    if not ports:
        return []
    lines = []
    for port in ports:
        dot = f'<span style="color:{theme.type_color(port.kind)}">&#9679;</span>'
        kind = f'<span style="color:{theme.colors.muted}">{escape(port.kind)}</span>'
        needed = f' <span style="color:{theme.colors.muted}">({tr("needed")})</span>'
        lines.append(f"{dot} {escape(port.label)} {kind}{needed if port.required else ''}")
    return [f"<p><b>{title}</b><br>{'<br>'.join(lines)}</p>"]


def _param(label: str, help: str, theme: Theme) -> str:
    from html import escape

    said = f'<br><span style="color:{theme.colors.muted}">{escape(help)}</span>' if help else ""
    return f"<p>{escape(label)}{said}</p>"
