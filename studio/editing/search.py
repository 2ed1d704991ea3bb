"""Searching for a node to add: fuzzy, forgiving, and what is used often first.

A query is words; each must be found.  How well a word is found: at the start of the title, at
the start of another word of it, in an alias, in the type's name or category, in the middle of a
word, and last as letters that follow each other with others between.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from engine.graph.document import Document
from engine.graph.node import NodeType
from engine.graph.registry import Registry
from studio.editing.connect import Fit, PortWish
from studio.editing.level import definitions_of

BEGIN: Final = 100
"""What a word is worth that begins the title; what follows is worth less."""
WORD: Final = 80
ALIAS: Final = 60
NAME: Final = 45
MIDDLE: Final = 30
LETTERS: Final = 15
EXACT: Final = 40
"""Added for a title or alias that is the query, letter for letter."""
MOST_USED: Final = 12
"""How much frequent use can lift a node: never past a better kind of find."""
FIT: Final = 24
"""How much a port of the very type lifts a node, when a link is dragged."""
NO_WISH: Final = Fit(0, 0, "")


@dataclass(frozen=True)
class Entry:
    """A node type as the search sees it: all in small letters, split into words once."""

    type: NodeType
    title: str
    words: tuple[str, ...]
    aliases: tuple[str, ...]
    names: tuple[str, ...]
    letters: str = field(repr=False, default="")


@dataclass(frozen=True)
class Found:
    """A type that was found; `port` is where a dragged link would end, '' without one.

    `marks` are the places of the title's letters that matched.
    """

    type: NodeType
    score: float
    port: str = ""
    marks: tuple[int, ...] = ()


class SearchIndex:
    """All types of a registry and a document's subgraphs, ready to be searched."""

    def __init__(self, types: Iterable[NodeType]) -> None:
        self._entries = tuple(_entry(type) for type in types)

    @classmethod
    def of(cls, document: Document, registry: Registry) -> SearchIndex:
        """Everything that can be added to a document."""
        inner = definitions_of(document, registry).types.values()
        return cls((*registry.types(), *inner))

    def search(
        self,
        query: str,
        wish: PortWish | None = None,
        usage: Mapping[str, int] | None = None,
        limit: int = 50,
    ) -> tuple[Found, ...]:
        """The types that match, best first; with a `wish` only those with a port that fits.

        An empty query finds all: what is used often first, then by category and title.
        """
        words = query.casefold().split()
        counts = usage or {}
        found: list[Found] = []
        for entry in self._entries:
            score = _score(entry, words)
            if score is None:
                continue
            fit = NO_WISH if wish is None else wish.best_fit(entry.type)
            if fit is None:
                continue
            used = counts.get(entry.type.type, 0)
            score += FIT / (1 + fit.distance) - fit.place / 10 + MOST_USED * used / (used + 4)
            found.append(Found(entry.type, score, fit.port))
        found.sort(key=lambda it: (-it.score, it.type.category, it.type.title, it.type.type))
        return tuple(
            Found(it.type, it.score, it.port, marks(it.type.title, query)) for it in found[:limit]
        )


def marks(title: str, query: str) -> tuple[int, ...]:
    """The places of a title's letters that a query matches, to be shown bold."""
    places: set[int] = set()
    small = title.casefold()
    if len(small) != len(title):
        return ()
    for word in query.casefold().split():
        at = small.find(word)
        places.update(range(at, at + len(word)) if at >= 0 else _letters(word, small) or ())
    return tuple(sorted(places))


def _entry(type: NodeType) -> Entry:
    title = type.title.casefold()
    last = type.type.replace("/", ".").casefold()
    names = (*last.split("."), last, *type.category.casefold().split())
    return Entry(
        type=type,
        title=title,
        words=tuple(title.split()),
        aliases=tuple(alias.casefold() for alias in type.aliases),
        names=names,
        letters=title.replace(" ", ""),
    )


def _score(entry: Entry, words: list[str]) -> float | None:
    """How well all the words are found; None if one is not."""
    if not words:
        return 0.0
    total = 0.0
    for word in words:
        worth = _worth(entry, word)
        if not worth:
            return None
        total += worth
    phrase = " ".join(words)
    if phrase == entry.title or phrase in entry.aliases:
        total += EXACT * len(words)
    elif entry.title.startswith(f"{phrase} "):
        total += EXACT / 2  # whole words of the title come before whole aliases of another
    elif len(words) > 1 and (phrase in entry.title or any(phrase in a for a in entry.aliases)):
        total += EXACT / 2
    return total / len(words) - len(entry.title) / 100


def _worth(entry: Entry, word: str) -> float:
    if entry.title.startswith(word):
        return BEGIN
    if any(each.startswith(word) for each in entry.words):
        return WORD
    if any(part.startswith(word) for alias in entry.aliases for part in (alias, *alias.split())):
        return ALIAS
    if any(name.startswith(word) for name in entry.names):
        return NAME
    if word in entry.title or any(word in alias for alias in entry.aliases):
        return MIDDLE
    gaps = _gaps(word, entry.letters) if len(word) > 2 else None
    if gaps is None or gaps > len(word) + 1:
        return 0
    return LETTERS - min(gaps, 10)


def _gaps(word: str, text: str) -> int | None:
    """How many letters stand between those of `word` in `text`; None if they are not all there."""
    places = _letters(word, text)
    return None if places is None else places[-1] - places[0] + 1 - len(word)


def _letters(word: str, text: str) -> tuple[int, ...] | None:
    """The first places where the letters of `word` follow each other in `text`."""
    places = []
    at = -1
    for letter in word:
        at = text.find(letter, at + 1)
        if at < 0:
            return None
        places.append(at)
    return tuple(places)
