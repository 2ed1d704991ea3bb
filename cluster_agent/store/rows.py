"""Records as bytes: how jobs and state changes are packed into a database's rows.

A job is its fields in the order in which JobRecord declares them, in msgpack.  Who changes that
order or adds a field raises VERSION: a database of another version is refused, not misread.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from operator import attrgetter
from sys import intern
from typing import Final, get_args

import msgpack

from cluster_agent.broker.records import ENDED, JobRecord
from cluster_agent.protocol.job_spec import ResultFile
from cluster_agent.protocol.messages import Changed, Checkpoint, ListJobs, State
from cluster_agent.scheduling.estimates import Kind
from engine.errors import StorageFailed

VERSION: Final = 1
FIELDS: Final = tuple(each.name for each in fields(JobRecord))


def _states(literal: object) -> Iterable[str]:
    for each in get_args(literal):
        if isinstance(each, str):
            yield each
        else:
            yield from _states(each)


STATES: Final = tuple(dict.fromkeys(_states(State)))
UNENDED: Final = tuple(state for state in STATES if state not in ENDED)

_PLAIN: Final = FIELDS[:-2]
_plain = attrgetter(*_PLAIN)
_all = attrgetter(*FIELDS)
_packer = msgpack.Packer()


def copy_job(job: JobRecord) -> JobRecord:
    """The same record, which later changes of the first do not reach."""
    return JobRecord(*_all(job))


def pack_job(job: JobRecord) -> bytes:
    """A job's record as bytes."""
    checkpoints = [(c.fingerprint, c.step, c.digest, c.size) for c in job.checkpoints]
    results = [(r.path, r.node, r.digest, r.size, r.signed) for r in job.results]
    packed: bytes = _packer.pack((*_plain(job), checkpoints, results))
    return packed


def unpack_job(data: bytes) -> JobRecord:
    """A job's record from its bytes.  Raises StorageFailed where they make no sense."""
    try:
        job = JobRecord(*msgpack.unpackb(data, use_list=False))
        # Thousands of jobs share these few words; each would otherwise keep its own copy.
        job.user, job.tier, job.model = intern(job.user), intern(job.tier), intern(job.model)
        job.agent = intern(job.agent)
        if job.checkpoints:
            job.checkpoints = tuple(_checkpoint(*each) for each in job.checkpoints)
        if job.results:
            job.results = tuple(_result(*each) for each in job.results)
    except (ValueError, TypeError) as error:
        raise damaged("a job") from error
    return job


def pack_event(event: Changed) -> bytes:
    """A state change without its number, as bytes."""
    packed: bytes = _packer.pack(
        (event.job, event.user, event.state, event.attempt, event.agent, event.error)
    )
    return packed


def unpack_event(seq: int, data: bytes) -> Changed:
    """A state change from its number and bytes.  Raises StorageFailed where they make no sense."""
    try:
        job, user, state, attempt, agent, error = msgpack.unpackb(data)
        return Changed(
            seq=seq, job=job, user=user, state=state, attempt=attempt, agent=agent, error=error
        )
    except (ValueError, TypeError) as problem:
        raise damaged("a state change") from problem


def pack_kind(kind: tuple[str, int, int]) -> bytes:
    """A kind of job as bytes; its numbers may be larger than a database's integers."""
    packed: bytes = _packer.pack(tuple(kind))
    return packed


def unpack_kind(data: bytes) -> Kind:
    """A kind of job from its bytes.  Raises StorageFailed where they make no sense."""
    try:
        return Kind(*msgpack.unpackb(data))
    except (ValueError, TypeError) as error:
        raise damaged("an estimate") from error


def damaged(what: str) -> StorageFailed:
    """What to say of a row that cannot be read."""
    return StorageFailed(
        f"The broker's queue is damaged: {what} in it cannot be read.",
        remedy="Put a copy of the queue in its place, or start with a new folder.",
    )


def before(query: ListJobs) -> int:
    """Only jobs with smaller numbers than this are on the page asked for."""
    return 2**62 if query.before is None else int(query.before[1:])


def sought(query: ListJobs) -> tuple[str, ...]:
    """The states asked for, each once; all of them where none is named."""
    return tuple(dict.fromkeys(query.states)) or STATES


def _checkpoint(fingerprint: str, step: int, digest: str, size: int) -> Checkpoint:
    return Checkpoint(fingerprint=fingerprint, step=step, digest=digest, size=size)


def _result(path: str, node: str, digest: str, size: int, signed: bool) -> ResultFile:
    return ResultFile(path=path, node=node, digest=digest, size=size, signed=signed)
