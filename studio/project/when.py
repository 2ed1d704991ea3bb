"""A moment in words: 'just now', '5 minutes ago', 'yesterday, 14:03'."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

MINUTE: Final = 60
HOUR: Final = 3600


def when(moment: float, now: float) -> str:
    """Unix seconds as people say it at `now`."""
    passed = now - moment
    if passed < MINUTE:
        return "just now"
    if passed < HOUR:
        return _ago(int(passed // MINUTE), "minute")
    then, today = datetime.fromtimestamp(moment), datetime.fromtimestamp(now)
    if then.date() == today.date():
        return _ago(int(passed // HOUR), "hour")
    if then.date() == (today - timedelta(days=1)).date():
        return f"yesterday, {then:%H:%M}"
    return f"{then:%-d %B %Y}" if then.year != today.year else f"{then:%-d %B, %H:%M}"


def _ago(count: int, unit: str) -> str:
    return f"{count} {unit}{'' if count == 1 else 's'} ago"
