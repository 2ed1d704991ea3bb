"""Prompts as their reader would read them, with the way back to what was typed.

Somebody who wants past a word list writes n4ked, n.a.k.e.d, ｎａｋｅｄ or nаked with a Cyrillic
letter.  A view undoes such writing and remembers for every character where it came from, so that
a match can be shown in the user's own words.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# Letters of other alphabets that look Latin; mixed into Latin words they hide them.
_LOOKALIKES = str.maketrans("аеорсухіјѕӏԁһνοαρτκι", "aeopcyxijsldhvoaptki")
_LEET = str.maketrans("013457@$!|", "oieastasil")
# Numbers with a unit are no disguise: 14yo, 24fps, 4k.
_UNIT = r"(?!\d+(?:yo|yrs?|years?|y|st|nd|rd|th|k|p|fps|[cm]?m|s|d|x)\b)"
_LEET_WORD = re.compile(rf"(?<!\w){_UNIT}[\w@$!|]*[^\W\d_][\w@$!|]*(?<![!|])")
_SPELT_OUT = re.compile(r"(?<!\w)\w([\s.\-*,/]{1,2})\w(?!\w)(?:\1\w(?!\w))+")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")


@dataclass(frozen=True)
class View:
    """A way to read a prompt: character `i` of `text` was character `places[i]` of the prompt."""

    text: str
    places: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where `text[start:end]` (not empty) lies in the prompt."""
        return self.places[start], self.places[end - 1] + 1


def views(prompt: str) -> list[View]:
    """The prompt plainly written, and with disguises undone where that reads differently."""
    plain = _plain(prompt)
    # In "a n a k e d man" the first letter may be a word of its own, or begin one.
    joined = (_joined(plain), _joined(plain, after_article=True))
    readings = [plain, *(_unstretched(_unleeted(each)) for each in joined)]
    return list({view.text: view for view in readings}.values())


def _plain(prompt: str) -> View:
    """Case, width, accents, invisible characters and look-alike letters evened out."""
    if prompt.isascii():
        return View(prompt.lower().replace("_", " "), tuple(range(len(prompt))))
    text, places = list[str](), list[int]()
    for place, character in enumerate(prompt):
        for each in unicodedata.normalize("NFKD", character).casefold():
            # Cf: zero-width joiners and direction marks; Mn: accents.
            if unicodedata.category(each) not in ("Cf", "Mn"):
                text.append(" " if each == "_" else each.translate(_LOOKALIKES))
                places.append(place)
    return View("".join(text), tuple(places))


def _unleeted(view: View) -> View:
    """Digits and signs in words that hold a letter, read as the letters they look like."""
    text = _LEET_WORD.sub(lambda word: word[0].translate(_LEET), view.text)
    return View(text, view.places)


def _unstretched(view: View) -> View:
    """Letters written three times or more, once: nuuude."""
    drop = {
        at for run in _STRETCHED.finditer(view.text) for at in range(run.start() + 1, run.end())
    }
    return _without(view, drop)


def _joined(view: View, *, after_article: bool = False) -> View:
    """Words spelt out letter by letter, together: n a k e d."""
    drop = set[int]()
    for run in _SPELT_OUT.finditer(view.text):
        article = after_article and view.text[run.start()] in "ai"
        start = run.end(1) if article else run.start()
        drop |= {at for at in range(start, run.end()) if not view.text[at].isalnum()}
    return _without(view, drop)


def _without(view: View, drop: set[int]) -> View:
    if not drop:
        return view
    keep = [at for at in range(len(view.text)) if at not in drop]
    return View("".join(view.text[at] for at in keep), tuple(view.places[at] for at in keep))
