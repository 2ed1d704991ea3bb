"""What must hold, whatever befalls a cluster.

At every moment: no two computers work on one job for longer than it takes to be told (a frozen one
does not work, and one that is cut off stops before its lease ends); every job that was submitted
is counted at one place.
In the end: what was acknowledged has ended; a completed job has exactly one result, the one that
it would have had undisturbed; nothing ended twice; nobody was charged more than was worked; no job
began before those that it comes after were completed.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Final

from cluster_agent.broker.records import ENDED
from cluster_agent.simulation.labour import result
from cluster_agent.simulation.world import World

TOLD_WITHIN: Final = 3.0
"""Seconds: an old Assign that was repeated is obeyed until the next beat is answered."""


def broken_at_this_moment(world: World) -> Iterator[str]:
    """Sentences on promises that are broken now."""
    if world.machine is not None:
        census = world.machine.census()
        if census.submitted != census.waiting + census.held + census.ended:
            yield f"At {world.clock.now:.3f} the jobs do not add up: {census}."
    at_work: dict[str, str] = {}
    both: set[str] = set()
    for computer in world.computers:
        if computer.name == "twin" or (computer.key == "agent0" and len(world.computers) > 3):
            continue  # two agents with one key: each stops when it hears of the other
        for lease, worker in computer.computing():
            if worker.progress is None or worker.cancelled:
                continue
            other = at_work.setdefault(lease.job, computer.name)
            if other != computer.name:
                both.add(lease.job)
                since = world.both_since.setdefault(lease.job, world.clock.now)
                if world.clock.now - since > TOLD_WITHIN:
                    yield f"Since {since:.3f} {computer.name} and {other} both do {lease.job}."
    for job in world.both_since.keys() - both:
        del world.both_since[job]


def broken_promises(world: World) -> Iterator[str]:
    """Sentences on promises that are broken in the end."""
    for computer in world.computers:
        computer.close_accounts()
    jobs = {job.id: job for job in world.disk.tables.jobs.values()}
    specs = {spec.key: spec for spec in world.specs}
    ends = Counter(each.job for each in world.history if each.state in ENDED)
    for person in world.people:
        for key in person.contradicted:
            yield f"The key {key} was acknowledged as two jobs."
        for id in person.acknowledged.values():
            job = jobs.get(id)
            if job is None:
                yield f"{id} was acknowledged and is lost."
            elif not job.over:
                yield f"{id} is still {job.state} at {world.clock.now:.0f} ({job.error})."
    for key, times in Counter(job.key for job in jobs.values()).items():
        if times > 1:
            yield f"The key {key} became {times} jobs."
    for id, job in jobs.items():
        spec = specs[job.key]
        if ends[id] > 1:
            yield f"{id} ended {ends[id]} times."
        if job.state == "COMPLETED":
            expected = hashlib.sha256(result(spec)).hexdigest()
            if [each.digest for each in job.results] != [expected]:
                yield f"{id} has the wrong result."
        if job.state == "FAILED" and not spec.label and not _excused(job.error):
            yield f"{id} failed though nothing was wrong with it: {job.error}"
        if job.state == "COMPLETED" and spec.label:
            yield f"{id} completed though it kills its workers."
        worked = world.worked.get(id, 0.0)
        if job.charged > worked + 1e-6:
            yield f"{id} was charged {job.charged:.3f} s, but worked {worked:.3f} s."
    yield from _too_early(world)
    for seq, event in enumerate(world.history, start=1):
        if event.seq != seq:
            yield f"State change {event.seq} stands where {seq} is due."
            break


def _too_early(world: World) -> Iterator[str]:
    """Sentences on jobs that began before those that they come after were completed."""
    earlier = {number: job.after for number, job in world.disk.tables.jobs.items()}
    completed: set[str] = set()
    for event in world.history:
        if event.state == "COMPLETED":
            completed.add(event.job)
        missing = {f"j{number}" for number in earlier.get(int(event.job[1:]), ())} - completed
        if event.state == "ASSIGNED" and missing:
            yield f"{event.job} began before {', '.join(sorted(missing))} was completed."


def _excused(error: str) -> bool:
    """Whether a job may fail so: its computers, or jobs it comes after, were given up on."""
    return "Given up" in error or "which it comes after, ended as" in error
