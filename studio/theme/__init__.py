"""The look: colours, fonts, metrics, the style sheet and icons of both themes."""

from studio.theme.colors import NODE_COLORS, Colors
from studio.theme.fonts import mono_font, ui_font
from studio.theme.icons import icon, icon_pixmap
from studio.theme.keys import shown_key, shown_keys
from studio.theme.palette import palette
from studio.theme.style import style_sheet
from studio.theme.theme import (
    DARK,
    LIGHT,
    RADIUS,
    SMALL_TEXT_SIZE,
    TEXT_SIZE,
    THEMES,
    UNIT,
    Theme,
)
from studio.theme.words import tr

__all__ = [
    "DARK",
    "LIGHT",
    "NODE_COLORS",
    "RADIUS",
    "SMALL_TEXT_SIZE",
    "TEXT_SIZE",
    "THEMES",
    "UNIT",
    "Colors",
    "Theme",
    "icon",
    "icon_pixmap",
    "mono_font",
    "palette",
    "shown_key",
    "shown_keys",
    "style_sheet",
    "tr",
    "ui_font",
]
