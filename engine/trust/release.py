"""What was done to a file before it was signed: which checks, which marks, and what was not done.

It stands in the manifest as an assertion of our own.  Its form is text and lists of objects
alone, for those survive the JSON views that readers of manifests give.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.errors import InvalidInput
from engine.trust.audit.entry import Assessment
from engine.trust.verification import printable
from engine.trust.watermark.message import ID_BITS

NAMESPACE: Final = "org.reelwright"
"""What begins the names of everything that the specification leaves to the signer."""

RELEASE: Final = f"{NAMESPACE}.release"
"""The label of the assertion."""

VIDEO_WATERMARK: Final = f"{NAMESPACE}.watermark.video.1"
AUDIO_WATERMARK: Final = f"{NAMESPACE}.watermark.audio.1"
NEURAL_WATERMARK: Final = f"{NAMESPACE}.watermark.neural.1"
"""Algorithms of invisible marks, with the version of their signal; the network's name follows."""

_MOST: Final = 50


class MarkKind(StrEnum):
    """What a mark is, in the words of the report."""

    VIDEO = "watermark in the picture"
    NEURAL = "neural watermark in the picture"
    AUDIO = "watermark in the sound"
    LABEL = "visible label"


@dataclass(frozen=True)
class Mark:
    """A mark that was put into the media, or, with `fault`, why it was not.

    `id` is the number that an invisible mark carries; `algorithm` names how it is read.
    """

    kind: MarkKind
    algorithm: str = ""
    id: int | None = None
    fault: str = ""

    def __post_init__(self) -> None:
        if self.id is not None and not 0 <= self.id < 1 << ID_BITS:
            raise InvalidInput(
                f"A watermark cannot carry the number {self.id}.",
                remedy=f"It has {ID_BITS} bits; let one be drawn.",
            )

    @property
    def bound(self) -> bool:
        """Whether the mark is there and leads back to the manifest by its number."""
        return not self.fault and self.id is not None and bool(self.algorithm)

    @property
    def value(self) -> str:
        """The number as the soft binding and the ledger write it; '' without one."""
        return "" if self.id is None else id_text(self.id)

    def __str__(self) -> str:
        if self.fault:
            return f"no {self.kind.value}: {self.fault}"
        return f"{self.kind.value} {self.value}".rstrip()


def id_text(number: int) -> str:
    """A watermark's number as text: 12 hexadecimal digits."""
    return f"{number:0{ID_BITS // 4}x}"


@dataclass(frozen=True)
class Release:
    """Checks and marks of one file; both empty for one that its owner made without."""

    checks: tuple[Assessment, ...] = ()
    marks: tuple[Mark, ...] = ()

    @property
    def checked(self) -> str:
        """What was checked, in one line."""
        told = (f"{each.what}: {each.outcome or 'done'} ({_judge(each)})" for each in self.checks)
        return "; ".join(told) or "made without checks"

    @property
    def marked(self) -> str:
        """What was marked, in one line."""
        return "; ".join(map(str, self.marks)) or "not marked"


def _judge(check: Assessment) -> str:
    return f"{check.by} {check.version}".rstrip()


def release_data(release: Release) -> dict[str, object]:
    """A release as the data of the assertion."""
    return {
        "checked": "yes" if release.checks else "no",
        "checks": [
            {"what": each.what, "by": each.by, "version": each.version, "outcome": each.outcome}
            for each in release.checks
        ],
        "marked": "yes" if any(not mark.fault for mark in release.marks) else "no",
        "marks": [_mark_data(mark) for mark in release.marks],
    }


def _mark_data(mark: Mark) -> dict[str, str]:
    data = {
        "kind": mark.kind.name.lower(),
        "algorithm": mark.algorithm,
        "id": mark.value,
        "fault": mark.fault,
    }
    return {name: text for name, text in data.items() if text}


class _Lenient(BaseModel):
    """What a stranger may have written: strings or nothing, of which little is shown."""

    model_config = ConfigDict(extra="ignore")


class _Check(_Lenient):
    what: str = ""
    by: str = ""
    version: str = ""
    outcome: str = ""


class _Mark(_Lenient):
    kind: str = ""
    algorithm: str = ""
    id: str = ""
    fault: str = ""


class _Data(_Lenient):
    checks: list[_Check] = []
    marks: list[_Mark] = []


def read_release(data: object) -> Release | None:
    """The release that an assertion's data tell of; None where they have another form."""
    try:
        read = _Data.model_validate(data)
        marks = tuple(_mark(each) for each in read.marks[:_MOST])
    except (ValidationError, ValueError, KeyError, InvalidInput):
        return None
    checks = tuple(_check(each) for each in read.checks[:_MOST])
    return Release(checks, marks)


def _check(read: _Check) -> Assessment:
    texts = (printable(text) for text in (read.what, read.by, read.version, read.outcome))
    what, by, version, outcome = texts
    return Assessment(what=what, by=by, version=version, outcome=outcome)


def _mark(read: _Mark) -> Mark:
    number = int(read.id, 16) if read.id else None
    kind = MarkKind[read.kind.upper()]
    return Mark(kind, printable(read.algorithm), number, printable(read.fault))
