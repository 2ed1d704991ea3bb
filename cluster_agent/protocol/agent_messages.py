"""What agents and brokers say to each other: role agent."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cluster_agent.protocol.job_spec import Digest, JobSpec, Name, ResultFile, Short
from cluster_agent.protocol.message import (
    Checkpoint,
    Count,
    Elapsed,
    Fault,
    Frozen,
    Lease,
    Many,
    Message,
    Phase,
)


class Gpu(Frozen):
    """One accelerator; a machine without any counts as one GPU named 'cpu'.  Memory in bytes."""

    name: Short
    memory: Count


class AgentInfo(Frozen):
    """What an agent says of its machine.  Memory in bytes."""

    name: Name
    host: Short
    software: Short
    gpus: Annotated[tuple[Gpu, ...], Field(min_length=1, max_length=64)]
    cpus: Count
    memory: Count
    packs: dict[str, str]  # node packs and their versions
    models: tuple[Short, ...] = ()  # whose weights lie on its disk


class Register(Message):
    """An agent is here, and still holds these leases (after a reconnection)."""

    kind = "register"
    info: AgentInfo
    holding: tuple[Lease, ...] = ()


class Registered(Message):
    """Beat every `beat` seconds; who hears nothing for `fence` seconds stops its work by itself.

    Leases end after `lease` seconds without a beat.  Those in `void` are lost: stop them.
    """

    kind = "registered"
    beat: float
    fence: float
    lease: float
    void: tuple[Lease, ...]


class Beat(Message):
    """I am alive, from the loop that controls the workers; the leases are those it works on.

    `number` grows; an agent counts as heard only by Beaten with the same number.
    """

    kind = "beat"
    number: Count
    holding: tuple[Lease, ...]


class Beaten(Message):
    """Heard.  Leases in `void` are lost: stop them."""

    kind = "beaten"
    number: Count
    void: tuple[Lease, ...] = ()


class Ready(Message):
    """What is free now: one entry a GPU, the model that is warm there or ''.

    The newest Ready counts; an Assign uses up as many entries as it names.  `number` grows.
    """

    kind = "ready"
    number: Count
    free: Annotated[tuple[str, ...], Field(max_length=64)]
    next: tuple[str, ...] = ()  # models of jobs that could be prefetched for; reserved


class Assign(Message):
    """Work: start it on `gpus` of those that were free.  `ready` is the number it answers."""

    kind = "assign"
    lease: Lease
    spec: JobSpec
    user: Name
    ready: Count
    timeout: float
    checkpoints: tuple[Checkpoint, ...]


class Prefetch(Message):
    """The job that will probably come next: fetch its weights and inputs meanwhile."""

    kind = "prefetch"
    model: str
    inputs: tuple[Digest, ...]


class Stop(Message):
    """End the work of a lease at the next step; 'preempt' and 'pause' after a checkpoint."""

    kind = "stop"
    lease: Lease
    reason: Literal["cancel", "preempt", "pause", "void"]


class Started(Message):
    """Work has begun."""

    kind = "started"
    lease: Lease


class Report(Message):
    """How far it is.  `seconds` is the time the job held its GPUs so far, `step` of `steps` done.

    `events` are engine events for those who watch; only a changed `phase` or a checkpoint is kept.
    """

    kind = "report"
    lease: Lease
    seconds: Elapsed
    phase: Phase | None = None
    step: Count = 0
    steps: Count = 0
    checkpoint: Checkpoint | None = None
    events: Annotated[tuple[str, ...], Field(max_length=256)] = ()


class Finished(Message):
    """The job's files are in the blob store.  Answered by Done, or Refused as stale."""

    kind = "finished"
    lease: Lease
    seconds: Elapsed
    results: Annotated[tuple[ResultFile, ...], Field(max_length=Many)]


class Failed(Message):
    """The work of a lease ended without result.  Answered by Done, or Refused as stale."""

    kind = "failed"
    lease: Lease
    seconds: Elapsed
    fault: Fault
    error: Annotated[str, Field(max_length=4000)]
    peak: Count = 0  # bytes of memory at the worst moment


class Stopped(Message):
    """The work of a lease was ended because Stop said so.  Answered by Done, or Refused."""

    kind = "stopped"
    lease: Lease
    seconds: Elapsed
