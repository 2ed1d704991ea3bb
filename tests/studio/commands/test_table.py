"""The table of commands is complete: texts, help, menus and the keys that hands know."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from studio.commands import COMMANDS, MENUS

ROOT = Path(__file__).parents[3]

# FACTS.md, 'Hands' conventions'; what the mouse does is no command.
CONVENTIONS = {
    "canvas.add": ("Tab", "Shift+A"),
    "view.frame_selection": ("F",),
    "view.frame_all": ("Home",),
    "canvas.bypass": ("D", "Ctrl+B"),
    "canvas.mute": ("Ctrl+M",),
    "edit.duplicate": ("Ctrl+D", "Shift+D"),
    "edit.paste_linked": ("Ctrl+Shift+V",),
    "canvas.frame": ("Ctrl+J",),
    "canvas.group": ("Ctrl+G",),
    "canvas.leave": ("U",),
    "canvas.layout": ("L",),
    "edit.find": ("Ctrl+F",),
    "edit.delete_reconnect": ("Ctrl+Del",),
    "run.run": ("Ctrl+Return", "Ctrl+Enter"),
    "run.front": ("Ctrl+Shift+Return", "Ctrl+Shift+Enter"),
    "run.interrupt": ("Ctrl+Alt+Return", "Ctrl+Alt+Enter"),
    "view.palette": ("Ctrl+Shift+P",),
}


@pytest.mark.parametrize("key", CONVENTIONS)
def test_hands_find_their_keys(key: str) -> None:
    assert set(CONVENTIONS[key]) <= set(COMMANDS[key].keys)


def test_every_command_is_in_exactly_one_menu_and_no_menu_names_another() -> None:
    shown = [key for menu in MENUS for key in menu.commands()]
    assert sorted(shown) == sorted(COMMANDS)


def test_a_command_stands_in_the_menu_that_it_names() -> None:
    for menu in MENUS:
        assert {COMMANDS[key].menu for key in menu.commands()} == {menu.title}


def test_every_command_says_what_it_does_in_a_sentence() -> None:
    for command in COMMANDS.values():
        assert command.text.strip()
        assert command.help[0].isupper(), command.key
        assert command.help.endswith("."), command.key
        assert command.help.rstrip(".") != command.text


def test_no_menu_begins_or_ends_with_a_line_or_has_two_of_them() -> None:
    for menu in MENUS:
        assert None not in (menu.entries[0], menu.entries[-1])
        assert (None, None) not in pairwise(menu.entries)


def test_the_table_needs_no_qt() -> None:
    code = "import studio.commands, sys; print('PySide6' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
