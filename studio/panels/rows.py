"""What a row of a panel shows, and how rows reach a list: by key, made when they are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from psygnal import SignalInstance

Tone: TypeAlias = Literal["plain", "muted", "accent", "success", "warning", "danger", "info"]


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `title` and what stands at its right, `detail` below, progress from 0 to 1.

    `icon` is a drawing's name in `tone`; `depth` sets members of a group in; `fold` says whether
    a group's members are hidden (None: it is no group).  `picture` is a file of a thumbnail.
    `tip` is everything in full.
    """

    key: str
    title: str
    detail: str = ""
    right: str = ""
    icon: str = ""
    tone: Tone = "plain"
    fraction: float | None = None
    busy: bool = False
    depth: int = 0
    fold: bool | None = None
    picture: Path | None = None
    chosen: bool | None = None
    heading: bool = False
    tags: tuple[str, ...] = ()
    tip: str = ""


class Rows(Protocol):
    """Rows in order.  `changed` tells that there are others, `row_changed` that one is new."""

    @property
    def changed(self) -> SignalInstance: ...
    @property
    def row_changed(self) -> SignalInstance: ...
    @property
    def keys(self) -> Sequence[str]: ...
    def row(self, key: str) -> Row: ...
