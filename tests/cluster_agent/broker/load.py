"""People who submit and agents that work, as fast as they can, over real sockets.

Both live through a broker that is killed: they greet it anew, and say again what it has not
acknowledged.  `python -m tests.cluster_agent.broker.load ...` runs one in a process of its own.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from cluster_agent.keys import KeyPair
from cluster_agent.protocol.job_spec import JobSpec, ResultFile
from cluster_agent.protocol.message import Message
from cluster_agent.protocol.messages import (
    AgentInfo,
    Assign,
    Beat,
    Done,
    Finished,
    Gpu,
    Hello,
    Lease,
    Ping,
    Ready,
    Refused,
    Register,
    Registered,
    Submit,
    Submitted,
    Welcome,
)
from cluster_agent.protocol.wire import decode, encode
from cluster_agent.transport import Connection
from tests.cluster_agent.broker.broker_process import TO_PEER

GRAPH = b"x" * 1000
LIVELY = 0.25
"""Seconds between pings: how a broker that was replaced is noticed."""


class Party:
    """One at the end of a connection, driven by `step`."""

    def __init__(self, line: Connection) -> None:
        self.line = line
        self.greeted = False
        self._greet_at = 0.0
        self._ping_at = 0.0

    def step(self, timeout: float = 0.0) -> None:
        """Take in what has come, and go on; waits for something to come."""
        now = time.monotonic()
        if self.line.broken:
            self.line.reconnect()
            self.greeted = False
        if not self.greeted and now >= self._greet_at:
            self._greet_at = now + LIVELY
            self.say(Hello(versions=(1,), software="load"))
        elif self.greeted and now >= self._ping_at:
            self._ping_at = now + LIVELY
            self.keep_alive()
        if self.line.poll(timeout):
            for frame in self.line.receive(1000):
                self._hear(decode(frame, TO_PEER))
        if self.greeted:
            self.go_on()

    def say(self, message: Message) -> bool:
        return self.line.send(encode(message))

    def keep_alive(self) -> None:
        self.say(Ping())

    def begin(self) -> None:
        """The broker has greeted; it may be another one than before."""

    def hear(self, message: Message) -> None:
        """Something was said."""

    def go_on(self) -> None:
        """Say what there is to say."""

    def _hear(self, message: Message) -> None:
        if isinstance(message, Welcome):
            self.greeted = True
            self.begin()
        elif isinstance(message, Refused) and message.code == "version":
            self.greeted, self._greet_at = False, 0.0
        else:
            self.hear(message)


class Submitter(Party):
    """Submits `count` jobs of 1 KB, each in a message, `window` of them at a time."""

    def __init__(self, line: Connection, name: str, count: int, window: int) -> None:
        super().__init__(line)
        self._name, self._count, self._window = name, count, window
        self._next = 0
        self.may_begin = True
        self._asked: dict[int, bytes] = {}
        self._unsaid: list[bytes] = []
        self.acknowledged: dict[int, str] = {}

    @property
    def over(self) -> bool:
        return len(self.acknowledged) == self._count

    def begin(self) -> None:
        self._unsaid = list(self._asked.values())

    def hear(self, message: Message) -> None:
        if isinstance(message, Submitted) and self._asked.pop(message.re, None) is not None:
            (self.acknowledged[message.re],) = message.jobs
        elif isinstance(message, Refused):
            raise AssertionError(message)

    def go_on(self) -> None:
        while self.may_begin and self._more():
            if not self._unsaid:
                self._next += 1
                spec = JobSpec(key=f"{self._name} {self._next}", graph=GRAPH, seconds=0.01)
                frame = encode(Submit(re=self._next, jobs=(spec,)))
                self._asked[self._next] = frame
                self._unsaid.append(frame)
            if not self.line.send(self._unsaid[-1]):
                return
            self._unsaid.pop()

    def _more(self) -> bool:
        return bool(self._unsaid) or (len(self._asked) < self._window and self._next < self._count)


class Worker(Party):
    """An agent of `slots` GPUs whose work is done at once."""

    def __init__(self, line: Connection, name: str, slots: int) -> None:
        super().__init__(line)
        gpu = Gpu(name="cpu", memory=2**34)
        self._info = AgentInfo(
            name=name, host=name, software="load", gpus=(gpu,) * slots, cpus=1, memory=2**34,
            packs={},
        )  # fmt: skip
        self._slots = slots
        self._numbers = 0
        self.registered = False
        self._ending: dict[Lease, Finished] = {}
        self._offered = 0
        self.took: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.stale: Counter[str] = Counter()

    def keep_alive(self) -> None:
        self._numbers += 1
        self.say(Beat(number=self._numbers, holding=tuple(self._ending)))

    def begin(self) -> None:
        self.registered = False
        self.say(Register(info=self._info, holding=tuple(self._ending)))

    def hear(self, message: Message) -> None:
        if isinstance(message, Registered):
            self.registered = True
            for finished in self._ending.values():
                self.say(finished)
            self._offered = 0
        elif isinstance(message, Assign):
            self.took[message.lease.job] += 1
            result = ResultFile(path="out.mp4", node="save", digest="ab" * 32, size=1)
            self._numbers += 1
            finished = Finished(
                re=self._numbers, lease=message.lease, seconds=0.01, results=(result,)
            )
            self._ending[message.lease] = finished
            self._offered -= 1
            self.say(finished)
        elif isinstance(message, Done | Refused) and message.re:
            ended = [lease for lease, said in self._ending.items() if said.re == message.re]
            for lease in ended:
                del self._ending[lease]
                (self.done if isinstance(message, Done) else self.stale)[lease.job] += 1

    def go_on(self) -> None:
        free = self._slots - len(self._ending)
        if self.registered and free > max(self._offered, 0):
            self._numbers += 1
            self._offered = free
            self.say(Ready(number=self._numbers, free=("",) * free))


def submit(line: Connection, name: str, count: int, window: int) -> None:
    """Submit from a line on stdin until all is acknowledged; say from when to when."""
    submitter = Submitter(line, name, count, window)
    submitter.may_begin = False
    while not submitter.greeted:
        submitter.step(0.1)
    print("here", flush=True)
    sys.stdin.readline()
    submitter.may_begin = True
    begun = time.monotonic()
    submitter.go_on()
    while not submitter.over:
        submitter.step(0.1)
    print(begun, time.monotonic(), time.process_time(), flush=True)


def work(line: Connection, name: str, count: int, slots: int) -> None:
    """Work until so many jobs are done; say when that was."""
    worker = Worker(line, name, slots)
    while not worker.registered:
        worker.step(0.1)
    print("here", flush=True)
    while sum(worker.done.values()) < count:
        worker.step(0.1)
    print(0.0, time.monotonic(), time.process_time(), flush=True)
    while True:
        worker.step(0.1)


def main(arguments: Sequence[str]) -> None:
    """Be one of them, in a process of its own."""
    what, address, public, key, name, count, size = arguments
    with Connection(address, KeyPair.load(Path(key)), public) as line:
        {"submit": submit, "work": work}[what](line, name, int(count), int(size))


if __name__ == "__main__":
    main(sys.argv[1:])
