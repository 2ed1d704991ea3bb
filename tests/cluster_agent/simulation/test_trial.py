"""Clusters in trouble keep their promises; and where they do not, that is found."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import NamedTuple

import pytest

from cluster_agent.agent.machine import Agent
from cluster_agent.agent.session import Session
from cluster_agent.broker import agents, lifecycle, reports
from cluster_agent.broker.jobs import JobTable
from cluster_agent.broker.leases import Agent as Registered
from cluster_agent.broker.leases import Hold
from cluster_agent.broker.lifecycle import Lifecycle
from cluster_agent.broker.records import JobRecord
from cluster_agent.protocol.messages import Fault as Failure
from cluster_agent.protocol.messages import Lease, State
from cluster_agent.simulation import faults, machines
from cluster_agent.simulation.disk import Disk
from cluster_agent.simulation.faults import FAULTS, Fault
from cluster_agent.simulation.network import Trouble
from cluster_agent.simulation.trial import Verdict, try_seed
from cluster_agent.simulation.world import World
from cluster_agent.store.memory import MemoryStore
from cluster_agent.store.protocol import Changes

SEEDS = 20
WITHIN = 12
"""Seeds within which a broken cluster must be found out."""
TROUBLES = (
    "Trouble(", "kill -9 of an agent", "kill -9 of a worker", "a worker hangs",
    "kill -9 of the broker", "an agent is frozen", "a partition", "a connection breaks",
    "the disk is full", "a blob rots", "the disk is slow", "a key is removed", "the clock jumps",
    "somebody meddles", "a flood", "a second agent has the key of the first",
)  # fmt: skip


@pytest.fixture(scope="module")
def verdicts() -> list[Verdict]:
    return [try_seed(seed) for seed in range(SEEDS)]


def test_whatever_befalls_a_cluster_it_keeps_every_promise(verdicts: list[Verdict]) -> None:
    assert {verdict.seed: verdict.broken for verdict in verdicts if verdict.broken} == {}


def test_the_same_seed_gives_the_same_history(verdicts: list[Verdict]) -> None:
    again = try_seed(SEEDS - 1)
    assert again == verdicts[-1]
    assert len({verdict.digest for verdict in verdicts}) == SEEDS


def test_every_trouble_there_is_befalls_some_cluster(verdicts: list[Verdict]) -> None:
    said = "\n".join(trouble for verdict in verdicts for trouble in verdict.troubles)
    assert [trouble for trouble in TROUBLES if trouble not in said] == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_each_fault_leaves_its_mark(fault: Fault) -> None:
    assert any(try_seed(seed, [fault]).troubles for seed in range(3))


def test_a_cluster_in_peace_completes_every_job_that_kills_nobody() -> None:
    verdict = try_seed(3, [])
    assert verdict.troubles == verdict.broken == ()
    ends = [line.split()[2] for line in verdict.history]
    assert ends.count("COMPLETED") + ends.count("FAILED") == 12
    assert ends.count("COMPLETED") >= 9
    assert verdict.seconds < 300


# What would be wrong with a cluster, and how that is found

Sabotage = Callable[[pytest.MonkeyPatch], None]


def ignored_epochs(patch: pytest.MonkeyPatch) -> None:
    """A broker that believes whoever once had a lease."""

    def live(table: JobTable, agent: Registered, lease: Lease) -> Hold | None:
        return table.held.get(int(lease.job[1:]))

    patch.setattr(agents, "live", live)
    patch.setattr(reports, "live", live)


def no_fence(patch: pytest.MonkeyPatch) -> None:
    """An agent that goes on working however long it hears nothing."""
    patch.setattr(Agent, "_fence", lambda self, now: None)
    patch.setattr(Session, "fenced_at", lambda self: float("inf"))


def lost_commits(patch: pytest.MonkeyPatch) -> None:
    """A disk that says it has written new jobs, and has not."""
    commit = MemoryStore.commit

    def forgetful(self: MemoryStore, changes: Changes) -> None:
        new = self._tables.last_number + 1
        kept = {number: job for number, job in changes.jobs.items() if number != new}
        commit(self, Changes(**{**vars_of(changes), "jobs": kept}))

    patch.setattr(MemoryStore, "commit", forgetful)


def lost_ends(patch: pytest.MonkeyPatch) -> None:
    """A disk that writes that jobs ended only where they are told of, not where they are kept."""
    commit = MemoryStore.commit

    def forgetful(self: MemoryStore, changes: Changes) -> None:
        kept = {number: job for number, job in changes.jobs.items() if not job.over}
        commit(self, Changes(**{**vars_of(changes), "jobs": kept}))

    patch.setattr(MemoryStore, "commit", forgetful)


def lost_events(patch: pytest.MonkeyPatch) -> None:
    """A disk that forgets how far state changes were numbered."""
    commit = MemoryStore.commit

    def forgetful(self: MemoryStore, changes: Changes) -> None:
        commit(self, Changes(**{**vars_of(changes), "events": []}))

    patch.setattr(MemoryStore, "commit", forgetful)


def vars_of(changes: Changes) -> dict[str, object]:
    return {name: getattr(changes, name) for name in Changes.__dataclass_fields__}


def unchecked_blobs(patch: pytest.MonkeyPatch) -> None:
    """An agent that goes on from whatever a checkpoint's place holds."""
    rotten = (30).to_bytes(4) + b"rotten"

    def get(self: Disk, digest: str) -> bytes | None:
        content = self.blobs.get(digest)
        return rotten if content == b"rotten" else content

    patch.setattr(Disk, "get", get)


def forgotten_keys(patch: pytest.MonkeyPatch) -> None:
    """A broker that takes a job submitted again for another one."""
    patch.setattr(JobTable, "known", lambda self, user, key: None)


def eternal_pauses(patch: pytest.MonkeyPatch) -> None:
    """A broker that says yes when a job is resumed, and does nothing."""
    patch.setattr(Lifecycle, "resume", lambda self, job: None)


def lost_leases(patch: pytest.MonkeyPatch) -> None:
    """A broker that has jobs with agents of which it knows no lease."""
    grant = Lifecycle.grant

    def forgetful(self: Lifecycle, job: JobRecord, agent: Registered) -> Hold:
        hold = grant(self, job, agent)
        del self._table.held[job.number]
        return hold

    patch.setattr(Lifecycle, "grant", forgetful)


def double_charge(patch: pytest.MonkeyPatch) -> None:
    """A broker that charges what jobs were expected to take."""

    def used(hold: Hold, seconds: float) -> float:
        return max(hold.job.seconds, seconds) * hold.job.gpus

    patch.setattr(Lifecycle, "_used", staticmethod(used))


def no_second_try(patch: pytest.MonkeyPatch) -> None:
    """A broker that gives jobs up as soon as their worker is killed."""
    final: dict[Failure, State] = {**lifecycle.FINAL, "crashed": "FAILED"}
    patch.setattr(lifecycle, "FINAL", final)


def harmless_poison(patch: pytest.MonkeyPatch) -> None:
    """Agents on which nothing kills a worker."""
    patch.setattr(machines, "DEADLY", {})


def forgotten_order(patch: pytest.MonkeyPatch) -> None:
    """A broker that lets no job wait for another."""
    patch.setattr(JobTable, "depend", lambda self, job, known=None: None)


def replays(world: World) -> None:
    """Half of what is said is said again."""
    world.network.trouble = Trouble(doubled=0.5, replayed=0.5)


class Flaw(NamedTuple):
    """What is wrong, what must befall the cluster, and a part of the sentence that says so."""

    sabotage: Sabotage
    faults: tuple[Fault, ...]
    sentence: str


FLAWS = (
    Flaw(ignored_epochs, (replays, *(faults.killed_workers,) * 4), "was charged"),
    Flaw(no_fence, (faults.partitions,) * 2, "both do"),
    Flaw(lost_commits, (faults.killed_broker,), "was acknowledged and is lost"),
    Flaw(lost_ends, (faults.killed_broker,), "ended 2 times"),
    Flaw(lost_events, (faults.killed_broker,), "stands where"),
    Flaw(unchecked_blobs, (faults.full_disk, faults.killed_agents), "has the wrong result"),
    Flaw(forgotten_keys, (replays,), "acknowledged as two jobs"),
    Flaw(forgotten_keys, (replays,), "became 2 jobs"),
    Flaw(eternal_pauses, (faults.meddling,), "is still PENDING"),
    Flaw(lost_leases, (), "do not add up"),
    Flaw(double_charge, (faults.killed_workers,), "was charged"),
    Flaw(no_second_try, (faults.killed_workers,), "failed though nothing was wrong"),
    Flaw(harmless_poison, (), "completed though it kills"),
    Flaw(forgotten_order, (), "began before"),
)  # fmt: skip


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: flaw.sabotage.__name__)
def test_a_broken_promise_is_found(flaw: Flaw, monkeypatch: pytest.MonkeyPatch) -> None:
    flaw.sabotage(monkeypatch)
    found = (try_seed(seed, flaw.faults).broken for seed in range(WITHIN))
    assert any(flaw.sentence in sentence for broken in found for sentence in broken)


def test_a_verdict_names_the_digest_of_its_history(verdicts: list[Verdict]) -> None:
    first = verdicts[0]
    assert first.digest == hashlib.sha256("\n".join(first.history).encode()).hexdigest()
