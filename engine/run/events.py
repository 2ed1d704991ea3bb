"""The one vocabulary of progress, spoken by the command line, the studio, the wire, the gateway.

Events are deltas: each says what changed, nothing is resent.  They are frozen, plain and small;
`to_json` and `from_json` are the wire form (one object a line, `kind` first).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

NodeState = Literal["started", "done", "cached", "failed", "skipped", "cancelled"]


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run begins: `nodes` are planned, of which `cached` have their result already."""

    kind: ClassVar[str] = "run_started"
    run: str
    nodes: int


@dataclass(frozen=True, slots=True)
class NodeChanged:
    """A node entered a state; `seconds` is how long it computed, `message` why it failed."""

    kind: ClassVar[str] = "node"
    node: str
    state: NodeState
    seconds: float = 0.0
    message: str = ""


@dataclass(frozen=True, slots=True)
class Progressed:
    """A node has done `done` of `total` units; coalesced to at most 20 a second."""

    kind: ClassVar[str] = "progress"
    node: str
    done: int
    total: int
    unit: str


@dataclass(frozen=True, slots=True)
class Previewed:
    """A picture of a node's work so far, as JPEG bytes."""

    kind: ClassVar[str] = "preview"
    node: str
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class Noted:
    """A node tells the user something worth knowing (an unknown word, a resumed checkpoint)."""

    kind: ClassVar[str] = "note"
    node: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Checkpointed:
    """A checkpoint of a node was written; after a crash it would go on from `step`."""

    kind: ClassVar[str] = "checkpoint"
    node: str
    step: int


@dataclass(frozen=True, slots=True)
class Wrote:
    """A node wrote a finished file."""

    kind: ClassVar[str] = "wrote"
    node: str
    path: str
    digest: str
    signed: bool


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The run is over."""

    kind: ClassVar[str] = "run_ended"
    run: str
    outcome: Literal["succeeded", "failed", "blocked", "cancelled"]
    seconds: float


Event: TypeAlias = (
    RunStarted | NodeChanged | Progressed | Previewed | Noted | Checkpointed | Wrote | RunEnded
)
