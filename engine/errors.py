"""Every error that Reelwright raises on purpose, with the exit code the command line gives it.

    ReelwrightError                 1   something failed
    ├── InvalidInput                2   what the user gave cannot be used as it is
    │   ├── InvalidDocument         2   a graph document, with every problem found in it
    │   ├── InvalidMedia            1   an image, video or sound that cannot be read
    │   └── InvalidWeights          1   a weight file that is damaged, or of a kind we refuse
    ├── StorageFailed               1   a disk that is full, a folder that cannot be written
    ├── NodeFailed                  1   a node of a running graph raised
    ├── BlockedByPolicy             3   a policy forbids this
    └── Cancelled                 130   the user stopped it

An error is interface: its message is one sentence that says what failed and where, followed by
the way out.  `str(error)` is what the user reads; nothing prints a trace for these.
"""

from __future__ import annotations

from typing import ClassVar


class ReelwrightError(Exception):
    """Something failed; the message says what, where and the way out."""

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, remedy: str = "") -> None:
        self.what = what.rstrip()
        self.remedy = remedy.strip()
        super().__init__(" ".join(part for part in (self.what, self.remedy) if part))


class InvalidInput(ReelwrightError):
    """What the user gave cannot be used as it is."""

    exit_code = 2


class InvalidMedia(InvalidInput):
    """An image, video or sound file that cannot be read."""

    exit_code = 1


class InvalidWeights(InvalidInput):
    """A weight file that is truncated, damaged, mismatched, or of a kind that is refused."""

    exit_code = 1


class StorageFailed(ReelwrightError):
    """A disk that is full, or a place that cannot be read or written."""


class NodeFailed(ReelwrightError):
    """A node of a running graph raised; `node` is its id, `__cause__` what it raised."""

    def __init__(self, node: str, what: str, *, remedy: str = "") -> None:
        self.node = node
        super().__init__(f"Node '{node}': {what}", remedy=remedy)


class BlockedByPolicy(ReelwrightError):
    """A policy forbids this; the message gives the reason and what could be changed."""

    exit_code = 3


class Cancelled(ReelwrightError):
    """The user stopped the run; finished work and checkpoints are kept."""

    exit_code = 130

    def __init__(self, what: str = "Cancelled.", *, remedy: str = "") -> None:
        super().__init__(what, remedy=remedy)
