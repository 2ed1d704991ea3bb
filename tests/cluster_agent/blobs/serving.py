"""A blob service for tests, in this process or in one that can be killed; peers of any kind."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self, TypeVar

from cluster_agent.blobs.client import BlobClient
from cluster_agent.blobs.server import BlobServer, Limits
from cluster_agent.blobs.store import BlobStore
from cluster_agent.keys import Grant, KeyPair
from cluster_agent.protocol.messages import Hello, Message
from cluster_agent.protocol.wire import FROM_BLOBS, decode, encode
from cluster_agent.transport import Connection

DEADLINE = 60.0
DATA = bytes(range(256)) * 20_000  # 5 MB: five chunks
DIGEST = hashlib.sha256(DATA).hexdigest()
SERVER, ADA, BOB, EVE = (KeyPair.new() for _ in range(4))
PEOPLE = {
    ADA.public: Grant("ada", frozenset({"submit"})),
    BOB.public: Grant("bob", frozenset({"agent"})),
    EVE.public: Grant("eve", frozenset({"observe"})),
}
Said = TypeVar("Said", bound=Message)

_SCRIPT = """
import sys
from pathlib import Path
from cluster_agent.blobs.server import BlobServer
from cluster_agent.blobs.store import BlobStore
from cluster_agent.keys import Grant, KeyPair
address, root, public, secret, trusted = sys.argv[1:]
grant = Grant("ada", frozenset({"submit"}))
with BlobServer(
    address, KeyPair(public=public, secret=secret),
    lambda key: grant if key == trusted else None, BlobStore(Path(root)),
) as server:
    print(server.address, flush=True)
    sys.stdin.read()
"""


@contextmanager
def serving(root: Path, limits: Limits | None = None, quota: int | None = None) -> Iterator[str]:
    """A service on a store, in this process; its address."""
    store = BlobStore(root, quota)
    with BlobServer("tcp://127.0.0.1:0", SERVER, PEOPLE.get, store, limits=limits) as server:
        yield server.address


def calling(address: str, own: KeyPair = ADA) -> BlobClient:
    return BlobClient(address, own, SERVER.public, give_up=DEADLINE)


class Killable:
    """A service in a process of its own, always at the same address."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.address = "tcp://127.0.0.1:0"
        self._child: subprocess.Popen[str] | None = None

    def start(self) -> str:
        """Start it; its address."""
        self._child = subprocess.Popen(
            [sys.executable, "-c", _SCRIPT, self.address, str(self._root),
             SERVER.public, SERVER.secret, ADA.public],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd=Path(__file__).parents[3],
        )  # fmt: skip
        assert self._child.stdout is not None
        self.address = self._child.stdout.readline().strip()
        assert self.address
        return self.address

    def kill(self) -> None:
        """End it by SIGKILL, and wait until it is gone."""
        if self._child is not None:
            self._child.kill()
            self._child.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


class Stranger:
    """A peer that says what it likes."""

    def __init__(self, address: str, own: KeyPair = ADA, *, greet: bool = True) -> None:
        self.line = Connection(address, own, SERVER.public)
        self.heard: list[Message] = []
        assert self.line.ready(DEADLINE)
        if greet:
            self.say(Hello(versions=(1,), software="test"))

    def say(self, message: Message) -> None:
        self.say_bytes(encode(message))

    def say_bytes(self, frame: bytes) -> None:
        assert self.line.ready(DEADLINE)
        assert self.line.send(frame)

    def hear(self, kind: type[Said], re: int | None = None) -> Said:
        """The next message of a kind, whatever else is said before."""
        until = time.monotonic() + DEADLINE
        while time.monotonic() < until:
            for number, message in enumerate(self.heard):
                if isinstance(message, kind) and re in (None, message.re):
                    del self.heard[: number + 1]
                    return message
            self.line.poll(0.5)
            self.heard += [decode(frame, FROM_BLOBS) for frame in self.line.receive(100)]
        raise AssertionError(f"no {kind.__name__} came: {self.heard}")

    def hear_next(self, *kinds: type[Message]) -> Message:
        """The next message of any of these kinds."""
        until = time.monotonic() + DEADLINE
        while time.monotonic() < until:
            while self.heard:
                if isinstance(message := self.heard.pop(0), kinds):
                    return message
            self.line.poll(0.5)
            self.heard += [decode(frame, FROM_BLOBS) for frame in self.line.receive(100)]
        raise AssertionError(f"none of {kinds} came")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.line.close()
