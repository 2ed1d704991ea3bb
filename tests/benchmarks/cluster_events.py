"""Events through one broker to many watchers, over real sockets: what is lost, and what it holds.

Agents offer 20,000 engine events a second while jobs come and go; 50 connections watch everything,
five of them take almost nothing until the end.  Nobody may miss a state change.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cluster_agent.keys import KeyPair
from cluster_agent.protocol.job_spec import JobSpec, ResultFile
from cluster_agent.protocol.messages import (
    AgentInfo,
    Assign,
    Beat,
    Changed,
    Credit,
    Done,
    Finished,
    GetStatus,
    Gpu,
    Lease,
    Message,
    Progress,
    Ready,
    Register,
    Registered,
    Report,
    Started,
    Status,
    Submit,
    Submitted,
    Watch,
)
from cluster_agent.transport import Connection
from tests.benchmarks._table import row
from tests.cluster_agent.broker.broker_process import (
    BrokerProcess,
    Peer,
    processor_seconds,
    resident,
)
from tests.cluster_agent.broker.load import GRAPH, Party

WATCHERS, SLOW = 50, 5
AGENTS, SLOTS = 4, 50
JOBS, LIFE = 1_000, 5.0
REPORT, EVENTS = 0.2, 20
"""Seconds between the reports of a job, and events in each: 20,000 a second with all at work."""
CREDIT, SIP = 1000, 1
RESULT = ResultFile(path="out.mp4", node="save", digest="ab" * 32, size=1)


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        folder = Path(place)
        broker = stack.enter_context(BrokerProcess(folder))
        watching = stack.enter_context(party(broker, folder, "watch"))
        working = stack.enter_context(party(broker, folder, "work"))
        desk = stack.enter_context(broker.call(broker.new_peer("ada")))
        before, begun = resident(broker.pid), time.monotonic()
        used = processor_seconds(broker.pid)
        for at in range(0, JOBS, 200):
            jobs = tuple(
                JobSpec(key=f"{n}", graph=GRAPH, seconds=LIFE) for n in range(at, at + 200)
            )
            desk.say(Submit(re=1, jobs=jobs))
            desk.hear(Submitted)
        working.say("begin")
        largest, changes = until_done(desk, broker)
        took, used = time.monotonic() - begun, processor_seconds(broker.pid) - used
        working.say("end")
        offered, seconds = working.hear()
        watching.say(str(changes))
        taken = watching.hear()
    told = sorted(events / took for events in taken[1:])
    row("engine events offered a second", f"{offered / seconds:,.0f}", "20,000")
    row(f"watchers that had every one of {changes:,} state changes in order",
        f"{taken[0]:.0f} of {WATCHERS}", "all")  # fmt: skip
    row("progress events told a watcher a second: median, fewest",
        f"{told[len(told) // 2]:,.0f}, {told[0]:,.0f}", "coalesced")  # fmt: skip
    row("broker's memory before, and the most",
        f"{before / 1e6:.0f}, {largest / 1e6:.0f} MB", "bounded")  # fmt: skip
    row("broker's share of a core", f"{used / took:.0%}")


def until_done(desk: Peer, broker: BrokerProcess) -> tuple[int, int]:
    """Wait until every job is done: the most memory meanwhile, and how many changes there were."""
    largest = 0
    while True:
        desk.say(GetStatus(re=1))
        counters = desk.hear(Status).counters
        largest = max(largest, resident(broker.pid))
        if counters.get("jobs.COMPLETED") == JOBS:
            return largest, int(counters["events"])
        time.sleep(0.2)


class Spoken:
    """A process that is told lines and answers with numbers."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._in, self._out = process.stdin, process.stdout
        self.hear()

    def say(self, line: str) -> None:
        self._in.write(line + "\n")
        self._in.flush()

    def hear(self) -> list[float]:
        return [float(number) for number in self._out.readline().split()]


@contextmanager
def party(broker: BrokerProcess, folder: Path, what: str) -> Iterator[Spoken]:
    """Some connections in a process of their own; it is there once they are."""
    keys = []
    for number in range({"watch": WATCHERS, "work": AGENTS}[what]):
        pair = broker.new_peer(f"{what}{number}")
        keys.append(str(folder / f"{what}{number}.toml"))
        pair.save(Path(keys[-1]))
    with subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.cluster_events", what, broker.address,
         broker.public, *keys],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            yield Spoken(process)
        finally:
            process.kill()


# Inside those processes


class Watcher(Party):
    """Watches everything; a slow one takes one message at a time until it may hurry."""

    def __init__(self, line: Connection, *, slow: bool) -> None:
        super().__init__(line)
        self._slow = slow
        self._taken = 0
        self._sip_at = 0.0
        self.seq = 0
        self.gaps = 0
        self.progress = 0

    def begin(self) -> None:
        self.say(Watch(topics=("jobs",), since=self.seq, credit=SIP if self._slow else CREDIT))

    def hurry(self) -> None:
        if self._slow:
            self._slow = False
            self.say(Credit(more=CREDIT))

    def keep_alive(self) -> None:
        """What it grants tells that it lives."""

    def hear(self, message: Message) -> None:
        if isinstance(message, Changed):
            self.gaps += message.seq != self.seq + 1
            self.seq = message.seq
        elif isinstance(message, Progress):
            self.progress += len(message.events)
        if isinstance(message, Changed | Progress):
            self._taken += 1
            if not self._slow and self._taken >= CREDIT // 2:
                self.say(Credit(more=self._taken))
                self._taken = 0

    def go_on(self) -> None:
        if self._slow and time.monotonic() >= self._sip_at:
            self._sip_at = time.monotonic() + 1.0
            self.say(Credit(more=SIP))


class Worker(Party):
    """An agent whose jobs take `LIFE` and say a lot."""

    def __init__(self, line: Connection, name: str) -> None:
        super().__init__(line)
        gpu = Gpu(name="cpu", memory=2**34)
        self._info = AgentInfo(
            name=name, host=name, software="load", gpus=(gpu,) * SLOTS, cpus=1, memory=2**34,
            packs={},
        )  # fmt: skip
        self._numbers = 0
        self._offered = 0
        self._held: dict[Lease, tuple[float, float]] = {}  # since when, and when it reports next
        self._ending: dict[int, Lease] = {}
        self.registered = False
        self.may_begin = False
        self.said = 0
        self.first = self.last = 0.0

    def keep_alive(self) -> None:
        self.say(Beat(number=self._next(), holding=(*self._held, *self._ending.values())))

    def begin(self) -> None:
        self.say(Register(info=self._info, holding=(*self._held, *self._ending.values())))

    def hear(self, message: Message) -> None:
        if isinstance(message, Registered):
            self.registered = True
        elif isinstance(message, Assign):
            now = time.monotonic()
            self.first = self.first or now
            self._held[message.lease] = (now, now + REPORT)
            self._offered -= 1
            self.say(Started(lease=message.lease))
        elif isinstance(message, Done):
            self._ending.pop(message.re, None)

    def go_on(self) -> None:
        for lease, (since, due) in list(self._held.items()):
            now = time.monotonic()
            if now >= due:
                self._held[lease] = (since, due + REPORT)
                self._report(lease, now - since)
            if now >= since + LIFE:
                del self._held[lease]
                number = self._next()
                self._ending[number] = lease
                self.say(Finished(re=number, lease=lease, seconds=LIFE, results=(RESULT,)))
        free = SLOTS - len(self._held) - len(self._ending)
        if self.may_begin and self.registered and free > max(self._offered, 0):
            self._offered = free
            self.say(Ready(number=self._next(), free=("",) * free))

    def _report(self, lease: Lease, seconds: float) -> None:
        at = int(seconds / REPORT) * EVENTS
        events = tuple(
            json.dumps({"kind": "progress", "node": f"sample{n % 4}", "done": at + n, "total": 500},
                       separators=(",", ":"))
            for n in range(EVENTS)
        )  # fmt: skip
        report = Report(lease=lease, seconds=seconds, phase="GENERATING", step=at, events=events)
        if self.say(report):
            self.said += EVENTS
            self.last = time.monotonic()

    def _next(self) -> int:
        self._numbers += 1
        return self._numbers


def told() -> str:
    """The line that stands on stdin, or nothing."""
    return sys.stdin.readline().strip() if select.select([sys.stdin], [], [], 0.0)[0] else ""


def watch(lines: Sequence[Connection]) -> None:
    """Watch until told how many state changes there were, and until those have come."""
    watchers = [Watcher(line, slow=number < SLOW) for number, line in enumerate(lines)]
    while not all(watcher.greeted for watcher in watchers):
        step(watchers)
    print(len(watchers), flush=True)
    last = 0
    while not last or any(watcher.seq < last for watcher in watchers):
        step(watchers)
        word = "" if last else told()
        if word:
            last = int(word)
            for watcher in watchers:
                watcher.hurry()
    whole = sum(watcher.seq == last and not watcher.gaps for watcher in watchers)
    print(whole, *(watcher.progress for watcher in watchers), flush=True)


def work(lines: Sequence[Connection]) -> None:
    """Work from one word to the next; say how many events were offered in how many seconds."""
    workers = [Worker(line, f"agent{number}") for number, line in enumerate(lines)]
    while not all(worker.registered for worker in workers):
        step(workers)
    print(len(workers), flush=True)
    while (word := told()) != "end":
        step(workers)
        for worker in workers:
            worker.may_begin = worker.may_begin or word == "begin"
    first, last = min(w.first for w in workers), max(w.last for w in workers)
    print(sum(worker.said for worker in workers), last - first, flush=True)


def step(parties: Sequence[Party]) -> None:
    """Each once, and a little rest: so many connections are asked in turn."""
    for each in parties:
        each.step()
    time.sleep(0.002)


def play(what: str, address: str, public: str, *keys: str) -> None:
    """Be one of the processes."""
    with ExitStack() as stack:
        lines = [
            stack.enter_context(Connection(address, KeyPair.load(Path(key)), public))
            for key in keys
        ]
        {"watch": watch, "work": work}[what](lines)


if __name__ == "__main__":
    play(*sys.argv[1:]) if sys.argv[1:] else main()
