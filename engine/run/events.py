"""The one vocabulary of progress, spoken by the command line, the studio, the wire, the gateway.

Events are deltas: each says what changed, nothing is resent.  They are frozen, plain and small;
`to_json` and `from_json` are the wire form (one object a line, `kind` first).
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, ClassVar, Final, Literal, TypeAlias, get_args, get_type_hints

from pydantic import BaseModel, ConfigDict, create_model

from engine.errors import InvalidInput

NodeState = Literal["started", "done", "cached", "failed", "skipped", "cancelled"]


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run begins: `nodes` are planned; those whose result is there already follow as cached."""

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

_KINDS: Final[dict[str, type[Event]]] = {event.kind: event for event in get_args(Event)}


def to_json(event: Event) -> str:
    """One line of JSON without its end: `kind`, then the fields; bytes as base64."""
    plain: dict[str, object] = {"kind": event.kind}
    for name in _field_names(event.kind):
        value = getattr(event, name)
        plain[name] = base64.b64encode(value).decode() if isinstance(value, bytes) else value
    return json.dumps(plain, separators=(",", ":"))


def from_json(line: str | bytes) -> Event:
    """The event that a line says.  Raises InvalidInput for anything else."""
    try:
        plain = json.loads(line)
        kind = plain.pop("kind")
        if kind == Previewed.kind:
            plain["jpeg"] = base64.b64decode(plain["jpeg"], validate=True)
        return _KINDS[kind](**_fields_model(kind).model_validate(plain).model_dump())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidInput("This is no event that this version knows.") from error


@cache
def _field_names(kind: str) -> tuple[str, ...]:
    return tuple(field.name for field in fields(_KINDS[kind]))


@cache
def _fields_model(kind: str) -> type[BaseModel]:
    """What the fields of an event from elsewhere must be, exactly."""
    hints = get_type_hints(_KINDS[kind])
    declared: dict[str, Any] = {name: (hints[name], ...) for name in _field_names(kind)}
    return create_model(kind, __config__=ConfigDict(strict=True, extra="forbid"), **declared)
