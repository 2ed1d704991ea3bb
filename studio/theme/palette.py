"""A theme as Qt's palette, for what the style sheet does not reach."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette

from studio.theme.theme import Theme


def palette(theme: Theme) -> QPalette:
    """The palette of a theme, disabled colours included."""
    colors, role = theme.colors, QPalette.ColorRole
    made = QPalette()
    for name, color in {
        role.Window: colors.window,
        role.WindowText: colors.text,
        role.Base: colors.field,
        role.AlternateBase: colors.panel,
        role.Text: colors.text,
        role.PlaceholderText: colors.muted,
        role.Button: colors.raised,
        role.ButtonText: colors.text,
        role.BrightText: colors.danger,
        role.ToolTipBase: colors.raised,
        role.ToolTipText: colors.text,
        role.Highlight: colors.selection,
        role.HighlightedText: colors.text,
        role.Accent: colors.accent,
        role.Link: colors.info,
        role.LinkVisited: colors.info,
        role.Light: colors.hover,
        role.Midlight: colors.raised,
        role.Mid: colors.outline,
        role.Dark: colors.outline_strong,
        role.Shadow: colors.shadow,
    }.items():
        made.setColor(name, QColor(color))
    for name in (role.Text, role.WindowText, role.ButtonText, role.HighlightedText):
        made.setColor(QPalette.ColorGroup.Disabled, name, QColor(colors.disabled))
    return made
