"""The rules of a policy, made ready to be matched against a way of reading a prompt."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from engine.trust.lexicon import Lexicon, Occurrence
from engine.trust.normalise import View
from engine.trust.policy_form import PolicyFile, Rule

Span = tuple[int, int]

# So many terms to either side hold the nearest that shares no word: few begin at one word.
_NEIGHBOURS = 8

_ANY, _UNLESS, _NEGATIVE = -1, -2, -3

_Hits = dict[int, list[Occurrence]]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """What a rule matched so far: from word to word, from character to character, and its terms."""

    first: int
    last: int
    start: int
    end: int
    terms: tuple[Occurrence, ...]

    def gap(self, other: _Stretch) -> int:
        """How many words stand between the two; negative where one reaches into the other."""
        return max(self.first, other.first) - min(self.last, other.last) - 1

    def shares(self, other: _Stretch) -> bool:
        """Whether a word belongs to terms of both."""
        return any(
            one.first <= each.last and each.first <= one.last
            for one in self.terms
            for each in other.terms
        )

    def around(self, other: _Stretch) -> _Stretch:
        return _Stretch(
            min(self.first, other.first),
            max(self.last, other.last),
            min(self.start, other.start),
            max(self.end, other.end),
            (*self.terms, *other.terms),
        )


class RuleBook:
    """All rules of a policy over one lexicon, so that a prompt is searched once."""

    def __init__(self, file: PolicyFile, *, benign: bool = True, absolute: bool = False) -> None:
        self._rules = [
            (number, rule)
            for number, category in enumerate(file.category)
            for rule in category.rule
            if category.absolute or not absolute
        ]
        self._users = _users([rule for _, rule in self._rules], file)
        self._benign = frozenset(file.benign if benign else ())
        self._lexicon = Lexicon({*self._users, *self._benign})

    def match(self, view: View, denied: frozenset[str] = frozenset()) -> dict[int, Span]:
        """Where each category (by its number) matches; `denied`: terms of the negative prompt."""
        hits: dict[int, _Hits] = defaultdict(lambda: defaultdict(list))
        for occurrence in self._harmful(view.text):
            for user, slot in self._users[occurrence.term]:
                hits[user][slot].append(occurrence)
        found: dict[int, Span] = {}
        for number in sorted(hits):
            category, rule = self._rules[number]
            if category not in found and not (rule.negative and not self._denies(number, denied)):
                stretch = _match(rule, hits[number])
                if stretch is not None:
                    found[category] = (stretch.start, stretch.end)
        return found

    def terms_in(self, text: str) -> frozenset[str]:
        """The terms in a normalised text that are not part of a harmless phrase."""
        return frozenset(each.term for each in self._harmful(text))

    def _denies(self, number: int, denied: frozenset[str]) -> bool:
        return any((number, _NEGATIVE) in self._users.get(term, ()) for term in denied)

    def _harmful(self, text: str) -> list[Occurrence]:
        found = self._lexicon.find(text)
        hidden = [(each.start, each.end) for each in found if each.term in self._benign]
        return [
            each
            for each in found
            if each.term in self._users
            and not any(start < each.end and each.start < end for start, end in hidden)
        ]


def _users(rules: list[Rule], file: PolicyFile) -> dict[str, list[tuple[int, int]]]:
    """Which rules need a term, and for what."""
    users = defaultdict[str, list[tuple[int, int]]](list)
    for number, rule in enumerate(rules):
        slots = [(_ANY, rule.any), (_UNLESS, rule.unless), (_NEGATIVE, rule.negative)]
        for slot, entries in (*slots, *enumerate(rule.all)):
            for term in dict.fromkeys(file.terms_of(entries)):
                users[term].append((number, slot))
    return dict(users)


def _match(rule: Rule, hits: _Hits) -> _Stretch | None:
    if hits.get(_UNLESS):
        return None
    if hits.get(_ANY):
        return min(_stretches(hits[_ANY]), key=lambda each: (each.start, -each.end))
    if rule.all and all(hits.get(slot) for slot in range(len(rule.all))):
        return _match_together(rule, hits)
    return None


def _match_together(rule: Rule, hits: _Hits) -> _Stretch | None:
    """The shortest stretch that holds a term of each list, near enough to each other."""
    found = _stretches(hits[0])
    for slot in range(1, len(rule.all)):
        others = _stretches(hits[slot])
        firsts = [each.first for each in others]
        near = [(one, _nearest(one, others, firsts)) for one in found]
        found = [
            one.around(other)
            for one, other in near
            if other is not None and (rule.within is None or one.gap(other) <= rule.within)
        ]
    return min(found, key=lambda each: each.end - each.start, default=None)


def _nearest(one: _Stretch, others: list[_Stretch], firsts: list[int]) -> _Stretch | None:
    """The nearest of other words, which stand in order: no word counts for two lists."""
    around = set[int]()
    for end in (one.first, one.last):
        at = bisect_left(firsts, end)
        around |= set(range(max(0, at - _NEIGHBOURS), min(len(others), at + _NEIGHBOURS)))
    apart = (others[at] for at in sorted(around) if not one.shares(others[at]))
    return min(apart, key=one.gap, default=None)


def _stretches(occurrences: Iterable[Occurrence]) -> list[_Stretch]:
    return [_Stretch(each.first, each.last, each.start, each.end, (each,)) for each in occurrences]
