"""What a command is: data from which menus, shortcuts, the palette and the guide are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Where: TypeAlias = Literal["app", "canvas", "viewer"]
"""Whose shortcuts these are: 'app' works everywhere, the others where their widget has focus."""


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a user can ask for.

    `keys` are Qt's portable texts, the first one is shown.  `help` is a sentence for tooltips,
    the palette and the guide.  `menu` is the menu that shows it, or ''.
    """

    key: str
    text: str
    menu: str
    keys: tuple[str, ...]
    icon: str
    help: str
    where: Where
    checkable: bool = False
