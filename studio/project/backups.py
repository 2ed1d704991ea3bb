"""Safety copies on disk: a document and its header in the folder of the studio that edits it.

    <state>/studio/autosave/<session>/lock        held for as long as that studio lives
    <state>/studio/autosave/<session>/<id>.reel   the document
    <state>/studio/autosave/<session>/<id>.json   its header

The lock ends with its process, however that ends, so whether a studio is dead is no guess.  The
header is written first and names the digests of the copy to come and of the one before: wherever
a crash falls between the two files, the copy that is there is known to be whole.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cluster_agent.folder_lock import locked
from engine.atomic import replacing
from engine.errors import InvalidInput, ReelwrightError
from engine.graph.document import MAX_DOCUMENT_BYTES, Document, dump_document
from studio.project.kept import studio_state

WHO: Final = "studio"
HEADER: Final = ".json"
COPY: Final = ".reel"
MAX_HEADER_BYTES: Final = 64 * 1024


class Header(BaseModel):
    """What a safety copy is of."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    path: Annotated[str, Field(max_length=4096)] = ""
    """The file that was being edited; '' if it had none yet."""
    name: Annotated[str, Field(max_length=4096)] = ""
    time: float = Field(ge=0)
    """Unix seconds."""
    digests: Annotated[tuple[str, ...], Field(min_length=1, max_length=2)]
    """sha256 of the newest copy, and of the one before."""
    pid: int = Field(ge=0)


@dataclass(frozen=True)
class Snapshot:
    """A document at one moment, as background work takes it."""

    id: str
    document: Document
    path: Path | None
    name: str
    time: float


class Backups:
    """The safety copies of this studio.  Each document's are written by one thread at a time."""

    def __init__(self, folder: Path | None = None) -> None:
        """Choose a folder of this studio's own; it is made with the first copy."""
        self._folder = (folder or autosave_folder()) / uuid.uuid4().hex
        self._life = ExitStack()
        self._has_folder = False
        self._taking = Lock()
        self._digests: dict[str, str] = {}

    def write(self, snapshot: Snapshot) -> None:
        """Write a copy: whole or not at all.  Raises StorageFailed; the copy before stands."""
        self._take_folder()
        content = dump_document(snapshot.document).encode("utf-8", "replace")
        digest = hashlib.sha256(content).hexdigest()
        before = self._digests.get(snapshot.id)
        header = Header(
            path=str(snapshot.path or ""),
            name=snapshot.name,
            time=snapshot.time,
            digests=(digest, before) if before else (digest,),
            pid=os.getpid(),
        )
        _write(self._folder / f"{snapshot.id}{HEADER}", header.model_dump_json().encode())
        _write(self._folder / f"{snapshot.id}{COPY}", content)
        self._digests[snapshot.id] = digest

    def remove(self, id: str) -> None:
        """A document was saved or closed: its copy is of no use any more."""
        self._digests.pop(id, None)
        remove_copy(self._folder, id)

    def close(self) -> None:
        """The studio ends in order: nothing is left to recover."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._life.close()

    def _take_folder(self) -> None:
        # Not at the start: a disk that is full then must not keep the window from opening.
        with self._taking:
            if not self._has_folder:
                self._life.enter_context(locked(self._folder, WHO))
                self._has_folder = True


def autosave_folder() -> Path:
    """Where every studio of this user keeps its safety copies."""
    return studio_state() / "autosave"


def claimed(folder: Path, life: ExitStack) -> bool:
    """Whether a studio is dead; its folder is then ours until `life` ends."""
    try:
        life.enter_context(locked(folder, WHO))
    except (InvalidInput, ReelwrightError):
        return False
    return True


def copies_in(folder: Path) -> tuple[str, ...]:
    """The ids of the documents that a studio kept copies of."""
    try:
        return tuple(sorted(path.stem for path in folder.glob(f"*{HEADER}")))
    except OSError:
        return ()


def read_header(folder: Path, id: str) -> Header | None:
    """What a copy is of; None where that is damaged."""
    try:
        return Header.model_validate_json(_read(folder / f"{id}{HEADER}", MAX_HEADER_BYTES))
    except (OSError, ValidationError, ValueError):
        return None


def read_copy(folder: Path, id: str, header: Header) -> bytes | None:
    """The copy that a header speaks of; None where it is not whole."""
    try:
        content = _read(folder / f"{id}{COPY}", MAX_DOCUMENT_BYTES)
    except (OSError, ValueError):
        return None
    return content if hashlib.sha256(content).hexdigest() in header.digests else None


def remove_copy(folder: Path, id: str) -> None:
    """Remove a copy; nothing if there is none."""
    # The header last: a copy without one would never be found again.
    for ending in (COPY, HEADER):
        with suppress(OSError):
            (folder / f"{id}{ending}").unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    with replacing(path) as partial:
        partial.write_bytes(content)


def _read(path: Path, most: int) -> bytes:
    with open(path, "rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"'{path}' is too large")
    return content
