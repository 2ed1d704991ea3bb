"""Both ends of an upload and of a download, pure: messages and time in, messages out.

    Upload  --- PutBlob ---------------->  Intake       asked on at half the window: `have` came,
            <-- Grant(have, until) ------               bytes up to `until` may be sent
            --- Chunk, Chunk, ... ------>
            <-- Grant(whole) ------------               checked and durable: the end

    Download -- GetBlob(offset, until) ->  Outlet       who receives asks on at half its window
            <-- Chunk, Chunk, ... -------

Chunks come in order on one connection.  What was lost with a connection is found out by asking
again: PutBlob is answered by what is there, GetBlob names the byte to go on at.  A chunk that
comes twice changes nothing; one that leaves a gap is answered by Refused(stale): ask again.
Times are in seconds of a monotonic clock.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from cluster_agent.blobs.errors import named
from cluster_agent.blobs.frames import CHUNK, Part
from cluster_agent.protocol.messages import GetBlob, Grant, PutBlob, Refused
from engine.errors import ReelwrightError

WINDOW: Final = 8 << 20
"""Bytes that may be on their way for one transfer."""

AGAIN: Final = 2.0
"""Seconds without an answer after which it is asked again."""

_TRY_AGAIN: Final = frozenset({"stale", "busy"})


class Violation(ReelwrightError):
    """The other end does what the protocol does not allow."""


class Rejected(ReelwrightError):
    """The other end said no, for good; `code` is why."""

    def __init__(self, refused: Refused) -> None:
        self.code = refused.code
        super().__init__(refused.reason)


class Piece(NamedTuple):
    """Some bytes of a blob."""

    offset: int
    length: int


class _Asking:
    """The question of one end: when it was asked last, and whether it must be asked again."""

    def __init__(self, again: float) -> None:
        self._again = again
        self._heard = 0.0
        self.number = 0

    def ask(self, number: int, now: float) -> None:
        self.number, self._heard = number, now

    def heard(self, now: float) -> None:
        self._heard = now

    def due(self, now: float) -> bool:
        return now - self._heard >= self._again


class Upload:
    """The sending end of an upload.

    Say what `ask` gives; give it what is heard; send the pieces that `next` names.
    """

    def __init__(self, digest: str, size: int, *, chunk: int = CHUNK, again: float = AGAIN) -> None:
        self.digest = digest
        self.size = size
        self.there = 0
        """Bytes that the other end has."""
        self.done = False
        self._chunk = chunk
        self._asking = _Asking(again)
        self._answered = False
        self._sent = 0
        self._until = 0

    def ask(self, number: int, now: float) -> PutBlob:
        """The question to begin with, and to go on with after a connection was lost."""
        self._asking.ask(number, now)
        self._answered = False
        return PutBlob(re=number, digest=self.digest, size=self.size)

    def due(self, now: float) -> bool:
        """Whether nothing was heard for so long that it should be asked again."""
        waiting = not self._answered or self.next() is None
        return not self.done and waiting and self._asking.due(now)

    def grant(self, grant: Grant, now: float) -> None:
        """More may be sent.  Raises Violation."""
        if grant.digest != self.digest:
            return
        if not grant.have <= grant.until <= self.size:
            raise Violation(
                f"The blob service granted {grant.have} to {grant.until} of the {self.size} bytes "
                f"of {named(self.digest)}."
            )
        self._asking.heard(now)
        if grant.re == self._asking.number and not self._answered:
            self._answered = True
            self.there = self._sent = grant.have
            self._until = grant.until
        self.there = max(self.there, grant.have)
        self._sent = max(self._sent, grant.have)
        self._until = max(self._until, grant.until)
        self.done = grant.whole

    def refused(self, refused: Refused, now: float) -> bool:
        """Whether to ask again at once; who is busy is asked when it is due.  Raises Rejected."""
        if refused.re != self._asking.number:
            return False
        if refused.code not in _TRY_AGAIN:
            raise Rejected(refused)
        self._answered = False
        self._asking.heard(now)
        return refused.code != "busy"

    def next(self) -> Piece | None:
        """What may be sent now."""
        length = min(self._chunk, self._until - self._sent)
        if not self._answered or self.done or length <= 0:
            return None
        return Piece(self._sent, length)

    def sent(self, piece: Piece) -> None:
        """The piece was sent."""
        self._sent = piece.offset + piece.length


class Intake:
    """The receiving end of an upload; several peers may send the same blob at once.

    `accepted` bytes came in order, `written` of them lie safe, up to `until` may come.
    """

    def __init__(self, digest: str, size: int, have: int) -> None:
        self.digest = digest
        self.size = size
        self.accepted = self.written = self.until = self._told = have

    @property
    def outstanding(self) -> int:
        """Bytes granted that are not written yet: memory that this may take."""
        return self.until - self.written

    def chunk(self, chunk: Part) -> Literal["next", "known", "gap"]:
        """What a chunk is; 'next' is to be written.  Raises Violation."""
        end = chunk.offset + len(chunk.data)
        if chunk.size != self.size or not chunk.data or len(chunk.data) > CHUNK or end > self.size:
            raise Violation(
                f"A chunk of {len(chunk.data)} bytes at {chunk.offset} of {chunk.size} does not "
                f"fit the blob {named(self.digest)} of {self.size} bytes."
            )
        if chunk.offset < self.accepted:
            return "known"
        if end > self.until:
            raise Violation(
                f"A chunk of {named(self.digest)} ends at {end}, but {self.until} was granted."
            )
        if chunk.offset > self.accepted:
            return "gap"
        self.accepted = end
        return "next"

    def wrote(self, length: int) -> None:
        """So many accepted bytes more lie safe."""
        self.written += length

    def wants(self, window: int) -> int:
        """Bytes to be granted now under a window: none until half of it is used up."""
        most = min(self.size, self.written + window) - self.until
        return most if most > 0 and (most >= window // 2 or self.until + most == self.size) else 0

    def is_news(self, window: int) -> bool:
        """Whether who sends should hear how far it is, though there is nothing more to grant."""
        return self.accepted - self._told >= window // 2

    def grant(self, more: int = 0) -> Grant:
        """Let more come, and tell how far it is."""
        self.until += more
        self._told = self.accepted
        return Grant(digest=self.digest, have=self.accepted, until=self.until)


class Download:
    """The receiving end of a download.

    Say what `ask` and `on` give; give it what is heard; write what `chunk` gives.
    """

    def __init__(
        self, digest: str, offset: int = 0, *, window: int = WINDOW, again: float = AGAIN
    ) -> None:
        self.digest = digest
        self.received = offset
        self.size: int | None = None
        self._window = window
        self._asking = _Asking(again)
        self._until = offset

    @property
    def done(self) -> bool:
        """Whether all bytes came; whether they are right is not known here."""
        return self.received == self.size

    def ask(self, number: int, now: float) -> GetBlob:
        """The question to begin with, and to go on with after a connection was lost."""
        self._asking.ask(number, now)
        self._until = self.received
        return self._more(self._window)

    def due(self, now: float) -> bool:
        """Whether nothing was heard for so long that it should be asked again."""
        return not self.done and self._asking.due(now)

    def chunk(self, chunk: Part, now: float) -> bytes | memoryview:
        """The bytes to be written next; none, if these are not what comes next.

        Raises Violation.
        """
        if chunk.digest != self.digest:
            return b""
        end = chunk.offset + len(chunk.data)
        if end > chunk.size or self.size not in (None, chunk.size):
            raise Violation(
                f"The blob service sent {len(chunk.data)} bytes at {chunk.offset} of {chunk.size} "
                f"as {named(self.digest)}, of {self.size or chunk.size} bytes."
            )
        if chunk.offset != self.received:
            return b""
        self._asking.heard(now)
        self.size, self.received = chunk.size, end
        return chunk.data

    def on(self) -> GetBlob | None:
        """The question for more, once half the window is used up."""
        if self.size is None or self._until >= self.size:
            return None
        left = self._until - self.received
        return self._more(self._window - left) if left <= self._window // 2 else None

    def refused(self, refused: Refused, now: float) -> bool:
        """Whether to ask again at once; who is busy is asked when it is due.  Raises Rejected."""
        if refused.re != self._asking.number:
            return False
        if refused.code not in _TRY_AGAIN:
            raise Rejected(refused)
        self._asking.heard(now)
        return refused.code != "busy"

    def _more(self, length: int) -> GetBlob:
        offset, self._until = self._until, self._until + length
        return GetBlob(re=self._asking.number, digest=self.digest, offset=offset, until=self._until)


class Outlet:
    """The sending end of a download."""

    def __init__(self, digest: str, size: int) -> None:
        self.digest = digest
        self.size = size
        self._next = 0
        self._until = 0
        self._empty = False

    @property
    def over(self) -> bool:
        """Whether the blob's last byte was sent: nothing comes unless it is asked for anew."""
        return self._next == self.size and not self._empty

    def ask(self, ask: GetBlob) -> None:
        """Send more, or from another byte on.  Raises Violation."""
        if not ask.offset <= min(ask.until, self.size):
            raise Violation(
                f"Bytes {ask.offset} to {ask.until} of the blob {named(self.digest)} of "
                f"{self.size} bytes cannot be sent."
            )
        if ask.offset != self._until or self._next > self._until:
            self._next = ask.offset
        self._until = min(ask.until, self.size, self._next + 2 * WINDOW)
        self._empty = ask.offset == self.size

    def next(self) -> Piece | None:
        """What is to be sent next; at the blob's end, one piece of nothing tells its size."""
        length = min(CHUNK, self._until - self._next)
        return Piece(self._next, length) if length or self._empty else None

    def sent(self, piece: Piece) -> None:
        """The piece was sent."""
        self._next = piece.offset + piece.length
        self._empty = False
