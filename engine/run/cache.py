"""Results in memory, under a budget of bytes: the ones unused for longest go first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Final, TypeAlias

Outputs: TypeAlias = Mapping[str, object]

_ENTRY_BYTES: Final = 256
_VALUE_BYTES: Final = 64


class MemoryCache:
    """Outputs by fingerprint.  Safe to use from several threads."""

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._entries: OrderedDict[str, tuple[Outputs, int]] = OrderedDict()
        self._nbytes = 0
        self._lock = Lock()

    @property
    def nbytes(self) -> int:
        """What the entries hold together, as far as they say."""
        return self._nbytes

    def get(self, fingerprint: str) -> Outputs | None:
        """The outputs kept under a fingerprint, which are now the last ones to go."""
        with self._lock:
            entry = self._entries.get(fingerprint)
            if entry is None:
                return None
            self._entries.move_to_end(fingerprint)
            return entry[0]

    def put(self, fingerprint: str, outputs: Outputs) -> None:
        """Keep outputs, in place of others if need be; not if they alone exceed the budget."""
        size = _ENTRY_BYTES + sum(map(size_of, outputs.values()))
        with self._lock:
            self._forget(fingerprint)
            if size > self._budget:
                return
            self._entries[fingerprint] = (outputs, size)
            self._nbytes += size
            while self._nbytes > self._budget:
                self._forget(next(iter(self._entries)))

    def discard(self, fingerprint: str) -> None:
        """Forget an entry, if there is one."""
        with self._lock:
            self._forget(fingerprint)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._nbytes = 0

    def _forget(self, fingerprint: str) -> None:
        entry = self._entries.pop(fingerprint, None)
        if entry is not None:
            self._nbytes -= entry[1]


def size_of(value: object) -> int:
    """Bytes that a value holds: what it says itself, or an estimate for plain values."""
    if isinstance(value, str):
        return _VALUE_BYTES + len(value)
    if isinstance(value, (list, tuple)):
        return _VALUE_BYTES + sum(map(size_of, value))
    return int(getattr(value, "nbytes", _VALUE_BYTES))
