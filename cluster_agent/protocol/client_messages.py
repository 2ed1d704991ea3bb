"""What front ends and brokers say to each other: roles submit, observe and admin."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cluster_agent.protocol.agent_messages import AgentInfo
from cluster_agent.protocol.job_spec import JobSpec, Name, ResultFile, Short
from cluster_agent.protocol.message import Count, Frozen, JobId, Many, Message, State

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


class JobView(Frozen):
    """What may be known of a job.  Times are seconds since 1970, for people to read."""

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


class AgentView(Frozen):
    """What may be known of an agent."""

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
