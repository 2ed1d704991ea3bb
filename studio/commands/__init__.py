"""Every command of the studio as data; menus, shortcuts, the palette and the guide come from it."""

from studio.commands.command import Command, Where
from studio.commands.keys import Conflict, conflicts, find_command, keys_of
from studio.commands.menus import MENUS, Menu
from studio.commands.presets import DEFAULT_PRESET, PRESET_TITLES, PRESETS, KeyMap
from studio.commands.table import COMMANDS

__all__ = [
    "COMMANDS",
    "DEFAULT_PRESET",
    "MENUS",
    "PRESETS",
    "PRESET_TITLES",
    "Command",
    "Conflict",
    "KeyMap",
    "Menu",
    "Where",
    "conflicts",
    "find_command",
    "keys_of",
]
