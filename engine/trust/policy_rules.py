"""The rules of a policy, made ready to be matched against a way of reading a prompt."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from engine.trust.lexicon import Lexicon, Occurrence
from engine.trust.normalise import View
from engine.trust.policy_form import PolicyFile, Rule
from engine.trust.policy_signs import SIGNS_WITHIN, Signs

Span = tuple[int, int]

# So many terms to either side hold the nearest that shares no word: few begin at one word.
_NEIGHBOURS = 8

# "unless_near" lifts what stands so many words away, as an adjective or its object does.
_BESIDE = 3

# Where each list of terms occurs, by the list's number.
_Hits = Mapping[int, list[Occurrence]]


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


@dataclass(frozen=True, slots=True)
class _Ready:
    """A rule whose lists are numbers; a set of lists is a number with their bits."""

    category: int
    any: int
    all: tuple[int, ...]
    unless: int
    near: int
    negative: int
    within: int | None
    sign_lists: tuple[int, ...]
    signs: Signs | None

    def may_match(self, present: int) -> bool:
        """Whether enough of its lists occur at all, wherever that is."""
        if present & self.unless:
            return False
        if present & self.any:
            return True
        if self.signs is not None:
            here = [bool(present & each) for each in self.sign_lists]
            return self.signs.most(here) >= self.signs.enough
        return bool(self.all) and all(present & slot for slot in self.all)


class RuleBook:
    """All rules of a policy over one lexicon, so that a prompt is searched once."""

    def __init__(self, file: PolicyFile, *, benign: bool = True, absolute: bool = False) -> None:
        lists = _Lists(file)
        self._rules = [
            lists.ready(number, rule)
            for number, category in enumerate(file.category)
            for rule in category.rule
            if category.absolute or not absolute
        ]
        self._lists_of = lists.by_term()
        self._waiting = _waiting(self._rules, self._lists_of)
        self._benign = frozenset(file.benign if benign else ())
        self._lexicon = Lexicon({*self._lists_of, *self._benign})

    def match(self, view: View, denied: frozenset[str] = frozenset()) -> dict[int, Span]:
        """Where each category (by its number) matches; `denied`: terms of the negative prompt."""
        hits = defaultdict[int, list[Occurrence]](list)
        harmful = self._harmful(view.text)
        if not harmful:
            return {}
        for occurrence in harmful:
            for number in self._lists_of[occurrence.term]:
                hits[number].append(occurrence)
        present, withheld = _bits(hits), self._bits_of(denied)
        found: dict[int, Span] = {}
        waiting = {number for those in hits for number in self._waiting.get(those, ())}
        for rule in map(self._rules.__getitem__, sorted(waiting)):
            if rule.category in found or not rule.may_match(present):
                continue
            if rule.negative and not rule.negative & withheld:
                continue
            stretch = _match(rule, hits)
            if stretch is not None:
                found[rule.category] = (stretch.start, stretch.end)
        return found

    def terms_in(self, text: str) -> frozenset[str]:
        """The terms in a normalised text that are not part of a harmless phrase."""
        return frozenset(each.term for each in self._harmful(text))

    def _bits_of(self, terms: Iterable[str]) -> int:
        return _bits(number for term in terms for number in self._lists_of.get(term, ()))

    def _harmful(self, text: str) -> list[Occurrence]:
        """The terms in a text, in its order."""
        found = self._lexicon.find(text)
        hidden = [(each.start, each.end) for each in found if each.term in self._benign]
        harmful = (
            each
            for each in found
            if each.term in self._lists_of
            and not any(start < each.end and each.start < end for start, end in hidden)
        )
        return sorted(harmful, key=lambda each: each.first)


class _Lists:
    """The lists that a policy's rules name or hold, each with a number."""

    def __init__(self, file: PolicyFile) -> None:
        self._file = file
        self._numbers: dict[tuple[str, ...], int] = {}

    def ready(self, category: int, rule: Rule) -> _Ready:
        return _Ready(
            category=category,
            any=self._bits(rule.any),
            all=tuple(self._bits(entries) for entries in rule.all),
            unless=self._bits(rule.unless),
            near=self._bits(rule.unless_near),
            negative=self._bits(rule.negative),
            within=rule.within,
            sign_lists=tuple(self._bits(sign.any) for sign in rule.signs),
            signs=_signs(rule),
        )

    def by_term(self) -> dict[str, tuple[int, ...]]:
        """The lists that hold each term."""
        found = dict[str, tuple[int, ...]]()
        for entries, number in self._numbers.items():
            only = (number,)
            for term in dict.fromkeys(self._file.terms_of(list(entries))):
                found[term] = (*found[term], number) if term in found else only
        return found

    def _bits(self, entries: Sequence[str]) -> int:
        """Shared lists by their names, and one more of the terms that the rule writes itself."""
        shared = [(entry,) for entry in entries if entry.startswith("@")]
        own = tuple(entry for entry in entries if not entry.startswith("@"))
        lists = [*shared, *([own] if own else [])]
        return _bits(self._numbers.setdefault(each, len(self._numbers)) for each in lists)


def _waiting(
    rules: Sequence[_Ready], lists_of: Mapping[str, tuple[int, ...]]
) -> dict[int, tuple[int, ...]]:
    """The rules to look at where a list occurs: of what a rule needs, its fewest terms decide."""
    sizes = Counter(chain.from_iterable(lists_of.values()))
    found = defaultdict[int, list[int]](list)
    for place, rule in enumerate(rules):
        needed = [_numbers(slot) for slot in rule.all]
        rarest = min(needed, key=lambda each: sum(sizes[number] for number in each), default=[])
        signs = (each for each in range(len(rule.sign_lists)) if _decides(rule, each))
        of_signs = (number for each in signs for number in _numbers(rule.sign_lists[each]))
        for number in {*_numbers(rule.any), *rarest, *of_signs}:
            found[number].append(place)
    return {number: tuple(places) for number, places in found.items()}


def _decides(rule: _Ready, sign: int) -> bool:
    """Whether a rule is worth a look once this sign of it occurs."""
    if rule.signs is None:
        return False
    if rule.signs.groups:
        return sign in rule.signs.groups[0]
    return rule.signs.weights[sign] > 0


def _numbers(bits: int) -> list[int]:
    return [number for number in range(bits.bit_length()) if bits >> number & 1]


def _bits(numbers: Iterable[int]) -> int:
    found = 0
    for number in numbers:
        found |= 1 << number
    return found


def _match(rule: _Ready, hits: _Hits) -> _Stretch | None:
    found = _stretches(rule.any, hits) or _together(rule, hits) or _enough(rule, hits)
    if rule.near:
        excuses = _stretches(rule.near, hits)
        found = [
            each for each in found if not any(each.gap(excuse) <= _BESIDE for excuse in excuses)
        ]
    if rule.any:
        return min(found, key=lambda each: (each.start, -each.end), default=None)
    return min(found, key=lambda each: each.end - each.start, default=None)


def _enough(rule: _Ready, hits: _Hits) -> list[_Stretch]:
    """The stretch whose signs are enough, where there is one."""
    if rule.signs is None:
        return []
    terms = rule.signs.window([_occurrences(each, hits) for each in rule.sign_lists])
    if not terms:
        return []
    first, last = min(each.first for each in terms), max(each.last for each in terms)
    start, end = min(each.start for each in terms), max(each.end for each in terms)
    return [_Stretch(first, last, start, end, tuple(terms))]


def _together(rule: _Ready, hits: _Hits) -> list[_Stretch]:
    """The stretches that hold a term of each list, near enough to each other."""
    if not rule.all:
        return []
    found = _stretches(rule.all[0], hits)
    for slot in rule.all[1:]:
        others = _stretches(slot, hits)
        firsts = [each.first for each in others]
        near = [(one, _nearest(one, others, firsts)) for one in found]
        found = [
            one.around(other)
            for one, other in near
            if other is not None and (rule.within is None or one.gap(other) <= rule.within)
        ]
    return found


def _nearest(one: _Stretch, others: list[_Stretch], firsts: list[int]) -> _Stretch | None:
    """The nearest of other words, which stand in order: no word counts for two lists."""
    around = set[int]()
    for end in (one.first, one.last):
        at = bisect_left(firsts, end)
        around |= set(range(max(0, at - _NEIGHBOURS), min(len(others), at + _NEIGHBOURS)))
    apart = (others[at] for at in sorted(around) if not one.shares(others[at]))
    return min(apart, key=one.gap, default=None)


def _stretches(lists: int, hits: _Hits) -> list[_Stretch]:
    """The occurrences of any of the lists, in order."""
    return [
        _Stretch(each.first, each.last, each.start, each.end, (each,))
        for each in _occurrences(lists, hits)
    ]


def _occurrences(lists: int, hits: _Hits) -> list[Occurrence]:
    found = {each for number, those in hits.items() if lists >> number & 1 for each in those}
    return sorted(found, key=lambda each: (each.first, each.last, each.term))


def _signs(rule: Rule) -> Signs | None:
    if rule.enough is None:
        return None
    weights = tuple(sign.weight for sign in rule.signs)
    groups = defaultdict[str, set[int]](set)
    for number, sign in enumerate(rule.signs):
        if sign.group:
            groups[sign.group].add(number)
    needed = tuple(map(frozenset, groups.values()))
    return Signs(weights, needed, rule.enough, rule.within or SIGNS_WITHIN)
