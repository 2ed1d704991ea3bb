"""Finding thousands of terms in a text at once: a tree of words, walked from every word."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from engine.trust.normalise import plain
from engine.trust.words import Word, words_of

_PATTERN = "re:"
_FEWEST_OF_A_STEM = 4


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A term in a text: its words, the last of which belongs to it, and its characters."""

    term: str
    first: int
    last: int
    start: int
    end: int


@dataclass
class _Branch:
    """What may follow: whole words, beginnings of words, and the terms that end here."""

    words: dict[str, _Branch] = field(default_factory=dict)
    stems: dict[str, _Branch] = field(default_factory=dict)
    lengths: list[int] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)

    @cached_property
    def words_beginning(self) -> dict[tuple[int, str], list[str]]:
        """The words by their length and first letter."""
        return _by_beginning(self.words)

    @cached_property
    def stems_beginning(self) -> dict[tuple[int, str], list[str]]:
        """The stems by their length and first letter."""
        return _by_beginning(self.stems)


def _by_beginning(words: Iterable[str]) -> dict[tuple[int, str], list[str]]:
    found = defaultdict[tuple[int, str], list[str]](list)
    for word in words:
        found[len(word), word[0]].append(word)
    return dict(found)


class Lexicon:
    """Terms made ready to be found; a term is as a policy file writes it."""

    def __init__(self, terms: Iterable[str]) -> None:
        self._root = _Branch()
        self._patterns = list[tuple[str, re.Pattern[str]]]()
        for term in sorted(set(terms)):
            if term.startswith(_PATTERN):
                body = term.removeprefix(_PATTERN)
                self._patterns.append((term, re.compile(rf"(?<!\w)(?:{body})(?!\w)")))
            else:
                self._add(term)

    def find(self, text: str) -> list[Occurrence]:
        """Every term in a normalised text, however the terms overlap."""
        words = words_of(text)
        found = [each for at in range(len(words)) for each in self._from(words, at)]
        for term, pattern in self._patterns:
            for match in pattern.finditer(text):
                if match.end() > match.start():
                    found.append(_by_character(term, words, *match.span()))
        return found

    def _add(self, term: str) -> None:
        branch = self._root
        for word, is_stem in _words_of_term(term):
            children = branch.stems if is_stem else branch.words
            if is_stem and len(word) not in branch.lengths:
                branch.lengths = sorted({*branch.lengths, len(word)})
            branch = children.setdefault(word, _Branch())
        branch.ends.append(term)

    def _from(self, words: list[Word], first: int) -> Iterator[Occurrence]:
        """The terms that begin at a word."""
        branches, at = [self._root], first
        while branches and at < len(words):
            spellings = words[at].spellings
            branches = [
                child
                for branch in branches
                for spelling in spellings
                for child in _children(branch, spelling)
            ]
            for branch in branches:
                for term in branch.ends:
                    yield Occurrence(term, first, at, words[first].start, words[at].end)
            at += 1


def _words_of_term(term: str) -> list[tuple[str, bool]]:
    """The words of a term; true where only the beginning of a word is given."""
    found = list[tuple[str, bool]]()
    for part in re.findall(r"[^\s*]+\*?|\*", plain(term).text):
        if part == "*":
            found.append(("", True))
        words = [word.spellings[0] for word in words_of(part)]
        found += [(word, False) for word in words[:-1]]
        found += [(word, part.endswith("*")) for word in words[-1:]]
    return found


def _children(branch: _Branch, spelling: str) -> Iterator[_Branch]:
    if "*" in spelling:
        yield from _starred_children(branch, spelling)
        return
    whole = branch.words.get(spelling)
    if whole is not None:
        yield whole
    for length in branch.lengths:
        if length > len(spelling):
            break
        stem = branch.stems.get(spelling[:length])
        if stem is not None:
            yield stem


def _starred_children(branch: _Branch, spelling: str) -> Iterator[_Branch]:
    """A star may stand for one letter: p*rn."""
    hidden = re.compile(re.escape(spelling).replace(r"\*", r"\w"))
    for word in branch.words_beginning.get((len(spelling), spelling[0]), ()):
        if hidden.fullmatch(word):
            yield branch.words[word]
    for length in branch.lengths:
        # Of a stem, enough must be legible.
        if _FEWEST_OF_A_STEM <= length <= len(spelling):
            yield from _starred_stems(branch, spelling[:length])


def _starred_stems(branch: _Branch, spelling: str) -> Iterator[_Branch]:
    hidden = re.compile(re.escape(spelling).replace(r"\*", r"\w"))
    for stem in branch.stems_beginning.get((len(spelling), spelling[0]), ()):
        if hidden.fullmatch(stem):
            yield branch.stems[stem]


def _by_character(term: str, words: list[Word], start: int, end: int) -> Occurrence:
    inside = [at for at, word in enumerate(words) if word.end > start and word.start < end]
    return Occurrence(term, inside[0] if inside else 0, inside[-1] if inside else 0, start, end)
