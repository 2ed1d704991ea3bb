"""Keys are unique where they work, whatever the preset, and conflicts are found."""

from __future__ import annotations

import pytest

from engine.errors import InvalidInput
from studio.commands import COMMANDS, PRESETS, Conflict, conflicts, find_command, keys_of
from studio.commands.keys import normal, types_text


@pytest.mark.parametrize("preset", PRESETS)
def test_no_preset_gives_a_key_twice_in_one_place(preset: str) -> None:
    assert conflicts(keys_of(preset)) == ()


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_name_commands_that_exist(preset: str) -> None:
    assert set(PRESETS[preset]) <= set(COMMANDS)


@pytest.mark.parametrize("preset", PRESETS)
def test_no_key_that_types_text_works_everywhere(preset: str) -> None:
    keys = keys_of(preset)
    typed = {
        key: text
        for key, command in COMMANDS.items()
        for text in keys[key]
        if command.where == "app" and types_text(text)
    }
    # Nuke's '/' is a text key too: fields that are typed into keep it to themselves.
    assert typed == ({"edit.find": "/"} if preset == "nuke" else {})


def test_the_same_key_twice_in_the_canvas_is_a_conflict() -> None:
    keys = keys_of("reelwright", {"canvas.layout": ("F",)})
    assert conflicts(keys) == (Conflict("F", ("canvas.layout", "view.frame_selection")),)


def test_a_key_that_works_everywhere_collides_with_the_viewers() -> None:
    keys = keys_of("reelwright", {"run.run": ("Space",)})
    assert conflicts(keys) == (Conflict("Space", ("run.run", "viewer.play")),)


def test_canvas_and_viewer_may_share_a_key() -> None:
    assert "F" in COMMANDS["view.frame_selection"].keys
    assert "F" in COMMANDS["viewer.fit"].keys


def test_a_conflict_is_found_however_the_key_is_spelled() -> None:
    keys = keys_of("reelwright", {"canvas.layout": ("shift+ctrl+z",)})
    assert [conflict.key for conflict in conflicts(keys)] == ["Ctrl+Shift+Z"]


def test_the_users_own_keys_go_before_the_presets() -> None:
    keys = keys_of("nuke", {"canvas.note": ()})
    assert keys["canvas.note"] == ()
    assert keys["canvas.enter"] == ("Ctrl+Down",)


def test_an_unknown_preset_is_ours() -> None:
    assert keys_of("emacs") == keys_of("reelwright")


@pytest.mark.parametrize(
    ("key", "spelled"),
    [("ctrl++", "Ctrl++"), ("Alt+Ctrl+x", "Ctrl+Alt+X"), ("+", "+"), ("pgdown", "Pgdown")],
)
def test_keys_have_one_spelling(key: str, spelled: str) -> None:
    assert normal(key) == spelled


def test_an_unknown_command_is_answered_with_the_one_that_was_meant() -> None:
    with pytest.raises(InvalidInput, match=r"no command 'edit.undoo'. Did you mean 'edit.undo'\?"):
        find_command("edit.undoo")
