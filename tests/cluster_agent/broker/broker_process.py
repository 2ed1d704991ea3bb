"""A real broker in a process of its own, which can be killed and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from cluster_agent.keys import KeyPair, Trust, TrustedPeer
from cluster_agent.protocol.message import Message
from cluster_agent.protocol.messages import Hello, Welcome
from cluster_agent.protocol.wire import TO_AGENT, TO_CLIENT, Direction, decode, encode
from cluster_agent.transport import Connection
from tests.cluster_agent.waiting import PATIENCE, wait_for

Said = TypeVar("Said", bound=Message)
EVERYTHING = ("submit", "observe", "agent", "admin")
TO_PEER: Direction[Message] = Direction(
    "to a peer", (*TO_CLIENT.kinds.values(), *TO_AGENT.kinds.values()), 1 << 16
)


class BrokerProcess:
    """`python -m cluster_agent.broker` in a folder; always ended with the `with`."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.keys = folder / "keys"
        self.address = "tcp://127.0.0.1:*"
        self.public = ""
        self._options = options
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> BrokerProcess:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, at the address it had before, and wait until it can be reached."""
        self.launch()
        self.wait_until_ready()

    def launch(self) -> None:
        """Start it without waiting."""
        self._process = subprocess.Popen(
            [
                sys.executable, "-m", "cluster_agent.broker",
                "--listen", self.address,
                "--folder", str(self.folder / "queue"),
                "--keys", str(self.keys),
                *self._options,
            ],
            stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip

    def wait_until_ready(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        said = self._process.stdout.readline().split()
        assert said[:1] == ["ready"], f"the broker said {said} and ended"
        _, self.address, self.public = said

    def kill(self) -> None:
        """SIGKILL, whatever it does at the moment."""
        self._end(signal.SIGKILL)

    def terminate(self) -> int:
        """SIGTERM; its exit code."""
        return self._end(signal.SIGTERM)

    def new_peer(self, user: str, roles: Sequence[str] = EVERYTHING) -> KeyPair:
        """A key that it trusts."""
        pair = KeyPair.new()
        trust = Trust(self.keys / "trust.toml")
        trust.add(TrustedPeer.model_validate({"key": pair.public, "user": user, "roles": roles}))
        return pair

    @contextmanager
    def call(self, pair: KeyPair) -> Iterator[Peer]:
        """A connection that was greeted."""
        with Connection(self.address, pair, self.public) as line:
            yield Peer(line)

    def _end(self, number: int) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        with process:
            process.send_signal(number)
            return process.wait(PATIENCE)


class Peer:
    """Somebody at the other end of a connection, with messages instead of frames."""

    def __init__(self, line: Connection) -> None:
        self.line = line
        self.heard: list[Message] = []
        wait_for(lambda: line.ready(1.0), "the broker cannot be reached")
        self.say(Hello(versions=(1,), software="test"))
        self.hear(Welcome)

    def say(self, *messages: Message) -> None:
        for message in messages:
            assert self.line.send(encode(message))

    def hear(self, kind: type[Said]) -> Said:
        """The next message of a kind; others are kept in `heard`."""
        found: list[Said] = []

        def listen() -> bool:
            self.listen()
            for at, message in enumerate(self.heard):
                if isinstance(message, kind):
                    found.append(message)
                    del self.heard[at]
                    break
            return bool(found)

        wait_for(listen, lambda: f"no {kind.kind} came; heard {self.heard}")
        return found[0]

    def listen(self, timeout: float = 0.05) -> None:
        """Take in what has come."""
        if self.line.poll(timeout):
            self.heard += [decode(frame, TO_PEER) for frame in self.line.receive(1000)]


def resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def processor_seconds(pid: int) -> float:
    """Seconds of processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
