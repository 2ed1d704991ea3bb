"""Which keys give which commands: a preset, the user's own differences, and their conflicts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from engine.errors import InvalidInput
from engine.graph.names import closest
from studio.commands.command import Command, Where
from studio.commands.presets import PRESETS, KeyMap
from studio.commands.table import COMMANDS


@dataclass(frozen=True, slots=True)
class Conflict:
    """A key that would give more than one command in the same place."""

    key: str
    commands: tuple[str, ...]


def find_command(key: str) -> Command:
    """The command of a key.  Raises InvalidInput, with the one that was probably meant."""
    command = COMMANDS.get(key)
    if command is None:
        close = closest(key, COMMANDS)
        raise InvalidInput(
            f"There is no command '{key}'.", remedy=f"Did you mean '{close}'?" if close else ""
        )
    return command


def keys_of(preset: str, own: KeyMap | None = None) -> dict[str, tuple[str, ...]]:
    """The keys of every command: the preset's, but the user's own where they differ."""
    differences = {**PRESETS.get(preset, {}), **(own or {})}
    return {key: differences.get(key, command.keys) for key, command in COMMANDS.items()}


def conflicts(keys: Mapping[str, tuple[str, ...]]) -> tuple[Conflict, ...]:
    """Every key that two commands want in the same place.

    What works everywhere collides with everything; canvas and viewer never have the focus at once.
    """
    wanted: dict[str, list[str]] = defaultdict(list)
    for command, texts in keys.items():
        for text in dict.fromkeys(texts):
            wanted[normal(text)].append(command)
    return tuple(
        Conflict(key, tuple(sorted(among)))
        for key, commands in sorted(wanted.items())
        if (among := _colliding(commands))
    )


def normal(key: str) -> str:
    """A key's text in one spelling: modifiers in Qt's order, 'Ctrl+Shift+Alt+Meta+X'."""
    *modifiers, last = [*key[:-1].split("+"), key[-1]] if key.endswith("+") else key.split("+")
    order = ("Ctrl", "Shift", "Alt", "Meta")
    found = {part.capitalize() for part in modifiers if part}
    return "+".join([*(name for name in order if name in found), last.capitalize()])


def as_read(key: str) -> str:
    """A key as people read it on a keyboard: both keys that end a line are called Enter."""
    *modifiers, last = key.split("+")
    return "+".join([*modifiers, "Enter" if last == "Return" else last])


def types_text(key: str) -> bool:
    """Whether pressing it where text is edited would write a character."""
    *modifiers, last = normal(key).split("+")
    return len(last) <= 1 and not {"Ctrl", "Alt", "Meta"} & set(modifiers)


def _colliding(commands: list[str]) -> list[str]:
    places: dict[Where, list[str]] = defaultdict(list)
    for command in commands:
        places[COMMANDS[command].where].append(command)
    everywhere = places.pop("app", [])
    crowded = [key for among in places.values() if len(among) > 1 for key in among]
    if not everywhere:
        return crowded
    return commands if len(commands) > 1 else []
