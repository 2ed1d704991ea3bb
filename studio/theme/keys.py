"""Keys as the screen shows them: menus, tool tips, lists and sentences all ask here."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtGui import QKeySequence

from studio.commands.keys import as_read


def shown_key(key: str) -> str:
    """A key in Qt's portable spelling as this system, and people, write it; '' for none."""
    native = QKeySequence.SequenceFormat.NativeText
    return as_read(QKeySequence.fromString(key).toString(native))


def shown_keys(keys: Iterable[str]) -> str:
    """Several keys, each once: 'Ctrl+Enter, F5'."""
    return ", ".join(dict.fromkeys(map(shown_key, keys)))
