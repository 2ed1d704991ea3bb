"""The open documents: new, open, save, close, reopen.  Qt-free: what is asked, `Asks` asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal, Protocol

from psygnal import Signal

from engine.errors import ReelwrightError
from engine.graph.document import Document, load_document
from engine.graph.registry import Registry
from studio.app.writing import Writing
from studio.document import OpenDocument

SUFFIX: Final = ".reel"
MOST_REMEMBERED: Final = 20

Unsaved = Literal["save", "discard", "cancel"]


class Asks(Protocol):
    """Questions that only a person can answer."""

    def path_to_save(self, document: OpenDocument) -> Path | None:
        """Where a document shall go; None: nowhere."""

    def paths_to_open(self) -> Sequence[Path]:
        """Which files to open; none: nothing."""

    def about_unsaved(self, documents: Sequence[OpenDocument]) -> Unsaved:
        """What becomes of documents that are closed with changes that no file has."""


class Closed:
    """A tab that was closed: what is needed to open it again."""

    def __init__(self, document: OpenDocument) -> None:
        self.document = document.document
        self.path = document.path
        self.was_dirty = document.dirty
        self.id = document.id


class Documents:
    """The open documents in the order of their tabs, and which one is in front."""

    opened = Signal(object)
    """An OpenDocument that is there now."""
    closed = Signal(object)
    current_changed = Signal(object)
    """The OpenDocument in front, or None."""
    saved = Signal(object)

    def __init__(self, registry: Registry, asks: Asks) -> None:
        self.registry = registry
        self.items: list[OpenDocument] = []
        self.current: OpenDocument | None = None
        self._asks = asks
        self._closed: list[Closed] = []
        self.writing = Writing(self.saved.emit)
        self.id_of: Callable[[Path], str] = lambda _: ""
        """What runs called the document of a file in earlier sessions, or ''."""

    def new(self, document: Document | None = None) -> OpenDocument:
        """Begin an empty document, or one made from a template, with no file yet."""
        return self.add(OpenDocument(document or Document(), self.registry))

    def open(self, path: Path) -> OpenDocument:
        """Open a graph file, or come back to its tab.  Raises InvalidDocument, StorageFailed."""
        known = self.at(path)
        if known is not None:
            self.show(known)
            return known
        return self.opened_from(load_document(path), path)

    def opened_from(self, document: Document, path: Path | None, id: str = "") -> OpenDocument:
        """Take in a document that was read elsewhere: on another thread, or from a video.

        It finds the runs that were made of it before, by its `id` or its file.
        """
        known = self.at(path) if path is not None else None
        if known is not None:
            self.show(known)
            return known
        known_as = id or (self.id_of(path) if path is not None else "")
        if any(item.id == known_as for item in self.items):  # it was saved under another name
            known_as = ""
        there = path.absolute() if path is not None else None
        return self.add(OpenDocument(document, self.registry, there, known_as))

    def add(self, document: OpenDocument) -> OpenDocument:
        """Show a document in a tab of its own; an untouched empty one gives its place."""
        untouched = self.current
        self.items.append(document)
        self.opened.emit(document)
        self.show(document)
        if untouched is not None and is_untouched(untouched):
            self._remove(untouched)
        return document

    def at(self, path: Path) -> OpenDocument | None:
        """The open document of a file."""
        wanted = path.absolute()
        return next((item for item in self.items if item.path == wanted), None)

    def show(self, document: OpenDocument) -> None:
        """Bring a document to the front."""
        if document is not self.current:
            self.current = document
            self.current_changed.emit(document)

    def step(self, by: int) -> None:
        """Bring the tab to the front that is so many places to the right, round and round."""
        if self.current is not None:
            self.show(self.items[(self.items.index(self.current) + by) % len(self.items)])

    def move(self, old: int, new: int) -> None:
        """A tab was dragged to another place."""
        self.items.insert(new, self.items.pop(old))

    def save(self, document: OpenDocument | None = None) -> bool:
        """Write a document to its file; asks for one where there is none.  True: it is written.

        Raises StorageFailed, and then the document is as before.
        """
        document = document or self.current
        if document is None:
            return False
        return self._write(document, document.path) if document.path else self.save_as(document)

    def save_as(self, document: OpenDocument | None = None) -> bool:
        """Write a document to a file that is asked for.  Raises StorageFailed."""
        document = document or self.current
        path = self._asked_path(document)
        return document is not None and path is not None and self._write(document, path)

    def save_soon(self) -> None:
        """Write the document in front in the background; asks for a file where there is none."""
        document = self.current
        path = document.path if document is not None else None
        if document is not None and path is not None:
            self.writing.begin(document, path)
        else:
            self.save_as_soon()

    def save_as_soon(self) -> None:
        """Write the document in front in the background, to a file that is asked for."""
        document, path = self.current, self._asked_path(self.current)
        if document is not None and path is not None:
            self.writing.begin(document, path)

    def close(self, document: OpenDocument | None = None) -> bool:
        """Close a document; asks where something is unsaved.  False: it stays."""
        document = document or self.current
        if document is None or not self.may_close([document]):
            return False
        self._remember(document)
        self._remove(document)
        return True

    def close_others(self) -> bool:
        """Close every document but the one in front; asks once for all."""
        others = [item for item in self.items if item is not self.current]
        if not self.may_close(others):
            return False
        for item in others:
            self._remember(item)
            self._remove(item)
        return True

    def may_close(self, documents: Sequence[OpenDocument]) -> bool:
        """Ask about all that is unsaved, and save what shall be.  False: nothing is closed.

        Raises StorageFailed.
        """
        for item in documents:
            self.writing.finish(item)
        unsaved = [item for item in documents if item.dirty]
        answer = self._asks.about_unsaved(unsaved) if unsaved else "discard"
        if answer == "save":
            return all(self.save(item) for item in unsaved)
        return answer == "discard"

    @property
    def can_reopen(self) -> bool:
        """Whether a tab was closed that can come back."""
        return bool(self._closed)

    def reopen(self) -> OpenDocument | None:
        """Open the tab again that was closed last, with what was unsaved in it."""
        if not self._closed:
            return None
        last = self._closed.pop()
        if last.path is not None and not last.was_dirty:
            return self.open(last.path)
        return self.opened_from(last.document, None if last.was_dirty else last.path, last.id)

    def _remember(self, document: OpenDocument) -> None:
        if not is_untouched(document):
            self._closed.append(Closed(document))
            del self._closed[:-MOST_REMEMBERED]

    def _write(self, document: OpenDocument, path: Path) -> bool:
        self.writing.now(document, path)
        return True

    def _asked_path(self, document: OpenDocument | None) -> Path | None:
        path = self._asks.path_to_save(document) if document is not None else None
        return path if path is None or path.suffix else path.with_suffix(SUFFIX)

    def _remove(self, document: OpenDocument) -> None:
        place = self.items.index(document)
        self.items.remove(document)
        if document is self.current:
            after = self.items[min(place, len(self.items) - 1)] if self.items else None
            self.current = after
            self.current_changed.emit(after)
        self.closed.emit(document)


def is_untouched(document: OpenDocument) -> bool:
    """Whether it is an empty document in which nobody did anything."""
    return document.path is None and not document.history and not document.document.nodes


def open_all(documents: Documents, paths: Sequence[Path]) -> list[ReelwrightError]:
    """Open files one after the other; answers what went wrong, so that one bad hides no good."""
    errors: list[ReelwrightError] = []
    for path in paths:
        try:
            documents.open(path)
        except ReelwrightError as error:
            errors.append(error)
    return errors
