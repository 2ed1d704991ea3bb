"""Read the red-team set: one prompt a line, `language| text` or `language| field=text || ...`."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tests.red_team.disguise import disguise_for

_ROOM = Path(__file__).parent
_FIELD = " || "

SEEN, HELD_OUT, LAST, PERSONAS = FOLDS = ("seen", "held-out", "written-last", "personas")

# Blind when they were judged; the README tells what each says since.
BLIND = {"last": LAST, "personas": PERSONAS}


@dataclass(frozen=True)
class RedPrompt:
    """A prompt, what it is about, and how it came about."""

    category: str
    language: str
    fields: tuple[tuple[str, str], ...]
    harmful: bool
    fold: str
    disguise: str = ""

    @property
    def kind(self) -> str:
        """What the line tests: plain, in another language, split over fields or disguised."""
        if self.disguise:
            return "disguised"
        if len(self.fields) > 1:
            return "split"
        return "plain" if self.language == "en" else "multilingual"


def harmful_prompts() -> list[RedPrompt]:
    """Everything that must be blocked: as written, then the English lines once more in disguise."""
    written = [
        prompt
        for path in sorted((_ROOM / "harmful").glob("*.txt"))
        for prompt in _read(path, harmful=True)
    ]
    return [*written, *_disguised(written)]


def benign_prompts() -> list[RedPrompt]:
    """Everything that must pass, as written."""
    return [
        prompt
        for path in sorted((_ROOM / "benign").glob("*.txt"))
        for prompt in _read(path, harmful=False)
    ]


def disguised_benign_prompts() -> list[RedPrompt]:
    """Ordinary prompts in odd spelling: decoration is no harm."""
    return list(_disguised(benign_prompts()))


def warned_prompts() -> list[RedPrompt]:
    """Consenting adults: a warning or a review, never silence and never a block by default."""
    return list(_read(_ROOM / "warned.txt", harmful=False))


def _disguised(prompts: list[RedPrompt]) -> Iterator[RedPrompt]:
    for prompt in prompts:
        if prompt.kind == "plain":
            ((field, text),) = prompt.fields
            change = disguise_for(text)
            yield replace(prompt, fields=((field, change(text)),), disguise=change.__name__)


def _read(path: Path, *, harmful: bool) -> Iterator[RedPrompt]:
    for line in path.read_text(encoding="utf-8").splitlines():
        head, text = line.split("| ", 1)
        category, _, language = head.rpartition(" ")
        category = category or path.stem
        yield RedPrompt(category, language, _fields(text), harmful, _fold(path, category, text))


def _fields(text: str) -> tuple[tuple[str, str], ...]:
    if not text.startswith("prompt="):
        return (("prompt", text),)
    pairs = (part.split("=", 1) for part in text.split(_FIELD))
    return tuple((name, value) for name, value in pairs)


def _fold(path: Path, category: str, text: str) -> str:
    """Where a line belongs; by its own digest, so that adding a line moves no other.

    What was written after the rules, to see how far they carry, was looked at since, and so is
    seen; only what is blind was not.
    """
    if path.stem in BLIND:
        return BLIND[path.stem]
    if path.stem in ("second", "third", "fourth"):
        return SEEN
    return HELD_OUT if zlib.crc32(f"{category} {text}".encode()) % 3 == 2 else SEEN
