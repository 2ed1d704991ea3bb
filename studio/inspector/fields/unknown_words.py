"""The words that a model does not know, read off what a run noted; knows no Qt.

Models say it in a sentence that quotes the words: "The starter model does not know the words
'waltzing', 'zebra', and leaves them out."
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

_ABOUT_WORDS: Final = re.compile(r"\bdoes not know the words? (?P<words>.+)")
_QUOTED: Final = re.compile(r"'([^']+)'")
_WORD: Final = re.compile(r"[^\W_]+")


def unknown_words(notes: Iterable[str]) -> tuple[str, ...]:
    """The words that the notes name, each once, in order."""
    found: dict[str, None] = {}
    for note in notes:
        about = _ABOUT_WORDS.search(note)
        if about is not None:
            found |= dict.fromkeys(word.casefold() for word in _QUOTED.findall(about["words"]))
    return tuple(found)


def places_of(words: Iterable[str], text: str) -> Iterator[tuple[int, int]]:
    """Where these words stand in a text: start and length."""
    wanted = frozenset(words)
    if not wanted:
        return
    for match in _WORD.finditer(text):
        if match[0].casefold() in wanted:
            yield match.start(), len(match[0])
