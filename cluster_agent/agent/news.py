"""What the shell tells the agent's machine of workers and transfers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

from cluster_agent.protocol.job_spec import ResultFile
from cluster_agent.protocol.messages import Checkpoint, Fault, Lease, Phase


class WorkerUp(NamedTuple):
    """A worker was started and waits for work; these packs and models are here."""

    slot: int
    packs: Mapping[str, str] = {}
    models: tuple[str, ...] = ()


class WorkerDown(NamedTuple):
    """A worker's process ended; `fault` and `error` say how, `peak` its memory at the worst."""

    slot: int
    fault: Fault
    error: str
    peak: int


class Prepared(NamedTuple):
    """What a job needs lies ready."""

    lease: Lease


class Unprepared(NamedTuple):
    """What a job needs could not be fetched."""

    lease: Lease
    fault: Fault
    error: str


class Began(NamedTuple):
    """A worker has begun with a job."""

    lease: Lease


class Told(NamedTuple):
    """An engine event of a running job, as JSON, and what it means for the job's state.

    `topic` is '' for an event that counts by itself; of those with an equal topic only the newest
    matters.  `phase`, `node`, `step` and `steps` are None where the event changes nothing.
    """

    lease: Lease
    event: str
    topic: str = ""
    node: str | None = None
    phase: Phase | None = None
    step: int | None = None
    steps: int | None = None


class Kept(NamedTuple):
    """A checkpoint of a running job lies in a file that nobody else removes."""

    lease: Lease
    fingerprint: str
    step: int
    path: Path


class Ended(NamedTuple):
    """A worker is done with a job and waits for the next; `fault` is None if it went well.

    `cancelled` says that it stopped because it was told to; `warm` is the model that it holds.
    """

    slot: int
    lease: Lease
    cancelled: bool = False
    fault: Fault | None = None
    error: str = ""
    peak: int = 0
    warm: str = ""


class Measured(NamedTuple):
    """What a worker holds of memory now, and what its job has written, in bytes."""

    slot: int
    memory: int
    disk: int


class Pushed(NamedTuple):
    """A checkpoint is in the blob store."""

    lease: Lease
    checkpoint: Checkpoint


class Unpushed(NamedTuple):
    """A checkpoint could not be brought there; an older one stands."""

    lease: Lease
    error: str


class Delivered(NamedTuple):
    """What a job wrote is in the blob store."""

    lease: Lease
    results: tuple[ResultFile, ...]


class Undelivered(NamedTuple):
    """What a job wrote could not be brought there."""

    lease: Lease
    fault: Fault
    error: str


News: TypeAlias = (
    WorkerUp | WorkerDown | Prepared | Unprepared | Began | Told | Kept | Ended | Measured
    | Pushed | Unpushed | Delivered | Undelivered
)  # fmt: skip
