"""Remembering what was derived from an immutable object for as long as that object lives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import ref

K = TypeVar("K")
V = TypeVar("V")


class _Entry(ref[K], Generic[K, V]):
    """A weak reference that carries the value: one object an entry, which the collector notices."""

    __slots__ = ("identity", "value")

    identity: int
    value: V

    def __new__(cls, key: K, forget: Callable[[ref[K]], object], value: V) -> _Entry[K, V]:
        entry = super().__new__(cls, key, forget)
        entry.identity = id(key)
        entry.value = value
        return entry

    def __init__(self, key: K, forget: Callable[[ref[K]], object], value: V) -> None:
        """All is done in `__new__`, as for every reference."""


class IdentityMemo(Generic[K, V]):
    """Values by the identity of their key; an entry goes when its key does.

    A value must not refer to its key, or neither would ever go.
    """

    def __init__(self) -> None:
        entries: dict[int, _Entry[K, V]] = {}

        def forget(entry: ref[K]) -> None:
            # No global name: at the end of the process those are gone before the last key is.
            entries.pop(entry.identity, None)  # type: ignore[attr-defined]  # each is an _Entry

        self._entries = entries
        self._forget = forget

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """What was put for this very object, or None."""
        entry = self._entries.get(id(key))
        return entry.value if entry is not None and entry() is key else None

    def put(self, key: K, value: V) -> V:
        """Remember `value`, and return it."""
        self._entries[id(key)] = _Entry(key, self._forget, value)
        return value
