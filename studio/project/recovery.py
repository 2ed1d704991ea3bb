"""What a studio that died left behind, and which of it is worth offering.

A copy is offered only if its studio is dead and the copy is newer than, and different from, the
file it is of.  While offers stand, no other studio makes them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.errors import ReelwrightError
from engine.graph.document import Document, load_document, parse_document
from engine.graph.registry import Registry
from studio.document import OpenDocument
from studio.project.backups import (
    COPY,
    HEADER,
    Header,
    autosave_folder,
    claimed,
    copies_in,
    read_copy,
    read_header,
    remove_copy,
)

DAMAGED: Final = "damaged"
"""The folder beside the studios' own in which damaged copies are kept."""


@dataclass(frozen=True)
class Offer:
    """A document that can be had back; `saved` is what its file holds now, if it can be read."""

    folder: Path
    id: str
    name: str
    path: Path | None
    time: float
    document: Document
    saved: Document | None

    @property
    def difference(self) -> str:
        """What the copy has over the file, in a few words."""
        if self.saved is None:
            count = len(self.document.nodes)
            return f"{count} node{'s' if count != 1 else ''}, never saved"
        return difference(self.saved, self.document)

    def discard(self) -> None:
        """Remove the copy: it was recovered and kept elsewhere, or is not wanted."""
        remove_copy(self.folder, self.id)


class Recovery:
    """The offers, newest first, and one sentence for each copy that cannot be used."""

    def __init__(self, folder: Path | None = None) -> None:
        """Look for what dead studios left.  Reads files: work for a background thread."""
        self._life = ExitStack()
        self._root = folder or autosave_folder()
        self._folders = [each for each in _folders(self._root) if claimed(each, self._life)]
        problems: list[str] = []
        found = [offer for each in self._folders for offer in _offers(each, problems)]
        self.offers = tuple(sorted(found, key=lambda offer: -offer.time))
        self.problems = tuple(problems)

    def close(self) -> None:
        """Let go: what was not discarded is offered again another time."""
        for folder in self._folders:
            if not copies_in(folder):
                shutil.rmtree(folder, ignore_errors=True)
        self._life.close()


@dataclass(frozen=True)
class _Become:
    """The edit that turns a document into another: recovering can be undone like anything."""

    document: Document
    label: str = "Recover"

    def apply(self, document: Document) -> tuple[Document, _Become]:
        return self.document, _Become(document)


def recovered(offer: Offer, registry: Registry) -> OpenDocument:
    """The document of an offer, open and unsaved; undoing leads to what its file holds."""
    opened = OpenDocument(offer.saved or Document(), registry, offer.path, offer.id)
    opened.do(_Become(offer.document))
    return opened


def difference(before: Document, after: Document) -> str:
    """How many nodes are new, gone and changed, in a few words."""
    new = len(after.nodes.keys() - before.nodes.keys())
    gone = len(before.nodes.keys() - after.nodes.keys())
    both = before.nodes.keys() & after.nodes.keys()
    changed = sum(before.nodes[id] != after.nodes[id] for id in both)
    counts = (("new", new), ("gone", gone), ("changed", changed))
    said = ", ".join(f"{count} {word}" for word, count in counts if count)
    if said:
        return f"Nodes: {said}"
    return "Links or texts differ" if _computes_otherwise(before, after) else "Only looks differ"


def _computes_otherwise(before: Document, after: Document) -> bool:
    return before.model_copy(update={"view": {}}) != after.model_copy(update={"view": {}})


def _folders(root: Path) -> list[Path]:
    try:
        return sorted(path for path in root.iterdir() if path.is_dir() and path.name != DAMAGED)
    except OSError:
        return []


def _offers(folder: Path, problems: list[str]) -> Iterator[Offer]:
    for id in copies_in(folder):
        if not (folder / f"{id}{COPY}").exists():
            remove_copy(folder, id)  # the crash came before the first copy was there
            continue
        header = read_header(folder, id)
        offer = _offer(folder, id, header) if header is not None else None
        if offer is None:
            problems.append(_put_aside(folder, id, header))
        elif _is_worth_it(offer):
            yield offer
        else:
            offer.discard()


def _offer(folder: Path, id: str, header: Header) -> Offer | None:
    """None for a copy that is not whole, or holds no document."""
    content = read_copy(folder, id, header)
    if content is None:
        return None
    try:
        document = parse_document(content)
    except ReelwrightError:
        return None
    path = Path(header.path) if header.path else None
    return Offer(folder, id, header.name, path, header.time, document, _saved(path))


def _saved(path: Path | None) -> Document | None:
    """What the file holds; None if it is not there or cannot be read: then the copy is all."""
    if path is None:
        return None
    try:
        return load_document(path)
    except (ReelwrightError, OSError, ValueError):
        return None


def _is_worth_it(offer: Offer) -> bool:
    if offer.path is None or offer.saved is None:
        return True
    try:
        is_newer = offer.time > offer.path.stat().st_mtime
    except OSError:
        return True
    return is_newer and offer.saved != offer.document


def _put_aside(folder: Path, id: str, header: Header | None) -> str:
    """Keep a damaged copy where it is not read again; answers with one sentence."""
    called = f"'{header.name}'" if header and header.name else "a document"
    aside = folder.parent / DAMAGED
    with suppress(OSError):
        aside.mkdir(exist_ok=True)
        for ending in (COPY, HEADER):
            if (folder / f"{id}{ending}").exists():
                os.replace(folder / f"{id}{ending}", aside / f"{id}{ending}")
    return f"The safety copy of {called} is damaged and was passed over; it is kept in '{aside}'."
