"""The keys in force: a preset and the user's own, kept in the preferences; knows no Qt."""

from __future__ import annotations

from psygnal import Signal

from studio.commands import COMMANDS, Conflict, conflicts, find_command, keys_of
from studio.project.settings import Preferences


class KeySettings:
    """Which keys give which commands; only differences from the preset are kept."""

    changed = Signal()

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences

    @property
    def preset(self) -> str:
        """Whose key map is the ground."""
        return self._preferences.current.key_map

    @property
    def keys(self) -> dict[str, tuple[str, ...]]:
        """The keys of every command; what names no command any more is passed over."""
        own = self._preferences.current.shortcuts
        return keys_of(self.preset, {key: own[key] for key in own if key in COMMANDS})

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """Keys that two commands want in one place."""
        return conflicts(self.keys)

    def is_own(self, command: str) -> bool:
        """Whether the user gave a command other keys than the preset."""
        return command in self._preferences.current.shortcuts

    def use_preset(self, preset: str) -> None:
        """Take another ground; what the user chose stays.  Raises StorageFailed."""
        self._keep(key_map=preset)

    def set(self, command: str, keys: tuple[str, ...]) -> None:
        """Give a command other keys.  Raises InvalidInput, StorageFailed."""
        find_command(command)
        own = dict(self._preferences.current.shortcuts)
        if keys == keys_of(self.preset)[command]:
            own.pop(command, None)
        else:
            own[command] = keys
        self._keep(shortcuts=own)

    def reset(self, command: str = "") -> None:
        """As the preset has it: one command, or all.  Raises StorageFailed."""
        own = dict(self._preferences.current.shortcuts) if command else {}
        own.pop(command, None)
        self._keep(shortcuts=own)

    def _keep(self, **values: object) -> None:
        try:
            self._preferences.set(**values)
        finally:
            self.changed.emit()
