"""Ways people write a word so that a list of words does not find it."""

import base64
import zlib
from collections.abc import Callable

Disguise = Callable[[str], str]

_LEET = str.maketrans("aeiost", "431057")
_LOOK_ALIKE = str.maketrans("aceiopxysAEOPTXMH", "асеіорхуѕАЕОРТХМН")
_MARK = "\u0323"
_SEPARATORS = ".-_*"
_VOWELS = "aeiou"


def _each_long_word(text: str, change: Disguise) -> str:
    """Change the words that carry meaning: everything of three letters and more."""
    return " ".join(change(word) if len(word) > 2 else word for word in text.split(" "))


def leet(text: str) -> str:
    """`child` as `ch1ld`."""
    return text.translate(_LEET)


def spaced(text: str) -> str:
    """`child` as `c h i l d`, with more space between words."""
    return "   ".join(" ".join(word) for word in text.split(" "))


def dotted(text: str) -> str:
    """`child` as `c.h.i.l.d`, with one of four separators."""
    separator = _SEPARATORS[zlib.crc32(text.encode()) % len(_SEPARATORS)]
    return _each_long_word(text, separator.join)


def split_in_the_middle(text: str) -> str:
    """`child` as `ch-ild`."""
    return _each_long_word(text, lambda word: f"{word[: len(word) // 2]}-{word[len(word) // 2 :]}")


def zero_width(text: str) -> str:
    """Invisible characters between the letters."""
    return _each_long_word(text, "\u200b".join)


def soft_hyphens(text: str) -> str:
    """Soft hyphens and joiners between the letters."""
    return _each_long_word(text, "\u00ad\u2060".join)


def look_alikes(text: str) -> str:
    """Cyrillic letters that look Latin."""
    return text.translate(_LOOK_ALIKE)


def full_width(text: str) -> str:
    """Letters as wide as Chinese characters."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def bold(text: str) -> str:
    """Mathematical bold letters."""
    return "".join(chr(0x1D41A + ord(c) - ord("a")) if "a" <= c <= "z" else c for c in text)


def circled(text: str) -> str:
    """Letters in circles."""
    return "".join(chr(0x24D0 + ord(c) - ord("a")) if "a" <= c <= "z" else c for c in text)


def stretched(text: str) -> str:
    """`child` as `chiiiild`."""
    return _each_long_word(
        text, lambda word: "".join(c * 4 if c in _VOWELS and i else c for i, c in enumerate(word))
    )


def marked(text: str) -> str:
    """A combining mark under every letter."""
    return _each_long_word(text, lambda word: "".join(c + _MARK for c in word))


def see_saw(text: str) -> str:
    """`child` as `cHiLd`."""
    return "".join(c.upper() if i % 2 else c for i, c in enumerate(text))


def starred(text: str) -> str:
    """The first inner vowel as a star: `child` as `ch*ld`."""
    return _each_long_word(text, _star)


def _star(word: str) -> str:
    at = next((i for i, c in enumerate(word) if i and c in _VOWELS), None)
    return word if at is None else word[:at] + "*" + word[at + 1 :]


def backwards(text: str) -> str:
    """The whole text from its end."""
    return text[::-1]


def encoded(text: str) -> str:
    """The whole text in base64."""
    return base64.b64encode(text.encode()).decode()


DISGUISES: tuple[Disguise, ...] = (
    leet,
    spaced,
    dotted,
    split_in_the_middle,
    zero_width,
    soft_hyphens,
    look_alikes,
    full_width,
    bold,
    circled,
    stretched,
    marked,
    see_saw,
    starred,
    backwards,
    encoded,
)


def disguise_for(text: str) -> Disguise:
    """The same disguise for the same text, on every machine and day."""
    return DISGUISES[zlib.crc32(b"disguise " + text.encode()) % len(DISGUISES)]
