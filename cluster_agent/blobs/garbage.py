"""Removes the blobs that nothing needs any more.

A blob stays if it is referred to (by a job, a checkpoint, a result that is kept), if it was used
less than `age` ago (its job may just be on the way), or if it is being read.  What was begun and
given up goes after `patience`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final, NamedTuple

from cluster_agent.blobs.protocol import Blobs

DAY: Final = 86_400.0


class Collected(NamedTuple):
    """What a collection did: blobs removed, and bytes freed in all."""

    blobs: int
    nbytes: int


def collect(
    blobs: Blobs,
    referred: Callable[[], Collection[str]],
    now: float,
    *,
    age: float = DAY,
    patience: float = 2 * DAY,
) -> Collected:
    """Remove what is not needed; times in seconds, `now` since 1970 by the file system's clock.

    `referred` is asked after the candidates were listed: what came between is younger than `age`.
    Raises StorageFailed where the store cannot be listed.
    """
    old = [entry.digest for entry in blobs.entries() if entry.used <= now - age]
    needed = frozenset(referred()) if old else frozenset()
    freed = [blobs.remove(digest, now - age) for digest in old if digest not in needed]
    left = blobs.remove_partials(now - patience)
    return Collected(sum(nbytes > 0 for nbytes in freed), sum(freed) + left)
