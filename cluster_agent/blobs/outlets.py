"""What a blob server is giving out: downloads, in turn, with the disk read a little ahead."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from cluster_agent.blobs.errors import UnknownBlob
from cluster_agent.blobs.files import BlobReader
from cluster_agent.blobs.frames import FrameRoom
from cluster_agent.blobs.intakes import Caller, Say, refused
from cluster_agent.blobs.lanes import Lane, Lanes
from cluster_agent.blobs.protocol import Blobs
from cluster_agent.blobs.transfer import Outlet, Piece, Violation
from cluster_agent.protocol.messages import GetBlob, Refused
from engine.errors import ReelwrightError

_AHEAD: Final = 4
"""Chunks of one download that are read before they can be sent."""

SendFrame: TypeAlias = Callable[[bytes, memoryview], bool]


@dataclass(slots=True)
class _Download:
    """One blob that is going out over one connection."""

    digest: str
    caller: Caller
    lane: Lane
    heard: float
    asks: list[GetBlob] = field(default_factory=list)
    number: int = 0
    outlet: Outlet | None = None
    reader: BlobReader | None = None
    reading: int = 0
    frames: deque[tuple[FrameRoom, memoryview]] = field(default_factory=deque)
    rooms: list[FrameRoom] = field(default_factory=list)


class Outlets:
    """All downloads of a server.  To be used by one thread; the disk's work is done in lanes."""

    def __init__(self, blobs: Blobs, lanes: Lanes, say: Say, send: SendFrame) -> None:
        self._blobs = blobs
        self._lanes = lanes
        self._say = say
        self._send = send
        self._downloads: dict[tuple[bytes, str], _Download] = {}  # by connection and digest

    def __len__(self) -> int:
        return len(self._downloads)

    def of(self, user: str) -> int:
        """How many downloads a user has under way."""
        return sum(download.caller.user == user for download in self._downloads.values())

    def knows(self, caller: Caller, digest: str) -> bool:
        """Whether this connection is getting this blob already."""
        return (caller.route, digest) in self._downloads

    def get(self, caller: Caller, ask: GetBlob, now: float) -> None:
        """Somebody wants a blob, or more of it."""
        key = caller.route, ask.digest
        download = self._downloads.get(key)
        if download is None:
            download = _Download(ask.digest, caller, self._lanes.lane(), now)
            self._downloads[key] = download
            self._open(download)
        download.heard = now
        download.number = ask.re
        if download.outlet is None:
            download.asks = [ask]
        else:
            self._ask(download, download.outlet, ask)

    def pump(self) -> bool:
        """Read ahead, and send a chunk of each download; whether any of them could go on."""
        moved = False
        for download in list(self._downloads.values()):
            self._read_ahead(download)
            if download.frames and self._send(download.caller.route, download.frames[0][1]):
                download.rooms.append(download.frames.popleft()[0])
                moved = True
                self._read_ahead(download)
            if self._is_over(download):
                self._forget(download)
        return moved

    @property
    def waiting(self) -> bool:
        """Whether a chunk lies ready that could not be sent."""
        return any(download.frames for download in self._downloads.values())

    def leave_idle(self, before: float) -> None:
        """Give up downloads whose peers were not heard of since."""
        for download in list(self._downloads.values()):
            if download.heard < before and not download.lane.busy:
                self._forget(download)

    def leave_all(self) -> None:
        """Give up all downloads."""
        for download in list(self._downloads.values()):
            self._forget(download)

    def _open(self, download: _Download) -> None:
        def opened(reader: BlobReader) -> None:
            download.reader = reader
            download.outlet = Outlet(download.digest, reader.size)
            for ask in download.asks:
                self._ask(download, download.outlet, ask)

        download.lane.run(
            lambda: self._blobs.open(download.digest),
            opened,
            lambda error: self._failed(download, error),
        )

    def _ask(self, download: _Download, outlet: Outlet, ask: GetBlob) -> None:
        try:
            outlet.ask(ask)
        except Violation as error:
            self._failed(download, error)

    def _read_ahead(self, download: _Download) -> None:
        while (
            download.outlet
            and download.reading + len(download.frames) < _AHEAD
            and (piece := download.outlet.next()) is not None
        ):
            download.outlet.sent(piece)
            self._read(download, download.reader, piece)

    def _read(self, download: _Download, reader: BlobReader | None, piece: Piece) -> None:
        assert reader is not None
        download.reading += 1
        room = download.rooms.pop() if download.rooms else FrameRoom()
        number, (offset, length) = download.number, piece

        def read() -> memoryview:
            reader.read_into(offset, room.room(length))
            return room.frame(number, download.digest, offset, reader.size, length)

        def ready(frame: memoryview) -> None:
            download.reading -= 1
            download.frames.append((room, frame))

        download.lane.run(read, ready, lambda error: self._failed(download, error))

    def _is_over(self, download: _Download) -> bool:
        return (
            download.outlet is not None
            and download.outlet.over
            and not download.frames
            and not download.reading
        )

    def _failed(self, download: _Download, error: ReelwrightError) -> None:
        answer = refused(download.number, error)
        if isinstance(error, UnknownBlob):
            answer = Refused(re=download.number, reason=str(error), code="unknown")
        self._say(download.caller.route, answer)
        self._forget(download)

    def _forget(self, download: _Download) -> None:
        """Let it go, once its lane has done with the file."""
        reader, download.reader, download.outlet = download.reader, None, None
        download.frames.clear()
        self._downloads.pop((download.caller.route, download.digest), None)

        def close() -> None:
            if reader is not None:
                reader.close()

        download.lane.run(close, lambda _: None, lambda _: None)
