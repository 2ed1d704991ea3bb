"""Sends blobs to a blob service and gets them from there; goes on after whatever interrupts it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Final, Self, TypeAlias

from cluster_agent.blobs.calling import Call, Calls
from cluster_agent.blobs.errors import NoRoom, UnknownBlob, WrongContent, named
from cluster_agent.blobs.files import Partial, storage_errors
from cluster_agent.blobs.frames import FrameRoom, Part, keep_memory
from cluster_agent.blobs.protocol import checked, digest_of
from cluster_agent.blobs.transfer import AGAIN, Download, Piece, Rejected, Upload
from cluster_agent.keys import KeyPair
from cluster_agent.protocol.messages import Blob, CheckBlob, Grant, Refused, StatBlob
from engine.errors import InvalidInput

Progress: TypeAlias = Callable[[int, int], None]
"""Gets the bytes that are there, and those of the whole."""

_GIVE_UP: Final = 60.0


def never() -> bool:
    """Nobody cancels."""
    return False


class BlobClient:
    """One blob service.  Does one thing at a time; several threads may use it, in turn.

    `server` is the service's public key.  Who hears nothing for `give_up` seconds raises
    StorageFailed; what has come so far is kept, and the next try goes on there.
    """

    def __init__(
        self,
        address: str,
        own: KeyPair,
        server: str,
        *,
        give_up: float = _GIVE_UP,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        keep_memory()
        self._calls = Calls(address, own, server, give_up=give_up, clock=clock)
        self._lock = Lock()
        self._room = FrameRoom()

    def upload(
        self,
        source: Path | bytes,
        *,
        digest: str | None = None,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] = never,
    ) -> str:
        """Make a file or bytes known to the service; the digest.  `digest` saves reading twice.

        Raises StorageFailed (NoRoom where a quota is used up), InvalidInput where the service says
        no or the file changed meanwhile, or Cancelled.
        """
        digest = checked(digest or digest_of(source))
        with self._lock, _opened(source) as content, _named_errors(digest):
            transfer = Upload(digest, content.size)
            self._calls.begin(cancelled)
            self._send(transfer, content, progress)
        return digest

    def download(
        self,
        digest: str,
        path: Path,
        *,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] = never,
    ) -> None:
        """Put a blob into a file, which appears once it is whole and right.

        Raises UnknownBlob, DamagedBlob, StorageFailed, InvalidInput or Cancelled.
        """
        with self._lock, _named_errors(checked(digest)):
            self._calls.begin(cancelled)
            try:
                self._fetch(digest, path, progress)
            except WrongContent:
                # Either what lay here of an earlier try was wrong, or theirs is damaged: then they
                # find out now, and say that there is none.
                self._ask(lambda number: CheckBlob(re=number, digest=digest))
                self._fetch(digest, path, progress)

    def size(self, digest: str) -> int | None:
        """Bytes of a blob; None if the service does not have it.  Raises StorageFailed."""
        with self._lock, _named_errors(checked(digest)):
            self._calls.begin(never)
            return self._size(digest)

    def close(self) -> None:
        """Hang up."""
        self._calls.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, transfer: Upload, content: _Content, progress: Progress | None) -> None:
        call = self._calls.call(transfer)
        told = 0
        while not transfer.done:
            for message in call.listen(busy=transfer.next() is not None):
                if isinstance(message, Grant):
                    transfer.grant(message, self._calls.now())
            while call.stands and (piece := transfer.next()) is not None:
                if not self._calls.send_frame(self._chunk(call, transfer, content, piece)):
                    break
                transfer.sent(piece)
            if progress is not None and transfer.there > told:
                told = transfer.there
                progress(told, transfer.size)

    def _chunk(self, call: Call, transfer: Upload, content: _Content, piece: Piece) -> memoryview:
        offset, length = piece
        content.read_into(offset, self._room.room(length))
        return self._room.frame(call.number, transfer.digest, offset, transfer.size, length)

    def _fetch(self, digest: str, path: Path, progress: Progress | None) -> None:
        size = self._size(digest)
        if size is None:
            raise UnknownBlob(
                f"The blob service has no blob {named(digest)}.", remedy="It may have been removed."
            )
        beside = path.with_name(f".{path.name[:100]}.{digest[:16]}.part")
        with Partial(beside, digest, size) as partial:
            try:
                self._receive(Download(digest, partial.have), partial, progress)
                partial.move(path)
            except NoRoom:
                partial.discard()
                raise

    def _receive(self, transfer: Download, partial: Partial, progress: Progress | None) -> None:
        call = self._calls.call(transfer)
        while not transfer.done:
            for message in call.listen():
                if isinstance(message, Part) and (
                    data := transfer.chunk(message, self._calls.now())
                ):
                    if (on := transfer.on()) is not None:
                        self._calls.send(on)
                    partial.append(data)
                    if progress is not None:
                        progress(partial.have, partial.size)

    def _size(self, digest: str) -> int | None:
        return self._ask(lambda number: StatBlob(re=number, digest=digest)).size

    def _ask(self, question: Callable[[int], StatBlob | CheckBlob]) -> Blob:
        """Ask until there is an answer."""
        call = self._calls.call(_Question(question))
        while True:
            for message in call.listen():
                if isinstance(message, Blob) and message.re == call.number:
                    return message


class _Question:
    """A question with one answer, to be asked again when nothing is heard."""

    def __init__(self, question: Callable[[int], StatBlob | CheckBlob]) -> None:
        self._question = question
        self._asked = 0.0
        self._number = 0

    def ask(self, number: int, now: float) -> StatBlob | CheckBlob:
        self._number, self._asked = number, now
        return self._question(number)

    def due(self, now: float) -> bool:
        return now - self._asked >= AGAIN

    def refused(self, refused: Refused, now: float) -> bool:
        if refused.re != self._number:
            return False
        if refused.code not in ("stale", "busy"):
            raise Rejected(refused)
        self._asked = now
        return refused.code == "stale"


class _Content:
    """What is sent: bytes, or an open file."""

    def __init__(self, source: Path | bytes) -> None:
        self._bytes = source if isinstance(source, bytes) else b""
        self._path = None if isinstance(source, bytes) else source
        self._handle = -1
        self.size = len(self._bytes)
        if self._path is not None:
            with storage_errors("read", self._path):
                self._handle = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
                self.size = os.fstat(self._handle).st_size

    def read_into(self, offset: int, into: memoryview) -> None:
        if self._path is None:
            into[:] = self._bytes[offset : offset + len(into)]
            return
        while into:
            with storage_errors("read", self._path):
                count = os.preadv(self._handle, [into], offset)
            if count == 0:
                raise InvalidInput(f"'{self._path}' became shorter while it was sent.")
            offset, into = offset + count, into[count:]

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)


@contextmanager
def _opened(source: Path | bytes) -> Iterator[_Content]:
    content = _Content(source)
    try:
        yield content
    finally:
        content.close()


@contextmanager
def _named_errors(digest: str) -> Iterator[None]:
    """What the service refuses, as the error that it is here."""
    try:
        yield
    except Rejected as error:
        kinds = {"quota": NoRoom, "unknown": UnknownBlob}
        kind = kinds.get(error.code, InvalidInput)
        raise kind(f"The blob {named(digest)}: {error.what}") from error
