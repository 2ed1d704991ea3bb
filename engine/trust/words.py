"""Words as a lexicon looks them up, in any script: Chinese and Japanese count by the character."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

# Ideographs and kana stand alone; Devanagari keeps its signs; a star may stand for a letter.
_CHARACTER = r"[\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]"
_FIRST_CHARACTER = "\u3005"
_LETTER = (
    r"(?:(?![\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff])[\w\u0900-\u0903\u093a-\u094f])"
)
_WORD = re.compile(rf"{_CHARACTER}|{_LETTER}+(?:\*{{1,2}}{_LETTER}+)*")
_RUN = re.compile(r"([^\W\d_])\1{2,}")
_MOST_RUNS = 5
_ARABIC_PREFIXES = ("وال", "بال", "لل", "ال", "ل", "ب", "و")


@dataclass(frozen=True, slots=True)
class Word:
    """A word, where it stands, and the ways it may be meant."""

    start: int
    end: int
    spellings: tuple[str, ...]


def written_words(text: str) -> list[str]:
    """The words of a normalised text as they are written, in order."""
    return _WORD.findall(text)


def is_one_word(text: str) -> bool:
    """Whether a normalised text is plainly one word; false also where only `_WORD` could tell."""
    return text.isalnum() and (text.isascii() or max(text) < _FIRST_CHARACTER)


def words_of(text: str) -> list[Word]:
    """The words of a normalised text, in order."""
    return [Word(*match.span(), _spellings(match[0])) for match in _WORD.finditer(text)]


@lru_cache(maxsize=4096)
def _spellings(word: str) -> tuple[str, ...]:
    """The word itself, and what it would be without stretched letters or an Arabic prefix."""
    found = [word, *_unstretched(word)]
    for prefix in _ARABIC_PREFIXES:
        if word.startswith(prefix) and len(word) > len(prefix) + 2:
            found.append(word.removeprefix(prefix))
    return tuple(dict.fromkeys(found))


def _unstretched(word: str) -> list[str]:
    """Letters written three times or more, once or twice: nuuude, blooood."""
    parts, at = list[tuple[str, ...]](), 0
    for run in _RUN.finditer(word):
        parts += [(word[at : run.start()],), (run[1], run[1] * 2)]
        at = run.end()
    if not parts or len(parts) > 2 * _MOST_RUNS:
        return [_RUN.sub(r"\1", word)] if parts else []
    return ["".join(choice) for choice in product(*parts, (word[at:],))]
