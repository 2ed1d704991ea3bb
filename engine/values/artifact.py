"""Files that a graph wrote, and what was found out about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Report:
    """Findings in words and figures: `assessed` false means no figure was or could be made."""

    title: str
    assessed: bool
    findings: dict[str, str | float | bool] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        return 1024


@dataclass(frozen=True)
class Artifact:
    """A finished file: where it is, what it is, and whether it carries a signature.

    `kind` is 'video', 'image', 'audio', 'frames' or 'stream'; of these two `path` is a folder.
    `digest` is the sha256 of the file, or of the folder's files in name order, in hex.
    """

    path: Path
    kind: str
    digest: str
    signed: bool = False
    thumbnail: Path | None = None
    reports: tuple[Report, ...] = ()

    @property
    def nbytes(self) -> int:
        return 1024
