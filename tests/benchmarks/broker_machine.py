"""The broker's decisions alone: no socket, no disk, one core, in processor time."""

from __future__ import annotations

from dataclasses import replace
from time import process_time

from cluster_agent.broker.machine import Broker
from cluster_agent.broker.outcome import Now, Outcome, Peer, SendWork
from cluster_agent.broker.policy import BrokerPolicy
from cluster_agent.protocol.job_spec import JobSpec
from cluster_agent.protocol.messages import AgentInfo, Finished, Gpu, Ready, Register, Submit
from cluster_agent.store.memory import MemoryStore, Tables
from tests.benchmarks._table import row

NOW = Now(0.0, 0.0)
POLICY = BrokerPolicy(rate=1e9, burst=1e9)
GRAPH = b'{"nodes":[' + b'{"id":"sample"},' * 60 + b"]}"
SUBMISSIONS, CYCLES, BATCH = 40_000, 10_000, 16
QUEUED, FLEET, USERS = 100_000, 1969, 5000


def main() -> None:
    """Print each figure with its bar."""
    row("submissions of 1 KB a CPU second, 64 a commit", f"{submissions():,.0f}", ">= 25,000")
    row("submit, assign and finish, cycles a CPU second", f"{cycles():,.0f}", ">= 8,000")
    row("a job submitted to 15,752 idle slots", f"{to_an_idle_fleet():.0f} us")
    row("a slot that comes free, 5,000 users waiting", f"{at_saturation():.0f} us")
    row(f"a restart with {QUEUED:,} queued jobs, loaded already", f"{restart():.2f} s")


def submissions() -> float:
    """Submissions a second."""
    broker, messages = _broker(), _submits(SUBMISSIONS)
    people = [_person(number) for number in range(8)]
    start = process_time()
    for number, message in enumerate(messages):
        broker.receive(people[number % 8], message, NOW)
        if number % 64 == 63:
            broker.take_outcome()
    return SUBMISSIONS / (process_time() - start)


def cycles() -> float:
    """Whole jobs a second, on agents with one GPU each."""
    broker, messages = _broker(), _submits(CYCLES)
    people = [_person(number) for number in range(8)]
    agents = _arrived(broker, BATCH, gpus=1)
    start = process_time()
    for done in range(0, CYCLES, BATCH):
        for number, agent in enumerate(agents):
            broker.receive(people[number % 8], messages[done + number], NOW)
            broker.receive(agent, Ready(number=done + 1, free=("starter",)), NOW)
        for work in _work(broker.take_outcome()):
            broker.receive(_agent(work.route), _finished(work), NOW)
    return CYCLES / (process_time() - start)


def to_an_idle_fleet() -> float:
    """Microseconds from a submission to its assignment."""
    broker, messages = _broker(), _submits(4000)
    for agent in _arrived(broker, FLEET, gpus=8):
        free = ("starter", "", "wan", "ltx", "", "", "", "")
        broker.receive(agent, Ready(number=1, free=free), NOW)
    broker.take_outcome()
    start = process_time()
    for message in messages:
        broker.receive(_person(0), message, NOW)
        broker.take_outcome()
    return (process_time() - start) / len(messages) * 1e6


def at_saturation() -> float:
    """Microseconds for a job's end and the next one's start, beside a machine that fits nobody."""
    broker = _broker()
    for number in range(USERS):
        jobs = tuple(_spec(f"{number}/{each}", number) for each in range(2))
        broker.receive(_person(number), Submit(jobs=jobs), NOW)
    broker.receive(_agent(b"plain"), Register(info=_info("plain", 1, {})), NOW)
    broker.receive(_agent(b"plain"), Ready(number=1, free=("",)), NOW)
    for agent in _arrived(broker, 100, gpus=8):
        broker.receive(agent, Ready(number=1, free=("",) * 8), NOW)
    work = _work(broker.take_outcome())
    start, times = process_time(), 4000
    for number in range(times):
        done = work[number]
        agent = _agent(done.route)
        broker.receive(agent, _finished(done), NOW)
        broker.receive(agent, Ready(number=number + 2, free=("starter",)), NOW)
        work += _work(broker.take_outcome())
    return (process_time() - start) / times * 1e6


def restart() -> float:
    """Seconds from what a store loaded to a broker that has dispatched."""
    tables = Tables()
    store = MemoryStore(tables)
    broker = Broker(store.open(), POLICY, NOW, store.jobs)
    for number, message in enumerate(_submits(QUEUED)):
        broker.receive(_person(number % 8), message, NOW)
        if number % 1000 == 999:
            store.commit(broker.take_outcome().changes)
    del broker
    loaded = MemoryStore(tables).open()
    start = process_time()
    Broker(loaded, replace(POLICY), NOW, store.jobs).take_outcome()
    return process_time() - start


def _broker() -> Broker:
    store = MemoryStore()
    return Broker(store.open(), POLICY, NOW, store.jobs)


def _person(number: int) -> Peer:
    name = f"user{number}"
    return Peer(name.encode(), name, name, frozenset({"submit"}))


def _agent(route: bytes) -> Peer:
    return Peer(route, route.decode(), "agents", frozenset({"agent"}))


def _arrived(broker: Broker, agents: int, gpus: int) -> list[Peer]:
    """Agents that have registered."""
    peers = [_agent(b"agent%d" % number) for number in range(agents)]
    for peer in peers:
        info = _info(peer.identity, gpus, {"core": "1.0"})
        broker.receive(peer, Register(info=info), NOW)
    return peers


def _info(name: str, gpus: int, packs: dict[str, str]) -> AgentInfo:
    gpu = Gpu(name="H200", memory=141 << 30)
    return AgentInfo(
        name=name, host=name, software="1", gpus=(gpu,) * gpus, cpus=8, memory=1 << 38, packs=packs
    )


def _submits(jobs: int) -> list[Submit]:
    return [Submit(re=number, jobs=(_spec(str(number)),)) for number in range(jobs)]


def _spec(key: str, number: int = 1) -> JobSpec:
    tier = ("premium", "standard", "free")[number % 3]
    packs = {"core": "1.0"}
    return JobSpec(
        key=key, graph=GRAPH, tier=tier, model="starter", steps=30, size=1000, packs=packs,
        seconds=9.0,
    )  # fmt: skip


def _work(outcome: Outcome) -> list[SendWork]:
    return [send for send in outcome.sends if isinstance(send, SendWork)]


def _finished(work: SendWork) -> Finished:
    return Finished(re=1, lease=work.lease, seconds=9.0, results=())


if __name__ == "__main__":
    main()
