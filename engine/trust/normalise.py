"""Prompts as their reader would read them, with the way back to what was typed.

Somebody who wants past a word list writes n4ked, n.a.k.e.d, ｎａｋｅｄ or nаked with a Cyrillic
letter, backwards or in base64.  A view undoes such writing and remembers for every character where
it came from, so that a match can be shown in the user's own words.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

# Letters of other alphabets that look Latin; mixed into Latin words they hide them.
_LOOKALIKES = str.maketrans("аеорсухіјѕӏԁһνοαρτκιłøđıɑɡɩ", "aeopcyxijsldhvoaptkilodiagi")
# Those that look Latin only beside Latin letters: a Russian word keeps them.
_MIXED = str.maketrans(
    "вкмнтгзбяипщАВЕКМНОРСТУХІЅЈΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "bkmhtrebrunwABEKMHOPCTYXISJABEZHIKMNOPTYX"
)
_MIXED_WORD = re.compile(r"[^\W\d_]+")
_HAS_LATIN = re.compile(r"[A-Za-z]")
_HAS_ALIKE = re.compile(r"[\u0370-\u03ff\u0400-\u04ff]")
_LEET = str.maketrans("0134578@$!|€", "oieastbasiie")
# Numbers with a unit are no disguise: 14yo, 24fps, 4k.
_UNIT = r"(?!\d+(?:yo|yrs?|years?|y|st|nd|rd|th|k|p|fps|[cm]?m|s|d)\b|(?:\d|\d+0|16|32|64)x\b)"
_LEET_WORD = re.compile(rf"(?<!\w){_UNIT}[\w@$!|€]*[^\W\d_][\w@$!|€]*(?<![!|])")
_SPELT_OUT = re.compile(r"(?<!\w)\w([\s.\-*,/]{1,2})\w(?!\w)(?:\1\w(?!\w))+")
_SPELT_SHORT = re.compile(
    r"(?<!\w)\w([\s.\-*,/]{1,2})\w(?!\w)(?:(?:\1\w(?!\w))+|(?![\s.\-*,/]{1,2}\w(?!\w)))"
)
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
# Digits that are words of their own, where others in the prompt stand for letters.
_LEET_WORDS = {"4": "a", "70": "to"}
_LEET_LONE = re.compile(r"(?<!\w)(?:4|70)(?!\w)")
_HYPHENS = re.compile(r"(?<=[^\W\d])(?:[\-.*'’/+~^·•|]+|\n)(?=[^\W\d])")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{12,4096}={0,2}(?![A-Za-z0-9+/=])")

# English words that hold sentences together, of which none is another one backwards.
_JOINING = re.compile(r"\b(?:the|of|and|with|to|is|are|in|as|from|for|his|her|their|into|by|at)\b")
_JOINED = 2
# "nus" and "esir" mean something in other languages; "sun" and "rise" do not mean that.
_SHORT_WORD = re.compile(r"\b\w{1,4}\b")

# Marks that belong to a letter in the Devanagari and Japanese scripts; elsewhere they are accents.
_KEPT_MARKS = frozenset(map(chr, (*range(0x0900, 0x0904), *range(0x093A, 0x0950))))
_KEPT = (_KEPT_MARKS | {"\u3099", "\u309a"}) - {"\u093c"}


@dataclass(frozen=True)
class View:
    """A way to read a prompt: character `i` of `text` was character `places[i]` of the prompt."""

    text: str
    places: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where `text[start:end]` (not empty) lies in the prompt, whichever way it is read."""
        first, last = self.places[start], self.places[end - 1]
        return min(first, last), max(first, last) + 1


def views(prompt: str) -> list[View]:
    """The prompt plainly written, and with disguises undone where that reads differently."""
    straight = plain(prompt)
    readings = [straight, *_undisguised(straight), _unstretched(straight)]
    readings += [_backwards(straight), *_decoded(prompt)]
    found = dict[str, View]()
    for view in readings:
        found.setdefault(view.text, view)
    return list(found.values())


def plain(prompt: str) -> View:
    """Case, width, accents, invisible characters and look-alike letters evened out."""
    if prompt.isascii():
        return View(prompt.lower().replace("_", "-"), tuple(range(len(prompt))))
    read = [_evened(character) for character in _unmixed(prompt)]
    places = (place for place, each in enumerate(read) for _ in each)
    return View("".join(read), tuple(places))


def plain_text(words: str) -> str:
    """The text of `plain`, where nobody asks for the way back."""
    if words.isascii():
        return words.lower().replace("_", "-")
    return "".join(map(_evened, _unmixed(words)))


@lru_cache(maxsize=4096)
def _evened(character: str) -> str:
    """How a character is read: as none, one or several."""
    # Cf: zero-width joiners and direction marks; Mn: accents.
    kept = (
        each
        for each in unicodedata.normalize("NFKD", character).casefold()
        if each in _KEPT or unicodedata.category(each) not in ("Cf", "Mn")
    )
    return "".join(kept).translate(_LOOKALIKES).replace("_", "-")


def _unmixed(prompt: str) -> str:
    """Words of two alphabets written in one."""
    return _MIXED_WORD.sub(_in_latin, prompt) if _HAS_ALIKE.search(prompt) else prompt


def _in_latin(word: re.Match[str]) -> str:
    text = word[0]
    mixed = _HAS_LATIN.search(text) and _HAS_ALIKE.search(text)
    return text.translate(_MIXED) if mixed else text


def _undisguised(view: View) -> Iterator[View]:
    """Words spelt out, hyphenated within or written with digits, put together."""
    # In "a n a k e d man" the first letter may be a word of its own, or begin one.
    joined = _joined(view)
    yield from _unbroken(joined)
    after = _joined(view, after_article=True)
    if after.text != joined.text:
        yield from _unbroken(after)


def _unbroken(view: View) -> Iterator[View]:
    """Words read as they stand, and those with signs within put together."""
    yield from _unleeted(view)
    whole = _unhyphenated(view)
    if whole is not view:
        yield from _unleeted(whole)


def _unleeted(view: View) -> Iterator[View]:
    """Digits and signs in words that hold a letter, read as the letters they look like."""
    text = _LEET_WORD.sub(lambda word: word[0].translate(_LEET), view.text)
    yield View(text, view.places)
    if text != view.text:
        as_l = _LEET_WORD.sub(lambda word: word[0].replace("1", "l").translate(_LEET), view.text)
        if as_l != text:
            yield View(as_l, view.places)
        yield from _with_lone_digits(View(text, view.places))


def _with_lone_digits(view: View) -> Iterator[View]:
    """h0w 70 m4k3 4: of as many letters as digits, so that every place stays its own."""
    text = list(view.text)
    for lone in _LEET_LONE.finditer(view.text):
        text[slice(*lone.span())] = _LEET_WORDS[lone[0]]
    if "".join(text) != view.text:
        yield View("".join(text), view.places)


def _joined(view: View, *, after_article: bool = False) -> View:
    """Words spelt out letter by letter, together: n a k e d."""
    drop = set[int]()
    # Where some words are spelt out, words of two letters may be as well.
    spelling = _SPELT_SHORT if _SPELT_OUT.search(view.text) else _SPELT_OUT
    for run in spelling.finditer(view.text):
        article = after_article and view.text[run.start()] in "ai"
        start = run.end(1) if article else run.start()
        drop |= {at for at in range(start, run.end()) if not view.text[at].isalnum()}
    return _without(view, drop)


def _unhyphenated(view: View) -> View:
    """Words with signs within, together: na-ked."""
    drop = {at for run in _HYPHENS.finditer(view.text) for at in range(run.start(), run.end())}
    return _without(view, drop)


def _unstretched(view: View) -> View:
    """Letters written three times or more, once: nuuude."""
    runs = _STRETCHED.finditer(view.text)
    return _without(view, {at for run in runs for at in range(run.start() + 1, run.end())})


def _backwards(view: View) -> View:
    """The prompt from its end; where it reads forwards, only its long words may be meant so."""
    back = view.text[::-1]
    if len(_JOINING.findall(view.text)) >= _JOINED and not _JOINING.search(back):
        back = _SHORT_WORD.sub(lambda word: " " * len(word[0]), back)
    return View(back, view.places[::-1])


def _decoded(prompt: str) -> Iterator[View]:
    """What is written in base64, where it says something; all of it comes from the whole run."""
    for run in _BASE64.finditer(prompt):
        text = _text_in(run[0])
        if text is not None:
            inner = plain(text)
            places = [run.start(), *[run.end() - 1] * max(0, len(inner.text) - 1)]
            yield View(inner.text, tuple(places[: len(inner.text)]))


def _text_in(encoded: str) -> str | None:
    try:
        padded = encoded.rstrip("=") + "=" * (-len(encoded.rstrip("=")) % 4)
        text = base64.b64decode(padded, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    letters = sum(character.isalpha() or character.isspace() for character in text)
    return text if text and letters >= 0.7 * len(text) else None


def _without(view: View, drop: set[int]) -> View:
    if not drop:
        return view
    keep = [at for at in range(len(view.text)) if at not in drop]
    return View("".join(view.text[at] for at in keep), tuple(view.places[at] for at in keep))
