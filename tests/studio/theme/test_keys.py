"""Keys are shown as people read them."""

from __future__ import annotations

from studio.commands import COMMANDS
from studio.theme import shown_key, shown_keys


def test_both_keys_that_end_a_line_are_called_enter() -> None:
    assert shown_key("Ctrl+Return") == shown_key("Ctrl+Enter") == "Ctrl+Enter"
    assert shown_key("") == ""


def test_keys_that_read_alike_are_shown_once() -> None:
    assert shown_keys(COMMANDS["run.run"].keys) == "Ctrl+Enter, F5"


def test_menus_too_show_enter() -> None:
    firsts = [command.keys[0] for command in COMMANDS.values() if command.keys]
    assert not [key for key in firsts if "Return" in key]
