"""A broker that is killed again and again while people submit and agents work."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from cluster_agent.protocol.messages import Changed
from cluster_agent.store.sqlite import SqliteStore
from cluster_agent.transport import Connection
from tests.cluster_agent.broker.broker_process import BrokerProcess
from tests.cluster_agent.broker.load import Party, Submitter, Worker
from tests.cluster_agent.waiting import wait_for


@dataclass(frozen=True)
class Toll:
    """What `kills` did to `acknowledged` jobs: all of the other numbers should be 0.

    `twice` are jobs that were completed, or had a result accepted, more than once.
    """

    kills: int
    acknowledged: int
    lost: int
    unfinished: int
    twice: int


def kill_under_load(
    folder: Path, kills: int, jobs: int, chance: random.Random, told: Callable[[], None]
) -> Toll:
    """Two people submit `jobs` each, two agents work; kill at moments spread over all of it."""
    with BrokerProcess(folder) as broker, ExitStack() as stack:

        def line(user: str) -> Connection:
            pair = broker.new_peer(user)
            return stack.enter_context(Connection(broker.address, pair, broker.public))

        submitters = [Submitter(line(user), user, jobs, 32) for user in ("ada", "bob")]
        workers = [Worker(line(name), name, 8) for name in ("gpu1", "gpu2")]
        parties: list[Party] = [*submitters, *workers]

        def finished() -> int:
            return sum(len(worker.done) for worker in workers)

        def step() -> None:
            for party in parties:
                party.step(0.001)

        total = len(submitters) * jobs
        for at in sorted(chance.sample(range(1, total), kills)):
            wait_for(lambda at=at: step() or finished() >= at, "the work did not go on")
            for _ in range(chance.randrange(5)):
                step()
            broker.kill()
            broker.start()
            told()
        wait_for(
            lambda: step() or (all(s.over for s in submitters) and finished() >= total),
            "not everything was finished",
        )
        assert broker.terminate() == 0
    acknowledged = [job for each in submitters for job in each.acknowledged.values()]
    return _count(folder / "queue" / "queue.db", kills, acknowledged, workers)


def _count(path: Path, kills: int, acknowledged: list[str], workers: list[Worker]) -> Toll:
    store = SqliteStore(path)
    store.open()
    kept = {job.id: job for job in store.jobs(int(job[1:]) for job in acknowledged)}
    ends = Counter(event.job for event in _events(store) if event.state == "COMPLETED")
    store.close()
    accepted: Counter[str] = Counter()
    for worker in workers:
        accepted.update(set(worker.done))
    return Toll(
        kills=kills,
        acknowledged=len(acknowledged),
        lost=len(set(acknowledged) - set(kept)),
        unfinished=sum(job.state != "COMPLETED" for job in kept.values()),
        twice=sum(times > 1 for times in ends.values())
        + sum(times > 1 for times in accepted.values())
        + (len(acknowledged) - len(set(acknowledged))),
    )


def _events(store: SqliteStore) -> list[Changed]:
    found: list[Changed] = []
    while page := store.events(found[-1].seq if found else 0, 10_000):
        found += page
    return found
