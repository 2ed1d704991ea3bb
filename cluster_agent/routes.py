"""Routes that cannot be guessed: what names a connection must be known to nobody else."""

from __future__ import annotations

import ctypes
import secrets


def draw_routes() -> None:
    """Let the next listener of this process draw its routes at random.

    ZeroMQ takes the first from the C library's generator, unseeded, and counts on from there; and
    it aborts the process when a peer has claimed the number that is next.
    """
    ctypes.CDLL(None).srand(secrets.randbits(32))
