"""A theme: colours, and the colour that each kind of value and each named node has; no Qt."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from studio.theme import colors
from studio.theme.colors import Colors

UNIT: Final = 4
"""The spacing grid, in pixels: margins and gaps are multiples of it."""

RADIUS: Final = 6
"""The rounding of cards, nodes and fields, in pixels."""

TEXT_SIZE: Final = 13
"""The height of ordinary text, in pixels."""

SMALL_TEXT_SIZE: Final = 11

# How Python's own types are called on ports, in case a kind comes by its class's name.
_READABLE: Final = {"str": "Text", "int": "Integer", "float": "Number", "bool": "Switch", "": ""}


@dataclass(frozen=True, eq=False)
class Theme:
    """One look of the whole window."""

    name: str
    dark: bool
    colors: Colors
    types: Mapping[str, str]
    nodes: Mapping[str, str]

    def type_color(self, kind: str) -> str:
        """The colour of a kind of value, as its ports and links are drawn.

        `kind` reads as `PortType.name` does: 'Clip', 'list of Number', 'Image | Clip' (the first
        one counts).  A kind that no theme knows gets a colour that depends on its name alone.
        """
        kind = kind.removeprefix("list of ").split(" | ")[0]
        kind = _READABLE.get(kind, kind) or "Anything"
        known = self.types.get(kind)
        return known or self._color_of_stranger(kind)

    def node_color(self, name: str) -> str:
        """The header colour that a document names; unknown names give the default header."""
        return self.nodes.get(name, self.colors.node_header)

    def _color_of_stranger(self, kind: str) -> str:
        offered = list(self.types.values())
        return offered[zlib.crc32(kind.encode()) % len(offered)]


DARK: Final = Theme(
    "dark", True, colors.DARK_COLORS, colors.DARK_TYPE_COLORS, colors.DARK_NODE_COLORS
)
LIGHT: Final = Theme(
    "light", False, colors.LIGHT_COLORS, colors.LIGHT_TYPE_COLORS, colors.LIGHT_NODE_COLORS
)
THEMES: Final[Mapping[str, Theme]] = {"dark": DARK, "light": LIGHT}
