"""How many of the harmful prompts are blocked, and of the benign ones, with intervals."""

import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from engine.trust.policy import Policy
from tests.red_team.prompts import RedPrompt

_Z = 1.959964


@dataclass(frozen=True)
class Share:
    """So many out of so many."""

    hits: int
    total: int

    @property
    def value(self) -> float:
        return self.hits / self.total if self.total else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval after Wilson (1927)."""
        if not self.total:
            return 0.0, 1.0
        share, square = self.value, _Z * _Z / self.total
        middle = (share + square / 2) / (1 + square)
        half = _Z * math.sqrt(share * (1 - share) / self.total + square / self.total / 4)
        return max(0.0, middle - half / (1 + square)), min(1.0, middle + half / (1 + square))

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.hits:4}/{self.total:<4} {self.value:6.1%}  [{low:.1%}, {high:.1%}]"


@dataclass(frozen=True)
class Verdict:
    """What became of a prompt: blocked or not, for what, and in how many seconds."""

    prompt: RedPrompt
    blocked: bool
    categories: tuple[str, ...]
    seconds: float


def judge_all(policy: Policy, prompts: Iterable[RedPrompt]) -> list[Verdict]:
    """Every prompt judged, its fields together; the time is this thread's own."""
    found = []
    for prompt in prompts:
        fields = dict(prompt.fields)
        start = time.thread_time()
        decision = policy.judge(fields)
        seconds = time.thread_time() - start
        categories = tuple(each.category for each in decision.findings)
        found.append(Verdict(prompt, decision.blocked, categories, seconds))
    return found


def blocked(verdicts: Sequence[Verdict]) -> Share:
    return Share(sum(verdict.blocked for verdict in verdicts), len(verdicts))


def by(verdicts: Iterable[Verdict], key: Callable[[RedPrompt], str]) -> dict[str, list[Verdict]]:
    """Verdicts by a property of their prompts, in order of its values."""
    groups = defaultdict[str, list[Verdict]](list)
    for verdict in verdicts:
        groups[key(verdict.prompt)].append(verdict)
    return dict(sorted(groups.items()))


def right_reason(verdicts: Sequence[Verdict]) -> Share:
    """Of the blocked, those whose own category was among the reasons."""
    stopped = [verdict for verdict in verdicts if verdict.blocked]
    return Share(sum(each.prompt.category in each.categories for each in stopped), len(stopped))


def percentile(verdicts: Sequence[Verdict], share: float) -> float:
    """The time in seconds within which this share of the prompts was judged."""
    times = sorted(verdict.seconds for verdict in verdicts)
    return times[min(len(times) - 1, int(share * len(times)))]
