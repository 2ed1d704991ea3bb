"""Commands are found by what people would type."""

from __future__ import annotations

from studio.app.command_search import search_commands
from studio.commands import COMMANDS


def found(query: str, *recent: str) -> list[str]:
    return [it.command.key for it in search_commands(query, COMMANDS.values(), recent)]


def test_the_beginning_of_a_name_is_the_best_find() -> None:
    assert found("und")[0] == "edit.undo"


def test_every_word_must_be_found() -> None:
    assert found("align left")[0] == "canvas.align_left"
    assert not found("align zebra")


def test_letters_that_follow_each_other_are_enough() -> None:
    assert "canvas.layout" in found("arrauto")


def test_the_menu_and_the_help_count_too() -> None:
    assert "edit.paste" in found("chat")


def test_an_empty_query_finds_all_those_used_last_first() -> None:
    assert found("", "canvas.mute", "edit.copy")[:2] == ["canvas.mute", "edit.copy"]
    assert len(found("")) == len(COMMANDS)


def test_the_letters_that_matched_are_marked() -> None:
    first = search_commands("und", COMMANDS.values())[0]
    assert first.marks == (0, 1, 2)
