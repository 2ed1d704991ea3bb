"""Finding thousands of terms in a text at once: a tree of words, walked from every word."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby
from typing import NamedTuple

from engine.trust.inflection import forms
from engine.trust.normalise import plain_text
from engine.trust.words import Word, is_one_word, words_of, written_words

_PATTERN = "re:"
_FEWEST_OF_A_STEM = 4
# What stands between spaces and stars of a term, with the star after it.
_PART = re.compile(r"[^\s*]+\*?|\*")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A term in a text: its words, the last of which belongs to it, and its characters."""

    term: str
    first: int
    last: int
    start: int
    end: int


class _Branch:
    """What may follow in some terms: whole words, beginnings of words, and the terms that end here.

    A branch is made when it is first asked for: of all terms, a prompt holds few.  It is put in
    its place once it is whole, so that threads may search one lexicon together.
    """

    def __init__(self, led: Iterable[tuple[_WordOfTerm | None, list[str]]], depth: int) -> None:
        """`led`: words with the terms that have them here, after `depth` others; none: they end."""
        self.ends = list[str]()
        words, stems = dict[str, list[str]](), dict[str, list[str]]()
        for word, terms in led:
            if word is None:
                self.ends += terms
                continue
            following = stems if word.is_stem else words
            for way in word.ways:
                following.setdefault(way, []).extend(terms)
        self.words = _Shoots(words, depth) if words else _NONE
        self.stems = _Shoots(stems, depth) if stems else _NONE
        self.lengths = sorted(set(map(len, stems)))


class _Shoots:
    """The branches that go on from a place, by the words that lead there."""

    def __init__(self, terms: Mapping[str, list[str]], depth: int) -> None:
        """`terms` by the word that each has after `depth` others."""
        self._terms, self._depth = terms, depth
        self._grown = dict[str, _Branch]()

    def get(self, word: str) -> _Branch | None:
        """The branch that a word leads to; made where terms go on so."""
        if word not in self._terms:
            return None
        grown = self._grown.get(word)
        if grown is None:
            depth = self._depth + 1
            led = ((_word_at(term, depth), [term]) for term in self._terms[word])
            grown = self._grown[word] = _Branch(led, depth)
        return grown

    def hidden(self, spelling: str) -> Iterator[_Branch]:
        """The branches of the words that a spelling with stars may stand for: p*rn."""
        pattern = re.compile(re.escape(spelling).replace(r"\*", r"\w"))
        for word in self._beginning.get((len(spelling), spelling[0]), ()):
            branch = self.get(word) if pattern.fullmatch(word) else None
            if branch is not None:
                yield branch

    @cached_property
    def _beginning(self) -> dict[tuple[int, str], list[str]]:
        """The words by their length and first letter."""
        found = defaultdict[tuple[int, str], list[str]](list)
        for word in self._terms:
            found[len(word), word[:1]].append(word)
        return dict(found)


_NONE = _Shoots({}, 0)


class Lexicon:
    """Terms made ready to be found; a term is as a policy file writes it."""

    def __init__(self, terms: Iterable[str]) -> None:
        """Keeps the terms by their first words; the rest of a term waits for its first word."""
        written, patterns = list[str](), list[str]()
        for term in sorted(set(terms)):
            (patterns if term.startswith(_PATTERN) else written).append(term)
        self._root = _Branch(_first_words(written), 0)
        self._patterns = _Patterns(patterns)

    def find(self, text: str) -> list[Occurrence]:
        """Every term in a normalised text, however the terms overlap."""
        words = words_of(text)
        found = list[Occurrence]()
        for at, word in enumerate(words):
            begun = [each for way in word.spellings for each in _children(self._root, way)]
            if begun:
                found += _terms_from(begun, words, at)
        spans = self._patterns.spans(text)
        return [*found, *(_by_character(term, words, *span) for term, span in spans)]


def _terms_from(branches: list[_Branch], words: list[Word], first: int) -> Iterator[Occurrence]:
    """The terms that begin at a word, from the branches that it leads to."""
    for at in range(first, len(words)):
        for branch in branches:
            for term in branch.ends:
                yield Occurrence(term, first, at, words[first].start, words[at].end)
        following = words[at + 1].spellings if at + 1 < len(words) else ()
        branches = [
            child for branch in branches for way in following for child in _children(branch, way)
        ]
        if not branches:
            return


class _Patterns:
    """The regular expressions among the terms, each for whole words."""

    def __init__(self, terms: Iterable[str]) -> None:
        bodies = {term: term.removeprefix(_PATTERN) for term in terms}
        # Groups have numbers, which one expression of many would change.
        together = {term: body for term, body in bodies.items() if not re.compile(body).groups}
        self._together = together.keys()
        self._any = _whole_words("|".join(f"(?:{body})" for body in together.values()))
        self._bodies = bodies

    def spans(self, text: str) -> Iterator[tuple[str, tuple[int, int]]]:
        """The terms in a text, with the characters where each begins and ends."""
        # Most texts hold none of them: that is seen in one reading.
        any_of_many = bool(self._together) and self._any.search(text) is not None
        for term, pattern in self._each.items() if any_of_many else self._apart:
            for match in pattern.finditer(text):
                if match.end() > match.start():
                    yield term, match.span()

    @cached_property
    def _each(self) -> dict[str, re.Pattern[str]]:
        return {term: _whole_words(body) for term, body in self._bodies.items()}

    @cached_property
    def _apart(self) -> list[tuple[str, re.Pattern[str]]]:
        return [
            (term, _whole_words(body))
            for term, body in self._bodies.items()
            if term not in self._together
        ]


def _whole_words(body: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{body})(?!\w)")


class _WordOfTerm(NamedTuple):
    """A word of a term in its ways; `is_stem` where only the beginning of a word is given."""

    ways: tuple[str, ...]
    is_stem: bool


def _first_words(terms: Iterable[str]) -> Iterator[tuple[_WordOfTerm | None, list[str]]]:
    """The first words of terms in their order, each read once for those that begin alike."""
    for head, those in groupby(terms, lambda term: term.partition(" ")[0]):
        # Words do not reach over spaces; some heads are a sign alone.
        first = next(iter(_read(head)), None)
        if first is not None:
            yield first, list(those)
        else:
            yield from ((_word_at(term, 0), [term]) for term in those)


def _word_at(term: str, depth: int) -> _WordOfTerm | None:
    """A word of a term by its number, or none where the term is over."""
    before = 0
    for chunk in term.split():
        words = _words_between(chunk)
        if depth < before + len(words):
            return words[depth - before]
        before += len(words)
    return None


@lru_cache(maxsize=4096)
def _words_between(spaces: str) -> Sequence[_WordOfTerm]:
    """The words between two spaces of a term, kept as many terms share them."""
    return tuple(_read(spaces))


def _read(spaces: str) -> Iterable[_WordOfTerm]:
    chunk = plain_text(spaces)
    body = chunk[:-1] if chunk.endswith(("+", "*")) else chunk
    return (_signed(body, chunk),) if is_one_word(body) else _words_of_parts(chunk)


def _words_of_parts(chunk: str) -> Iterator[_WordOfTerm]:
    for part in _PART.findall(chunk):
        if part == "*":
            yield _WordOfTerm(("",), is_stem=True)
        words = written_words(part)
        for word in words[:-1]:
            yield _WordOfTerm((word,), is_stem=False)
        for last in words[-1:]:
            yield _signed(last, part)


def _signed(word: str, part: str) -> _WordOfTerm:
    sign = part[-1]
    return _WordOfTerm(forms(word) if sign == "+" else (word,), sign == "*")


def _children(branch: _Branch, spelling: str) -> list[_Branch]:
    if "*" in spelling:
        return list(_starred_children(branch, spelling))
    beginnings = (spelling[:length] for length in branch.lengths if length <= len(spelling))
    stems = [stem for each in beginnings if (stem := branch.stems.get(each))]
    whole = branch.words.get(spelling)
    return [whole, *stems] if whole else stems


def _starred_children(branch: _Branch, spelling: str) -> Iterator[_Branch]:
    """A star may stand for one letter: p*rn."""
    yield from branch.words.hidden(spelling)
    for length in branch.lengths:
        # Of a stem, enough must be legible.
        if _FEWEST_OF_A_STEM <= length <= len(spelling):
            yield from branch.stems.hidden(spelling[:length])


def _by_character(term: str, words: list[Word], start: int, end: int) -> Occurrence:
    inside = [at for at, word in enumerate(words) if word.end > start and word.start < end]
    return Occurrence(term, inside[0] if inside else 0, inside[-1] if inside else 0, start, end)
