"""What an agent and its worker processes say to each other, and how it goes through a socket pair.

A frame is four bytes of length, little endian, and a msgpack map of `kind` and fields.  Both sides
are strict: a worker may have gone mad, and what it says is believed only as far as it was declared.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from threading import Lock
from typing import ClassVar, Final, TypeAlias, get_args

import msgpack
from pydantic import Field, ValidationError

from cluster_agent.protocol.messages import Fault, Frozen, Lease, Phase
from engine.errors import ReelwrightError

LARGEST: Final = 4 << 20
_LENGTH: Final = struct.Struct("<I")


class Broken(ReelwrightError):
    """The other side is gone, does not listen, or said what nobody understands."""


class Frame(Frozen):
    """What all frames have."""

    kind: ClassVar[str]


# To a worker


class RunJob(Frame):
    """Run the graph that lies in the room; `resumed` if checkpoints were laid there for it.

    `rank` of `size` workers that do it together meet at the file `meeting`.
    """

    kind = "run"
    lease: Lease
    outputs: tuple[str, ...] | None
    previews: bool
    fresh: bool
    resumed: bool = False
    rank: int = 0
    size: int = 1
    meeting: str = ""


class CancelJob(Frame):
    """Stop at the next step."""

    kind = "cancel"
    lease: Lease


class Warm(Frame):
    """Bring the weights of a model from the disk into the system's cache, beside the work."""

    kind = "warm"
    model: str


# From a worker


class Up(Frame):
    """I wait for work; these packs and models are here, and this could not be loaded."""

    kind = "up"
    packs: dict[str, str]
    models: tuple[str, ...]
    problems: tuple[str, ...]


class JobBegan(Frame):
    """I have begun."""

    kind = "began"
    lease: Lease


class JobTold(Frame):
    """See `news.Told`."""

    kind = "told"
    lease: Lease
    event: str
    topic: str = ""
    node: str | None = None
    phase: Phase | None = None
    step: int | None = Field(default=None, ge=0)
    steps: int | None = Field(default=None, ge=0)


class JobKept(Frame):
    """A checkpoint lies in the room's outbox under this name."""

    kind = "kept"
    lease: Lease
    fingerprint: str = Field(pattern=r"^[0-9a-f]{16,128}$")
    step: int = Field(ge=0)
    name: str = Field(pattern=r"^[0-9a-f]+-[0-9]+$")


class JobEnded(Frame):
    """See `news.Ended`."""

    kind = "ended"
    lease: Lease
    cancelled: bool = False
    fault: Fault | None = None
    error: str = ""
    peak: int = Field(default=0, ge=0)
    warm: str = ""


ToWorker: TypeAlias = RunJob | CancelJob | Warm
FromWorker: TypeAlias = Up | JobBegan | JobTold | JobKept | JobEnded

_KINDS: Final[dict[str, type[ToWorker | FromWorker]]] = {
    frame.kind: frame for frame in (*get_args(ToWorker), *get_args(FromWorker))
}


class Pipe:
    """One end of the socket pair.  Any thread may send; one receives."""

    def __init__(self, end: socket.socket, *, patience: float | None = None) -> None:
        """With `patience`, a send that takes longer (in seconds) raises Broken."""
        self._end = end
        self._lock = Lock()
        if patience is not None:
            seconds = struct.pack("@ll", int(patience), int(patience % 1 * 1e6))
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, seconds)

    def send(self, frame: ToWorker | FromWorker) -> None:
        """Raises Broken."""
        packed = msgpack.packb({"kind": frame.kind, **frame.model_dump()})
        if len(packed) > LARGEST:
            raise Broken(f"A frame of {len(packed)} bytes is too large for a pipe.")
        try:
            with self._lock:
                self._end.sendall(_LENGTH.pack(len(packed)) + packed)
        except OSError as error:
            raise Broken(f"The other side of the pipe does not listen: {error}.") from error

    def frames(self) -> Iterator[ToWorker | FromWorker]:
        """What comes, until the other side closes.  Raises Broken."""
        while (head := self._exactly(_LENGTH.size)) is not None:
            (length,) = _LENGTH.unpack(head)
            if length > LARGEST:
                raise Broken(f"A frame of {length} bytes came through a pipe.")
            body = self._exactly(length)
            if body is None:
                return
            yield _decoded(body)

    def close(self) -> None:
        """Hang up: both sides' `frames` end."""
        with suppress(OSError):
            self._end.shutdown(socket.SHUT_RDWR)
        self._end.close()

    def _exactly(self, count: int) -> bytes | None:
        """So many bytes, or None at the end."""
        parts = bytearray()
        while len(parts) < count:
            try:
                part = self._end.recv(count - len(parts))
            except OSError:
                return None
            if not part:
                return None
            parts += part
        return bytes(parts)


def _decoded(body: bytes) -> ToWorker | FromWorker:
    try:
        fields = msgpack.unpackb(body, use_list=False)
        return _KINDS[fields.pop("kind")].model_validate(fields)
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError) as error:
        raise Broken(f"What came through a pipe is not understood: {error}.") from error
