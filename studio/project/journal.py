"""The last log records, for the log panel and for problem reports."""

from __future__ import annotations

import logging
import traceback
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

LENGTH: Final = 5000
"""How many records are remembered."""

MOST_CHARACTERS: Final = 20_000
"""Of one record."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One record; `number` counts from the first one of this journal."""

    number: int
    time: float
    level: int
    source: str
    text: str
    trace: str = ""

    @property
    def level_name(self) -> str:
        """'Info', 'Warning', ..."""
        return logging.getLevelName(self.level).capitalize()

    def matches(self, words: Iterable[str]) -> bool:
        """Whether every word occurs somewhere in it."""
        everything = f"{self.source} {self.text} {self.trace}".casefold()
        return all(word in everything for word in words)


class Journal(logging.Handler):
    """Keeps the newest records.  Any thread may log; views look at `total` to see news."""

    def __init__(self, length: int = LENGTH) -> None:
        super().__init__(logging.DEBUG)
        self._entries: deque[Entry] = deque(maxlen=length)
        self.total = 0
        """How many records there ever were."""

    def emit(self, record: logging.LogRecord) -> None:
        """Called by logging, under this handler's lock; must not raise."""
        try:
            text = record.getMessage()
        except Exception:  # noqa: BLE001 - a faulty call to a logger is not worth a crash
            text = str(record.msg)
        trace = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
        self._entries.append(
            Entry(
                self.total,
                record.created,
                record.levelno,
                record.name,
                text[:MOST_CHARACTERS],
                trace[-MOST_CHARACTERS:],
            )
        )
        self.total += 1

    def entries(self, level: int = logging.DEBUG, search: str = "") -> tuple[Entry, ...]:
        """Records of at least a level that hold every word of a search, oldest first."""
        words = search.casefold().split()
        return tuple(e for e in self._all() if e.level >= level and e.matches(words))

    def since(self, number: int) -> tuple[Entry, ...]:
        """Records from a number on: what a view has not shown yet."""
        return tuple(entry for entry in self._all() if entry.number >= number)

    def clear(self) -> None:
        """Forget all records."""
        self.acquire()
        try:
            self._entries.clear()
        finally:
            self.release()

    def _all(self) -> list[Entry]:
        self.acquire()
        try:
            return list(self._entries)
        finally:
            self.release()


def as_text(entries: Iterable[Entry]) -> str:
    """Records as lines of text."""
    from datetime import datetime

    lines = []
    for entry in entries:
        when = datetime.fromtimestamp(entry.time).strftime("%Y-%m-%d %H:%M:%S")
        lines.append(f"{when} {entry.level_name.upper():8} {entry.source}: {entry.text}")
        if entry.trace:
            lines.append(entry.trace.rstrip())
    return "\n".join(lines) + ("\n" if lines else "")
