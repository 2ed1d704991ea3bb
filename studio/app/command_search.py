"""Finding commands by a few letters; knows no Qt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from studio.commands import Command
from studio.editing.search import marks

BEGIN: Final = 100
WORD: Final = 70
MIDDLE: Final = 40
HELP: Final = 15
LETTERS: Final = 10
RECENT: Final = 8
"""What the last used command is worth; those before it less."""


@dataclass(frozen=True, slots=True)
class FoundCommand:
    """A command that was found; `marks` are the places of its letters that matched."""

    command: Command
    score: float
    marks: tuple[int, ...] = ()


def search_commands(
    query: str, commands: Iterable[Command], recent: Sequence[str] = ()
) -> tuple[FoundCommand, ...]:
    """The commands that hold every word of a query, best first; `recent` are keys, newest first.

    An empty query finds all: those used last first, then in the order of the menus.
    """
    words = query.casefold().split()
    found: list[FoundCommand] = []
    for command in commands:
        score = _score(command, words)
        if score is not None:
            score += _recency(command.key, recent)
            found.append(FoundCommand(command, score, marks(command.text, query)))
    found.sort(key=lambda it: -it.score)
    return tuple(found)


def _score(command: Command, words: Sequence[str]) -> float | None:
    total = 0.0
    for word in words:
        worth = _worth(command, word)
        if worth is None:
            return None
        total += worth
    return total - len(command.text) / 100 if words else total


def _worth(command: Command, word: str) -> float | None:
    text = command.text.casefold()
    if text.startswith(word):
        return BEGIN
    if f" {word}" in text:
        return WORD
    if word in text:
        return MIDDLE
    if word in command.menu.casefold() or word in command.help.casefold():
        return HELP
    letters = iter(text)
    return LETTERS if all(letter in letters for letter in word) else None


def _recency(key: str, recent: Sequence[str]) -> float:
    return RECENT / (1 + recent.index(key)) if key in recent else 0.0
