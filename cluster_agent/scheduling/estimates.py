"""How long a job is expected to take: a running mean over the jobs of its kind that ended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

WINDOW = 50
"""After so many jobs the mean follows the newest ones, so that faster code is noticed."""


class Kind(NamedTuple):
    """What decides how long a job takes; `size` is latent elements, or any fixed measure."""

    model: str
    size: int
    steps: int


class Mean(NamedTuple):
    """A running mean of seconds, and how many jobs it rests on."""

    kind: Kind
    seconds: float
    jobs: int


class Estimates:
    """Running means of seconds by kind of job; `Estimates(estimates.means())` is a copy."""

    def __init__(self, means: Iterable[Mean] = ()) -> None:
        self._means = {mean.kind: mean for mean in means}

    def seconds(self, kind: Kind, unseen: float) -> float:
        """The mean of this kind, or `unseen` if none of it has ended yet."""
        known = self._means.get(kind)
        return unseen if known is None else known.seconds

    def learn(self, kind: Kind, seconds: float) -> Mean:
        """Count a job that ended after so many seconds of work; returns the mean as it is now."""
        known = self._means.get(kind, Mean(kind, 0.0, 0))
        jobs = min(known.jobs + 1, WINDOW)
        mean = known.seconds + (seconds - known.seconds) / jobs
        self._means[kind] = Mean(kind, mean, jobs)
        return self._means[kind]

    def means(self) -> tuple[Mean, ...]:
        """Everything learned, as plain tuples."""
        return tuple(self._means.values())
