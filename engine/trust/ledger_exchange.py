"""Ledgers of several computers: what one signed, as a file that another takes over.

The file is text, a JSON line a release: when it was signed, the digest of the file, and its
manifest.  Nothing of it is believed because it came so: which watermarks lead to a manifest is
read from the manifest, whose own signature must hold, and a digest leads to one only if the file
in question fits it byte for byte.  Where files lay stays at home.

Who reads a watermark needs the key that it was made with (`watermark.key` in the configuration
folder): without it only files that lost a sidecar are found.
"""

from __future__ import annotations

import base64
import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.errors import InvalidInput, StorageFailed
from engine.trust.ledger import Entry, Ledger
from engine.trust.library import context
from engine.trust.manifest_report import ManifestReport, bindings_of, manifest_holds, signer_of
from engine.trust.self_issued import known_roots
from engine.trust.trust_lists import Kind, roots_of
from engine.trust.verification import Signer, printable

if TYPE_CHECKING:
    import c2pa

HEADER: Final = {"reelwright": "ledger", "format": 1}
_LONGEST_LINE: Final = 48 << 20
"""A manifest of 32 MiB in base64, and some."""
_AT_ONCE: Final = 100


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    time: datetime
    digest: str = Field(pattern="^[0-9a-f]{64}$")
    manifest: str


@dataclass
class TakenOver:
    """What became of a file's entries.

    `added` is how many were new, by who signed them; `known` were here already; `refused` says
    of others why they were left out.
    """

    added: Counter[Signer] = field(default_factory=Counter)
    known: int = 0
    refused: list[str] = field(default_factory=list)


def lines(ledger: Ledger) -> Iterator[str]:
    """What was signed, as lines without their ends, oldest first; released unsigned is left out.

    Raises StorageFailed for a damaged ledger.
    """
    yield json.dumps(HEADER)
    for entry in ledger.entries():
        if entry.manifest:
            manifest = base64.b64encode(entry.manifest).decode("ascii")
            kept = {"time": entry.time, "digest": entry.digest, "manifest": manifest}
            yield json.dumps(kept)


def take_over(path: Path, ledger: Ledger, own_roots: str | None = None) -> TakenOver:
    """Write into `ledger` what a file of `lines` holds and is not there yet.

    Raises InvalidInput for a file that is none of these, StorageFailed for one that cannot be
    read and for a damaged ledger.
    """
    roots = known_roots() if own_roots is None else own_roots
    settings = context(roots, roots_of(Kind.SIGNERS), roots_of(Kind.STAMPS))
    taken = TakenOver()
    waiting = list[tuple[Entry, frozenset[tuple[str, str]]]]()
    signers = list[Signer]()

    def write() -> None:
        new = ledger.add_all(waiting)
        taken.added.update(signer for signer, is_new in zip(signers, new, strict=True) if is_new)
        taken.known += new.count(False)
        waiting.clear()
        signers.clear()

    for number, line in _numbered(path):
        try:
            entry, report = _read(line, path, settings)
        except ValueError as error:
            taken.refused.append(f"Line {number}: {error}")
            continue
        waiting.append((entry, bindings_of(report.active)))
        signers.append(signer_of(report))
        if len(waiting) == _AT_ONCE:
            write()
    write()
    return taken


def _numbered(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines after the first, which says what the file is."""
    try:
        with path.open("rb") as file:
            if not _is_header(file.readline(1 << 10)):
                raise InvalidInput(
                    f"'{path}' is no ledger.", remedy="Give what 'reelwright ledger export' wrote."
                )
            number = 1
            while line := file.readline(_LONGEST_LINE):
                number += 1
                yield number, line
                if len(line) == _LONGEST_LINE:
                    return  # what follows is its rest
    except OSError as error:
        raise StorageFailed(
            f"'{path}' cannot be read: {error.strerror or error}.", remedy="Check the path."
        ) from error


def _is_header(line: bytes) -> bool:
    try:
        return bool(json.loads(line) == HEADER)
    except (ValueError, RecursionError):
        return False


def _read(line: bytes, path: Path, settings: c2pa.Context) -> tuple[Entry, ManifestReport]:
    """An entry with what its manifest says.  Raises ValueError saying why it cannot be taken."""
    import c2pa

    try:
        read = _Line.model_validate_json(line)
        manifest = base64.b64decode(read.manifest, validate=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(f"{where + ': ' if where else ''}{first['msg']}.") from None
    except ValueError:
        raise ValueError("manifest: it is not base64.") from None
    try:
        stream = io.BytesIO(manifest)
        with c2pa.Reader("application/c2pa", stream, context=settings) as reader:
            report = ManifestReport.model_validate_json(reader.json())
    except (c2pa.C2paError, ValidationError):
        raise ValueError("its manifest cannot be read.") from None
    if not manifest_holds(report.results.active):
        raise ValueError("its manifest is not as it was signed.")
    title, time = printable(report.active.title), read.time.isoformat(timespec="seconds")
    return Entry(title, printable(path.name), read.digest, manifest, "", time), report
