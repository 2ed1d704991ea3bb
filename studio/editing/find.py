"""Finding nodes of a document by id, title, type or value, on all its levels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from engine.graph.document import Document, NodeSpec
from engine.graph.edits.names import place_key
from engine.graph.registry import Registry
from studio.editing.level import Level
from studio.editing.looks import entries_of
from studio.view_data import text

MOST_FOUND: Final = 500


@dataclass(frozen=True)
class Match:
    """A node, or a note (then `id` is the note's), and where in it the text was found."""

    within: str
    id: str
    title: str
    where: str
    rank: int
    is_note: bool = False


def find(document: Document, registry: Registry, query: str) -> tuple[Match, ...]:
    """Everything in which all words of the query stand, the best first, the top level first."""
    words = query.casefold().split()
    if not words:
        return ()
    levels = ("", *document.subgraphs)
    found = [match for within in levels for match in _on(document, registry, within, words)]
    found += _notes(document, words)
    found.sort(key=lambda match: match.rank)
    return tuple(found[:MOST_FOUND])


def _on(document: Document, registry: Registry, within: str, words: list[str]) -> Iterator[Match]:
    level = Level(document, within, registry)
    boxes, lookup = entries_of(document, "nodes"), level.lookup
    for id, spec in level.graph.nodes.items():
        box = boxes.get(place_key(id, within))
        own = text(box.get("title")) if isinstance(box, dict) else ""
        type = lookup(spec.type)
        title = own or (type.title if type is not None else spec.type)
        hit = _where(id, title, spec, words)
        if hit is not None:
            yield Match(within, id, title, hit[1], hit[0])


def _where(id: str, title: str, spec: NodeSpec, words: list[str]) -> tuple[int, str] | None:
    """The best place where all the words are: rank and how it reads."""
    for rank, candidate in enumerate((title, id)):
        if _holds(candidate, words):
            return (0 if candidate.casefold().startswith(words[0]) else 1 + rank), ""
    if _holds(spec.type, words):
        return 3, spec.type
    for name, value in spec.params.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        if _holds(f"{name} {shown}", words):
            return 4, f"{name}: {_excerpt(shown, words[0])}"
    return None


def _holds(candidate: str, words: list[str]) -> bool:
    small = candidate.casefold()
    return all(word in small for word in words)


def _excerpt(value: str, word: str) -> str:
    """The part of a long text around what was looked for."""
    line = " ".join(value.split())
    at = max(line.casefold().find(word) - 20, 0)
    return ("…" if at else "") + line[at : at + 60] + ("…" if len(line) > at + 60 else "")


def _notes(document: Document, words: list[str]) -> Iterator[Match]:
    for part in ("notes", "frames"):
        for id, entry in entries_of(document, "notes" if part == "notes" else "frames").items():
            if not isinstance(entry, dict):
                continue
            shown = text(entry.get("text")) or text(entry.get("title"))
            if _holds(shown, words):
                within = text(entry.get("within"))
                yield Match(within, id, _excerpt(shown, words[0]), "", 5, is_note=True)
