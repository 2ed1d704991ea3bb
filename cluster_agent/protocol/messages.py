"""Every message of the protocol, version 1: who says it, and what it must hold.

A message is one frame: a msgpack map of `kind` and the fields below.  `re` is a number the asker
chose; the answer carries it.  All are frozen, strict and closed: an unknown field is refused.
PROTOCOL.md tells the conversations in which they are used.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from cluster_agent.protocol.job_spec import Digest, JobSpec, Name, ResultFile, Short

VERSION = 1
Count = Annotated[int, Field(ge=0, le=2**53)]
JobId = Annotated[str, Field(pattern=r"^j[0-9]{1,18}$")]
Many = 1000

Phase = Literal[
    "ENCODING", "GENERATING", "VAE_DECODING", "AUDIO_GENERATING", "SAFETY_CHECKING", "TRANSCODING",
    "UPLOADING",
]  # fmt: skip
State = Literal[
    "PENDING", "QUEUED", "ASSIGNED", Phase, "COMPLETED", "FAILED", "CANCELLED", "BLOCKED"
]
Fault = Literal[
    "failed",  # the graph itself failed: trying elsewhere may help, or not
    "invalid",  # the graph or its inputs cannot be used: trying again cannot help
    "refused",  # this agent cannot do it: a missing pack, too little memory
    "blocked",  # a policy forbids it
    "out_of_memory", "crashed", "hung", "timed_out",  # the worker's end, seen by its agent
    "storage",  # a disk or the blob store
]  # fmt: skip


class Message(BaseModel):
    """What all messages have."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
    kind: ClassVar[str]
    re: Count = 0


# Anybody


class Hello(Message):
    """The first message of every connection.  `versions` are those the sender can speak."""

    kind = "hello"
    versions: tuple[Count, ...]
    software: Short


class Welcome(Message):
    """The version chosen, what the sender may do, and where blobs are taken in and given out."""

    kind = "welcome"
    version: Count
    broker: Name
    user: Name
    roles: tuple[str, ...]
    blobs: Short  # address of the blob service; empty where there is none
    largest: Count  # bytes in a message


class Refused(Message):
    """No: one sentence that says what, where and the way out."""

    kind = "refused"
    reason: str
    code: Literal["invalid", "forbidden", "unknown", "quota", "version", "busy", "stale"]


class Done(Message):
    """Yes, and it is durable.  `jobs` are those it was done to."""

    kind = "done"
    jobs: tuple[JobId, ...] = ()


class Ping(Message):
    """Is anybody there?  Answered by Done."""

    kind = "ping"


# Role submit


class Submit(Message):
    """Queue jobs: all of them, or none.  Answered by Submitted once they are durable."""

    kind = "submit"
    jobs: Annotated[tuple[JobSpec, ...], Field(min_length=1, max_length=Many)]


class Submitted(Message):
    """The jobs' ids, in order; `known` says which keys were submitted before."""

    kind = "submitted"
    jobs: tuple[JobId, ...]
    known: tuple[bool, ...]


class Cancel(Message):
    """Stop jobs at the next step.  One that has ended stays as it is."""

    kind = "cancel"
    jobs: Annotated[tuple[JobId, ...], Field(min_length=1, max_length=Many)]


class Pause(Message):
    """Take waiting jobs out of the queue until Resume; a running one is stopped at a checkpoint."""

    kind = "pause"
    jobs: Annotated[tuple[JobId, ...], Field(min_length=1, max_length=Many)]


class Resume(Message):
    """Queue paused jobs again."""

    kind = "resume"
    jobs: Annotated[tuple[JobId, ...], Field(min_length=1, max_length=Many)]


class Retry(Message):
    """Queue failed jobs again, as if they had never been tried; their checkpoints are kept."""

    kind = "retry"
    jobs: Annotated[tuple[JobId, ...], Field(min_length=1, max_length=Many)]


class Move(Message):
    """Put waiting jobs of one user and priority at `index` among their equals; None: the back."""

    kind = "move"
    jobs: Annotated[tuple[JobId, ...], Field(min_length=1, max_length=Many)]
    index: Count | None


# Role observe


class ListJobs(Message):
    """Newest first.  `before` is the last id of the page before."""

    kind = "list_jobs"
    states: tuple[State, ...] = ()
    user: Name | None = None
    before: JobId | None = None
    limit: Annotated[int, Field(ge=1, le=Many)] = 100


class JobView(BaseModel):
    """What may be known of a job.  Times are seconds since 1970, for people to read."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
    id: JobId
    key: Short
    user: Name
    tier: Name
    priority: Count
    label: str
    model: str
    state: State
    paused: bool
    place: Count | None  # in the user's line, 0 is next
    agent: str
    attempt: Count
    step: Count
    steps: Count
    checkpoint: Count
    created: float
    started: float | None
    ended: float | None
    charged: float  # GPU-seconds
    error: str
    results: tuple[ResultFile, ...]


class JobList(Message):
    """The answer to ListJobs and GetJobs."""

    kind = "job_list"
    jobs: tuple[JobView, ...]


class GetJobs(Message):
    """Some jobs by id.  Unknown ones are left out of the answer."""

    kind = "get_jobs"
    jobs: Annotated[tuple[JobId, ...], Field(min_length=1, max_length=Many)]


class Watch(Message):
    """Send events on these topics: 'jobs' (all that one may see), 'job/<id>', 'agents'.

    State changes after sequence number `since` are told again (None: from now on).  At most
    `credit` messages are sent before Credit grants more; meanwhile progress is coalesced, and
    state changes wait in the log.
    """

    kind = "watch"
    topics: Annotated[tuple[Short, ...], Field(min_length=1, max_length=100)]
    since: Count | None = None
    credit: Annotated[int, Field(ge=1, le=10_000)] = 256


class Credit(Message):
    """So many more events may be sent."""

    kind = "credit"
    more: Annotated[int, Field(ge=1, le=10_000)]


class Watching(Message):
    """The watch is on.  `oldest` is the first number that can still be replayed: a watcher who
    asked for older ones reads the state anew with ListJobs.
    """

    kind = "watching"
    seq: Count
    oldest: Count


class Changed(Message):
    """A job entered a state.  `seq` grows by one with each of these, over restarts too."""

    kind = "changed"
    seq: Count
    job: JobId
    user: Name
    state: State
    attempt: Count = 0
    agent: str = ""
    error: str = ""


class Progress(Message):
    """The newest of a running job: `events` are engine events, one JSON object each.

    Not durable, and coalesced: who is slow gets the newest of each node only.
    """

    kind = "progress"
    job: JobId
    events: tuple[str, ...]


class AgentChanged(Message):
    """An agent came, went, or is draining."""

    kind = "agent_changed"
    agent: Name
    state: Literal["online", "draining", "offline"]


class ListAgents(Message):
    """Answered by AgentList."""

    kind = "list_agents"


class Gpu(BaseModel):
    """One accelerator; a machine without any counts as one GPU named 'cpu'.  Memory in bytes."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
    name: Short
    memory: Count


class AgentInfo(BaseModel):
    """What an agent says of its machine.  Memory in bytes."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
    name: Name
    host: Short
    software: Short
    gpus: Annotated[tuple[Gpu, ...], Field(min_length=1, max_length=64)]
    cpus: Count
    memory: Count
    packs: dict[str, str]  # node packs and their versions
    models: tuple[Short, ...] = ()  # whose weights lie on its disk


class AgentView(BaseModel):
    """What may be known of an agent."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
    info: AgentInfo
    state: Literal["online", "draining", "offline"]
    free: Count
    warm: tuple[str, ...]
    jobs: tuple[JobId, ...]


class AgentList(Message):
    """The agents, by name."""

    kind = "agent_list"
    agents: tuple[AgentView, ...]


class GetStatus(Message):
    """Answered by Status."""

    kind = "get_status"


class Status(Message):
    """Counters: jobs by state, agents, events, and GPU-seconds served by tier."""

    kind = "status"
    counters: dict[str, float]


# Role admin


class Drain(Message):
    """Give an agent no more work (`on`), or work again."""

    kind = "drain"
    agent: Name
    on: bool


class SetTerms(Message):
    """A user's weight and limits in a tier: GPUs at one time, GPU-seconds charged and not ended."""

    kind = "set_terms"
    tier: Name
    user: Name
    weight: Annotated[float, Field(gt=0, lt=1e9)]
    slots: Count | None
    cost: Annotated[float, Field(ge=0)] | None
    queued: Count | None = None  # how many jobs may wait


class PauseFlow(Message):
    """Dispatch nothing of a tier, or of a user in it, until it is turned off again."""

    kind = "pause_flow"
    tier: Name
    user: Name | None
    on: bool


# Role agent


class Lease(BaseModel):
    """The right to work on a job: void once the job has a higher epoch."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
    job: JobId
    epoch: Count


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


class Checkpoint(BaseModel):
    """A sampler's state in the blob store: for the fingerprint of its work, after `step`."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
    fingerprint: Annotated[str, Field(pattern=r"^[0-9a-f]{16,128}$")]
    step: Count
    digest: Digest
    size: Count


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
    seconds: float
    phase: Phase | None = None
    step: Count = 0
    steps: Count = 0
    checkpoint: Checkpoint | None = None
    events: Annotated[tuple[str, ...], Field(max_length=256)] = ()


class Finished(Message):
    """The job's files are in the blob store.  Answered by Done, or Refused as stale."""

    kind = "finished"
    lease: Lease
    seconds: float
    results: Annotated[tuple[ResultFile, ...], Field(max_length=Many)]


class Failed(Message):
    """The work of a lease ended without result.  Answered by Done, or Refused as stale."""

    kind = "failed"
    lease: Lease
    seconds: float
    fault: Fault
    error: Annotated[str, Field(max_length=4000)]
    peak: Count = 0  # bytes of memory at the worst moment


class Stopped(Message):
    """The work of a lease was ended because Stop said so.  Answered by Done, or Refused."""

    kind = "stopped"
    lease: Lease
    seconds: float


# Blob service


class StatBlob(Message):
    """Is it there?  Answered by Blob."""

    kind = "stat_blob"
    digest: Digest


class Blob(Message):
    """A blob is there when `have` equals `size`; otherwise sending goes on at `have`."""

    kind = "blob"
    digest: Digest
    size: Count | None
    have: Count


class CheckBlob(Message):
    """What I received of it does not match: is yours damaged?  Answered by Blob or Refused."""

    kind = "check_blob"
    digest: Digest


class PutBlob(Message):
    """I want to send a blob.  Answered by Grant, at what is there already, or Refused (quota)."""

    kind = "put_blob"
    digest: Digest
    size: Count


class Grant(Message):
    """Go on at `have`; bytes up to `until` may be sent.

    Once `whole`, the blob is checked and durable; before, nothing is promised.
    """

    kind = "grant"
    digest: Digest
    have: Count
    until: Count
    whole: bool = False


class GetBlob(Message):
    """Send me a blob from `offset`, at most up to byte `until`; ask on before it is reached."""

    kind = "get_blob"
    digest: Digest
    offset: Count
    until: Count


class Chunk(Message):
    """Bytes of a blob, in either direction; `re` is that of the PutBlob or GetBlob."""

    kind = "chunk"
    digest: Digest
    offset: Count
    size: Count  # of the whole blob
    data: bytes


FromClient: TypeAlias = (
    Hello | Ping | Submit | Cancel | Pause | Resume | Retry | Move | ListJobs | GetJobs | Watch
    | Credit | ListAgents | GetStatus | Drain | SetTerms | PauseFlow
)  # fmt: skip
FromAgent: TypeAlias = (
    Hello | Ping | Register | Beat | Ready | Started | Report | Finished | Failed | Stopped
)
ToClient: TypeAlias = (
    Welcome | Refused | Done | Submitted | JobList | Watching | Changed | Progress | AgentChanged
    | AgentList | Status
)  # fmt: skip
ToAgent: TypeAlias = Welcome | Refused | Done | Registered | Beaten | Assign | Prefetch | Stop
ToBlobs: TypeAlias = Hello | Ping | StatBlob | CheckBlob | PutBlob | GetBlob | Chunk
FromBlobs: TypeAlias = Welcome | Refused | Done | Blob | Grant | Chunk
