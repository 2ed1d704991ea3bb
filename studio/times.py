"""Times and sizes as the whole studio writes them.  Knows no screen."""

from __future__ import annotations

import math
from typing import Final

_DAYS_FROM: Final = 48
"""So many hours are told in days."""


def span(seconds: float) -> str:
    """How long something took: '0.4 s', '42 s', '3:07', '2:15:00', '12 days'."""
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f} s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}:{rest:02}"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours < _DAYS_FROM else f"{hours / 24:,.0f} days"


def left(seconds: float) -> str:
    """How long something still takes, in whole seconds: tenths of a guess flicker and pretend."""
    whole = max(1, math.ceil(seconds))
    return f"{whole} s" if whole < 60 else span(whole)


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


def work(flop: float) -> str:
    """An amount of arithmetic: '1.57 GFLOP', '283 TFLOP', '12.1 PFLOP'."""
    for unit in ("GFLOP", "TFLOP"):
        flop /= 1e9 if unit == "GFLOP" else 1e3
        if flop < 1000:
            return f"{flop:.3g} {unit}"
    return f"{flop / 1e3:.3g} PFLOP"
