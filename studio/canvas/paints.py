"""A theme as what painting needs: colours, pens, fonts and laid-out texts, made once."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from dataclasses import fields
from typing import Final, Literal, TypeAlias

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPen, QStaticText, QTransform

from studio.faces import NodeFace
from studio.theme import NODE_COLORS, SMALL_TEXT_SIZE, TEXT_SIZE, Theme, ui_font
from studio.theme.colors import mixed

FontName: TypeAlias = Literal["title", "text", "small", "note", "huge"]

MOST_TEXTS: Final = 12_000
LINE_END: Final = "\u2028"
"""What a laid-out text ends its lines with; it knows no other."""
LONGEST_TEXT: Final = 4_000
"""Letters of a text that are drawn; nobody reads more on a canvas."""

CATEGORY_COLORS: Final = {
    "Input": "sky",
    "Text": "sand",
    "Model": "violet",
    "Generate": "amber",
    "Image": "teal",
    "Audio": "leaf",
    "Output": "rose",
    "Logic": "slate",
    "Safety": "leaf",
}
"""Which of the theme's node colours a category has; others get one by their name."""


class Paints:
    """Everything that is drawn with, of one theme."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        names = [field.name for field in fields(theme.colors)]
        self._named = {name: QColor(getattr(theme.colors, name)) for name in names}
        self._made: dict[str, QColor] = {}
        self._blends: dict[tuple[int, int, float], QColor] = {}
        self._pens: dict[tuple[int, float, bool], QPen] = {}
        self.fonts: dict[FontName, QFont] = {
            "title": ui_font(TEXT_SIZE, QFont.Weight.DemiBold),
            "text": ui_font(TEXT_SIZE - 1),
            "small": ui_font(SMALL_TEXT_SIZE),
            "note": ui_font(TEXT_SIZE),
            "huge": ui_font(24, QFont.Weight.DemiBold),
        }
        self._metrics = {name: QFontMetricsF(font) for name, font in self.fonts.items()}
        self._texts: OrderedDict[tuple[str, str, int], QStaticText] = OrderedDict()

    def named(self, name: str) -> QColor:
        """A colour of the theme by the name of its role."""
        return self._named[name]

    def color(self, value: str) -> QColor:
        """A colour by '#rrggbb'."""
        found = self._made.get(value)
        if found is None:
            found = self._made[value] = QColor(value)
        return found

    def type_color(self, kind: str) -> QColor:
        """The colour of what a port carries."""
        return self.color(self.theme.type_color(kind))

    def pen(self, color: QColor, width: float, cosmetic: bool = False) -> QPen:
        """A pen; a cosmetic one is as wide at every zoom."""
        key = (color.rgba(), width, cosmetic)
        pen = self._pens.get(key)
        if pen is None:
            pen = self._pens[key] = QPen(color, width)
            pen.setCosmetic(cosmetic)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        return pen

    def header_color(self, face: NodeFace) -> QColor:
        """The colour of a node's header: its own, else its category's."""
        if face.missing and not face.color:
            return self.mixed("node", "danger", 0.22)
        return self.color(self.theme.node_color(face.color or color_of_category(face.category)))

    def mixed(self, one: str, other: str, share: float) -> QColor:
        """A colour between two roles of the theme."""
        return self.blend(self._named[one], self._named[other], share)

    def blend(self, one: QColor, other: QColor, share: float) -> QColor:
        """A colour between two: `share` of the other, 0 to 1."""
        key = (one.rgba(), other.rgba(), share)
        found = self._blends.get(key)
        if found is None:
            found = self._blends[key] = QColor(mixed(one.name(), other.name(), share))
        return found

    def width(self, text: str, font: FontName) -> float:
        """How wide a text is."""
        return self._metrics[font].horizontalAdvance(text)

    def paragraph(self, text: str, font: FontName, width: float) -> QStaticText:
        """A text in as many lines as it needs at a width, laid out and remembered."""
        text = text[:LONGEST_TEXT]
        key = (text, font, -int(width))
        found = self._texts.get(key)
        if found is None:
            found = QStaticText(text.replace("\n", LINE_END))
            found.setTextWidth(width)
            self._keep(key, found, font)
        return found

    def text(self, text: str, font: FontName, width: float) -> QStaticText:
        """A text on one line, cut with an ellipsis to a width, laid out and remembered."""
        text = text[:LONGEST_TEXT]
        key = (text, font, int(width))
        found = self._texts.get(key)
        if found is None:
            elided = self._metrics[font].elidedText(
                text.replace("\n", " "), Qt.TextElideMode.ElideRight, width
            )
            found = QStaticText(elided)
            self._keep(key, found, font)
        return found

    def _keep(self, key: tuple[str, str, int], text: QStaticText, font: FontName) -> None:
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
        text.prepare(QTransform(), self.fonts[font])
        self._texts[key] = text
        if len(self._texts) > MOST_TEXTS:
            self._texts.popitem(last=False)


def color_of_category(category: str) -> str:
    """The name of the node colour that a category has; none for no category."""
    if not category:
        return ""
    known = CATEGORY_COLORS.get(category)
    return known or NODE_COLORS[zlib.crc32(category.encode()) % len(NODE_COLORS)]
