"""The field of a colour: a swatch that opens a chooser, and its code to type."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QColorDialog, QHBoxLayout, QWidget

from engine.graph.params import ParamSpec, ParamValue
from studio.inspector.fields.base import Field
from studio.inspector.fields.scrub_box import HEIGHT, ROUNDING
from studio.inspector.fields.text_line import Line
from studio.inspector.role import set_role
from studio.theme import Theme, tr


class ColorField(Field):
    """A colour as '#rrggbb'."""

    def __init__(self, spec: ParamSpec, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(spec, theme, parent)
        self.swatch = Swatch(theme, self)
        self.swatch.setAccessibleName(tr("Choose a colour"))
        self.swatch.setToolTip(tr("Choose a colour"))
        self.swatch.clicked.connect(self._choose)
        self.line = Line(self)
        self.line.textEdited.connect(self._edited)
        self.line.left.connect(self.finish)
        self.line.returnPressed.connect(self.finish)
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addWidget(self.swatch)
        line.addWidget(self.line, 1)
        self.body.addLayout(line)
        self.setFocusProxy(self.line)
        self._show(spec.default)

    def offer(self, candidate: object) -> bool:
        if isinstance(candidate, str) and candidate and not QColor.isValidColorName(candidate):
            self.begin()
            self.complain(tr("must be a colour such as '#f0883e' or 'teal'"))
            return False
        return super().offer(candidate)

    def _edited(self, text: str) -> None:
        wanted = f"#{text}" if QColor.isValidColorName(f"#{text}") else text
        if self.offer(wanted):
            self.swatch.show_color(wanted)

    def _show(self, value: ParamValue) -> None:
        shown = "" if self.mixed else str(value)
        self.line.setPlaceholderText(tr("mixed") if self.mixed else "")
        if self.line.text() != shown:
            self.line.setText(shown)
        self.swatch.show_color(shown)

    def _mark(self, bad: bool) -> None:
        set_role(self.line, bad, "invalid")

    def _choose(self) -> None:
        start = QColor(str(self._value))
        chosen = QColorDialog.getColor(start, self, tr("Choose a colour"))
        if chosen.isValid():
            self.offer(chosen.name())
            self._show(self._value)
        self.finish()


class Swatch(QAbstractButton):
    """A patch of a colour; crossed out where there is none."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._color = QColor()
        self.setFixedSize(QSize(HEIGHT + 8, HEIGHT))

    def show_color(self, name: str) -> None:
        """Show a colour by its name or code."""
        self._color = QColor(name) if QColor.isValidColorName(name) else QColor()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        colors = self._theme.colors
        edge = colors.accent if self.hasFocus() else colors.outline_strong
        painter.setPen(QPen(QColor(edge), 1))
        painter.setBrush(self._color if self._color.isValid() else QColor(colors.field))
        painter.drawRoundedRect(box, ROUNDING, ROUNDING)
        if not self._color.isValid():
            painter.setPen(QPen(QColor(colors.muted), 1))
            painter.drawLine(
                box.adjusted(6, 6, -6, -6).bottomLeft(), box.adjusted(6, 6, -6, -6).topRight()
            )
        painter.end()
