"""The work that simulated jobs do: a chain of digests, in which no step can be left out, repeated
or taken by another job without the end being another.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from cluster_agent.protocol.job_spec import JobSpec

CHECKPOINT_EVERY: Final = 10


@dataclass
class Progress:
    """A sampler's state after `step` steps."""

    step: int
    state: bytes

    def advance(self) -> None:
        """Take one step."""
        self.step += 1
        self.state = hashlib.sha256(self.state + self.step.to_bytes(4)).digest()

    def packed(self) -> bytes:
        """As a checkpoint keeps it."""
        return self.step.to_bytes(4) + self.state

    @classmethod
    def unpacked(cls, content: bytes) -> Progress:
        """Out of a checkpoint."""
        return cls(int.from_bytes(content[:4]), content[4:])


def beginning(spec: JobSpec) -> Progress:
    """The state before the first step."""
    return Progress(0, hashlib.sha256(spec.key.encode()).digest())


def result(spec: JobSpec) -> bytes:
    """What the job must give, however often it was interrupted."""
    progress = beginning(spec)
    while progress.step < spec.steps:
        progress.advance()
    return progress.state


def fingerprint(spec: JobSpec) -> str:
    """The identity of the work, on every agent."""
    return hashlib.sha256(b"work " + spec.key.encode()).hexdigest()
