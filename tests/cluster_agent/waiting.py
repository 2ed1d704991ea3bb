"""Waiting for what other processes and threads do, without guessing how long it takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

PATIENCE: Final = 120.0


def wait_for(
    condition: Callable[[], object], what: str | Callable[[], str] = "it never happened"
) -> None:
    """Return as soon as the condition holds; fail after two minutes, with what is known by then."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, what if isinstance(what, str) else what()
        time.sleep(0.01)
