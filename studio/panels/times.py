"""Times and sizes as panels write them."""

from __future__ import annotations

from typing import Final

_UNITS: Final = ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))


def span(seconds: float) -> str:
    """'7 s', '3 min 20 s', '5 h 2 min'."""
    whole = max(0, round(seconds))
    for size, unit, small, part in _UNITS:
        if whole >= size:
            rest = whole % size // small
            return f"{whole // size} {unit} {rest} {part}" if rest else f"{whole // size} {unit}"
    return f"{seconds:.1f} s" if 0 < seconds < 10 else f"{whole} s"


def ago(seconds: float) -> str:
    """'just now', '5 min ago', 'yesterday', '12 days ago'."""
    if seconds < 45:
        return "just now"
    if seconds < 3600:
        return f"{max(1, round(seconds / 60))} min ago"
    if seconds < 86_400:
        return f"{round(seconds / 3600)} h ago"
    days = int(seconds // 86_400)
    return "yesterday" if days == 1 else f"{days} days ago"


def size(count: int) -> str:
    """Bytes: '812 MiB', '1.4 GiB'."""
    gib = count / (1 << 30)
    return f"{gib:.0f} GiB" if gib >= 10 else f"{gib:.1f} GiB" if gib >= 1 else f"{count >> 20} MiB"
