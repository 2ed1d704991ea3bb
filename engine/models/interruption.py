"""Stopping within a step: between two blocks of a network, which asks whether to go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from torch import nn

Check = Callable[[], None]
"""Raises Cancelled when the work is to stop."""

_ASKED: Final[ContextVar[Check | None]] = ContextVar("asked", default=None)


@contextmanager
def interruptible(check: Check) -> Iterator[None]:
    """What is computed inside asks `check` at every block of the networks that were prepared."""
    token = _ASKED.set(check)
    try:
        yield
    finally:
        _ASKED.reset(token)


def asked() -> Check:
    """What is asked at the moment; who works uninterrupted goes on."""
    return _ASKED.get() or _go_on


def make_interruptible(network: nn.Module) -> None:
    """Let the blocks of a network ask; what they raise leaves the network as it was."""
    for blocks in network.children():
        if isinstance(blocks, nn.ModuleList):
            for block in blocks:
                block.register_forward_pre_hook(_ask)


def _ask(block: nn.Module, arguments: Any) -> None:
    asked()()


def _go_on() -> None:
    pass
