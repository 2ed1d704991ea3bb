"""What all messages share: their base, the words in them, and those that anybody may say."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from cluster_agent.protocol.job_spec import Digest, Name, Short

VERSION = 1
LARGEST = 8 << 20
"""Bytes in a message; files are larger, and travel in chunks through the blob service."""
Count = Annotated[int, Field(ge=0, le=2**53)]
Elapsed = Annotated[float, Field(ge=0, lt=1e10)]  # seconds on a GPU
JobId = Annotated[str, Field(pattern=r"^j[0-9]{1,18}$")]
Key = Annotated[str, Field(pattern=r"^[0-9a-zA-Z.\-:+=^!/*?&<>()\[\]{}@%$#]{40}$")]  # Z85
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


class Frozen(BaseModel):
    """What is said or kept: never changed, of exactly these types, with exactly these fields."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class Message(Frozen):
    """What all messages have."""

    kind: ClassVar[str]
    re: Count = 0


class Lease(Frozen):
    """The right to work on a job: void once the job has a higher epoch."""

    job: JobId
    epoch: Count


class Checkpoint(Frozen):
    """A sampler's state in the blob store: for the fingerprint of its work, after `step`."""

    fingerprint: Annotated[str, Field(pattern=r"^[0-9a-f]{16,128}$")]
    step: Count
    digest: Digest
    size: Count


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
