"""The broker over its real socket: encrypted, durable (FULL), and every client in its own process.

What a machine has left for it decides the rates: the processor time of each message is the figure
to compare, and a broker uses little more than one core.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

from cluster_agent.protocol.job_spec import JobSpec
from cluster_agent.protocol.messages import (
    AgentInfo,
    Assign,
    Beat,
    Done,
    Finished,
    Gpu,
    Lease,
    Ping,
    Ready,
    Register,
    Registered,
    Submit,
    Submitted,
)
from tests.benchmarks._table import row
from tests.cluster_agent.broker.broker_process import (
    BrokerProcess,
    Peer,
    processor_seconds,
    resident,
)
from tests.cluster_agent.broker.kills import kill_under_load
from tests.cluster_agent.broker.load import GRAPH

CLIENTS, WINDOW = 8, 64
SUBMISSIONS, CYCLES = 40_000, 16_000
AGENTS, SLOTS = 4, 16
IDLE_SUBMISSIONS, RATE, RATE_SECONDS = 400, 350, 15
QUEUED, KILLS = 100_000, 40
JOB_INTERVAL = 1.2e-4  # seconds: a user may submit 10,000 jobs a second, after the first 20,000
Span = tuple[float, float, float]


def main() -> None:
    """Print every figure, each with a broker of its own."""
    for part in (submissions, cycles, latency, restart, idle, kills):
        with tempfile.TemporaryDirectory() as folder:
            part(Path(folder))


def submissions(folder: Path) -> None:
    """As fast as eight people can: one job of 1 KB in each message."""
    with BrokerProcess(folder) as broker, used(broker) as seconds:
        crowd = Crowd(broker, folder)
        with crowd.submitters(SUBMISSIONS):
            spans = crowd.go()
        rate, each = SUBMISSIONS / wall(spans), 1e6 / SUBMISSIONS
        theirs = sum(own for *_, own in spans)
        row(f"submissions a second: {CLIENTS} clients, 1 KB", f"{rate:,.0f}", ">= 5,000")
        row("... processor time each: broker, client",
            f"{seconds() * each:.0f}, {theirs * each:.0f} us")  # fmt: skip


def cycles(folder: Path) -> None:
    """Submitted, assigned, finished: the agents' work takes no time."""
    with BrokerProcess(folder) as broker, used(broker) as seconds:
        crowd = Crowd(broker, folder)
        with crowd.submitters(CYCLES), crowd.workers(CYCLES):
            spans = crowd.go()
        rate, each = CYCLES / wall(spans), 1e6 / CYCLES
        theirs = sum(own for *_, own in spans)
        row(f"whole job cycles a second: {AGENTS} agents", f"{rate:,.0f}", ">= 1,500")
        row("... processor time each: broker, client and agent",
            f"{seconds() * each:.0f}, {theirs * each:.0f} us")  # fmt: skip


def latency(folder: Path) -> None:
    """From before a Submit is sent until its Assign has been received."""
    with BrokerProcess(folder) as broker, ExitStack() as stack:
        person = stack.enter_context(broker.call(broker.new_peer("ada")))
        agent = stack.enter_context(broker.call(broker.new_peer("gpu1")))
        desk = Desk(person, agent)
        one_by_one = [desk.one() for _ in range(IDLE_SUBMISSIONS)]
        row("submit to Assign, idle agent: p50 / p99", percentiles(one_by_one), "<= 5 / 20 ms")
        steady = desk.steadily(RATE, RATE_SECONDS)
        row(f"submit to Assign at {RATE} a second: p50 / p99", percentiles(steady), "p99 <= 50 ms")


def restart(folder: Path) -> None:
    """Killed with a long queue: until a first message is answered."""
    with BrokerProcess(folder) as broker:
        ada = broker.new_peer("ada")
        with broker.call(ada) as peer:
            for at in range(0, QUEUED, 500):
                jobs = tuple(
                    JobSpec(key=f"{n}", graph=GRAPH, model=f"m{n % 9}", seconds=9.0)
                    for n in range(at, at + 500)
                )
                peer.say(Submit(re=1, jobs=jobs))
                peer.hear(Submitted)
                time.sleep(JOB_INTERVAL * len(jobs))
        broker.kill()
        begun = time.monotonic()
        broker.start()
        with broker.call(ada) as peer:
            peer.say(Ping(re=1))
            peer.hear(Done)
        took = time.monotonic() - begun
        row(f"kill -9 and restart with {QUEUED:,} queued jobs", f"{took:.2f} s", "<= 2 s")
        row("... processor time, memory", f"{processor_seconds(broker.pid):.2f} s,"
            f" {resident(broker.pid) / 1e6:.0f} MB")  # fmt: skip


def idle(folder: Path) -> None:
    """One agent connected, nothing to do."""
    with BrokerProcess(folder) as broker, broker.call(broker.new_peer("gpu1")) as peer:
        desk = Desk(peer, peer)
        desk.listen_for(1.0)
        begun, before = time.monotonic(), processor_seconds(broker.pid)
        desk.listen_for(20.0)
        share = (processor_seconds(broker.pid) - before) / (time.monotonic() - begun)
        row("idle: share of a core, memory", f"{share:.2%}, {resident(broker.pid) / 1e6:.0f} MB",
            "< 1 %, < 150 MB")  # fmt: skip


def kills(folder: Path) -> None:
    """kill -9 at random moments under load."""
    toll = kill_under_load(folder, KILLS, 1_000, random.Random(0), lambda: None)
    row(f"{toll.kills} kills under load, {toll.acknowledged:,} jobs: lost, undone, twice",
        f"{toll.lost}, {toll.unfinished}, {toll.twice}", "0, 0, 0")  # fmt: skip


class Crowd:
    """Processes that submit or work; all begin at one time."""

    def __init__(self, broker: BrokerProcess, folder: Path) -> None:
        self._broker, self._folder = broker, folder
        self._processes: list[subprocess.Popen[str]] = []

    @contextmanager
    def submitters(self, jobs: int) -> Iterator[None]:
        with self._many("submit", CLIENTS, jobs // CLIENTS, WINDOW):
            yield

    @contextmanager
    def workers(self, jobs: int) -> Iterator[None]:
        """Each is counted over once it has done its least share of the jobs."""
        with self._many("work", AGENTS, jobs // AGENTS // 2, SLOTS):
            yield

    def go(self) -> list[Span]:
        for process in self._processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "here\n"
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        return [self._span(process) for process in self._processes]

    def _span(self, process: subprocess.Popen[str]) -> Span:
        assert process.stdout is not None
        begun, ended, own = map(float, process.stdout.readline().split())
        return begun, ended, own

    @contextmanager
    def _many(self, what: str, parties: int, jobs: int, size: int) -> Iterator[None]:
        with ExitStack() as stack:
            for number in range(parties):
                name = f"{what}{number}"
                key = self._folder / f"{name}.toml"
                pair = self._broker.new_peer(name)
                pair.save(key)
                process = subprocess.Popen(
                    [sys.executable, "-m", "tests.cluster_agent.broker.load", what,
                     self._broker.address, self._broker.public, str(key), name, str(jobs),
                     str(size)],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                )  # fmt: skip
                self._processes.append(stack.enter_context(process))
                stack.callback(process.kill)
            yield


class Desk:
    """Somebody who submits and an agent of many GPUs, in one loop, timed."""

    def __init__(self, person: Peer, agent: Peer) -> None:
        self._person, self._agent = person, agent
        self._numbers = count(1)
        gpu = Gpu(name="cpu", memory=2**34)
        info = AgentInfo(
            name="gpu1", host="h", software="", gpus=(gpu,) * 64, cpus=1, memory=1, packs={}
        )
        agent.say(Register(info=info))
        agent.hear(Registered)
        self._offer()
        self._beat_at = 0.0
        self._sent: dict[str, float] = {}
        self._held: dict[Lease, None] = {}
        self._took: list[float] = []

    def one(self) -> float:
        """Submit, wait for the work, end it, and wait until that is known."""
        self._submit()
        until = len(self._took) + 1
        while len(self._took) < until or self._held:
            self._work(1.0)
        self._person.hear(Submitted)
        return self._took[-1]

    def steadily(self, rate: int, seconds: float) -> list[float]:
        """Submit at a rate, whatever happens meanwhile."""
        first, begun = len(self._took), time.monotonic()
        for number in range(int(rate * seconds)):
            due = begun + number / rate
            while (left := due - time.monotonic()) > 0:
                self._work(left)
            self._submit()
            self._person.listen(0.0)
        while self._sent:
            self._work(1.0)
        return self._took[first:]

    def listen_for(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._beat()
            self._agent.listen(0.5)

    def _beat(self) -> None:
        if time.monotonic() >= self._beat_at:
            self._beat_at = time.monotonic() + 2.0
            self._agent.say(Beat(number=next(self._numbers), holding=tuple(self._held)))

    def _submit(self) -> None:
        key = f"{next(self._numbers)}"
        spec = JobSpec(key=key, graph=GRAPH, seconds=1.0)
        self._sent[key] = time.monotonic()
        self._person.say(Submit(re=1, jobs=(spec,)))

    def _offer(self, free: int = 64) -> None:
        self._agent.say(Ready(number=next(self._numbers), free=("",) * free))

    def _work(self, timeout: float) -> None:
        self._beat()
        self._agent.listen(timeout)
        now, came = time.monotonic(), [m for m in self._agent.heard if isinstance(m, Assign)]
        ended = {job for m in self._agent.heard if isinstance(m, Done) for job in m.jobs}
        self._held = {lease: None for lease in self._held if lease.job not in ended}
        for work in came:
            self._agent.heard.remove(work)
            self._took.append(now - self._sent.pop(work.spec.key))
            self._held[work.lease] = None
            self._agent.say(Finished(re=1, lease=work.lease, seconds=0.1, results=()))
        if came or ended:
            self._agent.heard.clear()
            self._offer(64 - len(self._held))


@contextmanager
def used(broker: BrokerProcess) -> Iterator[Callable[[], float]]:
    """How many processor seconds the broker has used since."""
    before = processor_seconds(broker.pid)
    yield lambda: processor_seconds(broker.pid) - before


def wall(spans: Sequence[Span]) -> float:
    """From the first beginning to the last end."""
    return max(end for _, end, _ in spans) - min(begun for begun, _, _ in spans if begun)


def percentiles(times: Sequence[float]) -> str:
    """The median and the 99th percentile, in milliseconds."""
    ordered = sorted(times)
    return (
        f"{ordered[len(ordered) // 2] * 1e3:.1f} / {ordered[len(ordered) * 99 // 100] * 1e3:.1f} ms"
    )


if __name__ == "__main__":
    main()
