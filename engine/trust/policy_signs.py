"""Many weak signs together: where in a text their weights are enough for a rule."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.trust.lexicon import Occurrence

# A term where it occurs, and the sign that it is one of.
_Event = tuple[Occurrence, int]

# Where a rule says nothing else, signs stand so many words apart at most.
SIGNS_WITHIN = 30


@dataclass(frozen=True, slots=True)
class Signs:
    """The signs of a rule: their weights, the groups of which each must be there, and the bar."""

    weights: tuple[int, ...]
    groups: tuple[frozenset[int], ...]
    enough: int
    within: int = SIGNS_WITHIN

    def most(self, present: Sequence[bool]) -> int:
        """What the signs that occur in a text can sum up to, wherever they stand."""
        if not all(any(present[sign] for sign in group) for group in self.groups):
            return 0
        return sum(
            max(0, weight) for weight, here in zip(self.weights, present, strict=True) if here
        )

    def window(self, found: Sequence[Sequence[Occurrence]]) -> list[Occurrence]:
        """The terms of the first words that are enough; `found`: where each sign occurs."""
        events = sorted(
            ((each, sign) for sign, those in enumerate(found) for each in those),
            key=lambda event: (event[0].first, event[0].last),
        )
        for near in self._windows(events):
            counted = self._counted(near)
            if counted:
                return counted
        return []

    def _windows(self, events: list[_Event]) -> Iterator[list[_Event]]:
        """From each sign that speaks for the rule, what follows, and what speaks against it."""
        firsts = [each.first for each, _ in events]
        for at, (begin, sign) in enumerate(events):
            if self.weights[sign] > 0:
                since = bisect_left(firsts, begin.first - self.within)
                until = bisect_right(firsts, begin.first + self.within)
                against = (event for event in events[since:at] if self.weights[event[1]] < 0)
                yield [*against, *events[at:until]]

    def _counted(self, near: list[_Event]) -> list[Occurrence]:
        """The terms that make up the sum, or none where it is too little; no word counts twice."""
        total, taken, seen = 0, list[Occurrence](), set[int]()
        words = set[int]()
        order = sorted(near, key=lambda event: -abs(self.weights[event[1]]))
        for each, sign in order:
            span = range(each.first, each.last + 1)
            if sign in seen or (self.weights[sign] > 0 and words.intersection(span)):
                continue
            seen.add(sign)
            total += self.weights[sign]
            if self.weights[sign] > 0:
                words.update(span)
                taken.append(each)
        complete = all(group & seen for group in self.groups)
        return taken if complete and total >= self.enough else []
