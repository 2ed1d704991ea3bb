"""What a job is asked to be: a graph with its inputs, and what it needs to run."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

LARGEST_GRAPH = 1 << 20
"""Bytes of a graph inside a message; a larger one travels as a blob."""

Short = Annotated[str, Field(max_length=200)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]  # SHA-256
Seconds = Annotated[float, Field(gt=0, lt=10_000_000)]
_SEGMENT = re.compile(r"[^/\\\x00-\x1f]{1,255}")


def _inside(path: str) -> str:
    """A relative path that cannot leave the folder it is put into."""
    segments = path.split("/")
    if len(path) > 1000 or any(
        part in ("", ".", "..") or not _SEGMENT.fullmatch(part) for part in segments
    ):
        raise ValueError(f"'{path[:80]}' is not a plain relative path")
    return path


InsidePath = Annotated[str, AfterValidator(_inside)]


class InputFile(BaseModel):
    """A file that the graph reads: where it lies in the job's workspace, and its content."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
    path: InsidePath
    digest: Digest
    size: Annotated[int, Field(ge=0)]


class ResultFile(BaseModel):
    """A file that the graph wrote: its name, the node that wrote it, and its content."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
    path: InsidePath
    node: Short
    digest: Digest
    size: Annotated[int, Field(ge=0)]
    signed: bool = False


class JobSpec(BaseModel):
    """A job as its user asks for it; frozen, and kept as long as the job is.

    `key` makes submitting it again harmless.  `graph` is the document's JSON, or empty where
    `graph_digest` names a blob.  `outputs` are node ids; None is everything the document wants.
    `model`, `size` (latent elements) and `steps` say what kind of work it is, `seconds` how long
    the user expects it to take on its `gpus`; `memory` is bytes needed on each.  `packs` are node
    packs with the versions the document was made with.  `after` are jobs that must be COMPLETED.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
    key: Annotated[str, Field(min_length=1, max_length=128)]
    graph: Annotated[bytes, Field(max_length=LARGEST_GRAPH)] = b""
    graph_digest: Digest | None = None
    outputs: Annotated[tuple[Short, ...], Field(max_length=1000)] | None = None
    inputs: Annotated[tuple[InputFile, ...], Field(max_length=1000)] = ()
    label: Short = ""
    tier: Name = "standard"
    priority: Annotated[int, Field(ge=0, le=1_000_000)] = 100
    after: Annotated[tuple[str, ...], Field(max_length=1000)] = ()
    model: Short = ""
    size: Annotated[int, Field(ge=0)] = 0
    steps: Annotated[int, Field(ge=0)] = 0
    seconds: Seconds | None = None
    gpus: Annotated[int, Field(ge=1, le=64)] = 1
    memory: Annotated[int, Field(ge=0)] = 0
    packs: Annotated[dict[str, str], Field(max_length=100)] = Field(default_factory=dict)
    timeout: Seconds | None = None
    attempts: Annotated[int, Field(ge=1, le=100)] = 3
    previews: bool = False
    fresh: bool = False

    @model_validator(mode="after")
    def _one_graph(self) -> Self:
        if bool(self.graph) == (self.graph_digest is not None):
            raise ValueError("a job has either a graph or the digest of one")
        return self
