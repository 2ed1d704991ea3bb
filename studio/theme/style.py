"""The style sheet: how Qt's ordinary widgets look in a theme.

Widgets ask for a role through a property, so that no panel carries a style sheet of its own:

    label.setProperty("role", "muted")        labels: title, muted, section, mono, danger ...
    button.setProperty("role", "primary")     buttons: primary, quiet, danger
    frame.setProperty("role", "card")         frames: card, bar, message (with "tone")
"""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from importlib.resources import files
from string import Template

from studio.theme.colors import mixed
from studio.theme.sheet import SHEET
from studio.theme.theme import RADIUS, SMALL_TEXT_SIZE, TEXT_SIZE, Theme


@cache
def style_sheet(theme: Theme) -> str:
    """The style sheet of a theme."""
    return Template(SHEET).substitute(
        asdict(theme.colors),
        radius=RADIUS,
        text_size=TEXT_SIZE,
        small=SMALL_TEXT_SIZE,
        icons=_icons(theme),
        scroll=mixed(theme.colors.panel, theme.colors.muted, 0.3),
        scroll_hover=mixed(theme.colors.panel, theme.colors.muted, 0.55),
    )


def _icons(theme: Theme) -> str:
    """The folder of the few marks that a style sheet can only name as files."""
    return str(files("assets") / "icons" / "marks" / theme.name).replace("\\", "/")
