"""What the agent's machine asks its shell to do."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, TypeAlias

from cluster_agent.protocol.job_spec import Digest, JobSpec
from cluster_agent.protocol.messages import Checkpoint, Lease, Message


class Say(NamedTuple):
    """A message for the broker."""

    message: Message


class Complain(NamedTuple):
    """A sentence for whoever looks after this machine."""

    sentence: str


class Prepare(NamedTuple):
    """Fetch what a job needs and lay it ready; answered by Prepared or Unprepared."""

    lease: Lease
    slots: tuple[int, ...]
    spec: JobSpec
    checkpoints: tuple[Checkpoint, ...]


class Run(NamedTuple):
    """Give a prepared job to the workers of these slots; the first one speaks."""

    lease: Lease
    slots: tuple[int, ...]
    spec: JobSpec
    resumed: bool


class Cancel(NamedTuple):
    """Tell these workers to stop at the next step."""

    lease: Lease
    slots: tuple[int, ...]


class Kill(NamedTuple):
    """End these workers at once; each answers with WorkerDown."""

    slots: tuple[int, ...]


class Start(NamedTuple):
    """Start a worker in a slot; answered by WorkerUp or WorkerDown."""

    slot: int


class Push(NamedTuple):
    """Bring a checkpoint into the blob store; answered by Pushed or Unpushed."""

    lease: Lease
    fingerprint: str
    step: int
    path: Path


class Drop(NamedTuple):
    """A checkpoint that a newer one has overtaken: remove its file."""

    path: Path


class Deliver(NamedTuple):
    """Bring what a job wrote into the blob store; answered by Delivered or Undelivered."""

    lease: Lease
    slot: int


class Forget(NamedTuple):
    """Nothing of this lease is wanted any more: stop its transfers, remove its files."""

    lease: Lease


class Fetch(NamedTuple):
    """Bring these blobs, and a model's weights, nearer: they will probably be needed next."""

    model: str
    inputs: tuple[Digest, ...]


Instruction: TypeAlias = (
    Say | Complain | Prepare | Run | Cancel | Kill | Start | Push | Drop | Deliver | Forget | Fetch
)
