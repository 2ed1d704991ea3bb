"""The front door: what a runner is, whether it computes here or on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from engine.errors import ReelwrightError
from engine.graph.document import Document
from engine.run.events import Event
from engine.values import Artifact

Listener: TypeAlias = Callable[[Event], None]
Outcome: TypeAlias = Literal["succeeded", "failed", "blocked", "cancelled"]


class Cancellation(Protocol):
    """A flag that one thread sets and another watches; threading.Event is one."""

    def is_set(self) -> bool: ...


@dataclass(frozen=True)
class RunRequest:
    """What to run.  `outputs` are node ids; None means everything that the document wants.

    `fresh` ignores results and checkpoints that are already there (new ones are still kept).
    `previews` asks for pictures of work under way, which cost a little of it.
    """

    document: Document
    outputs: Sequence[str] | None = None
    fresh: bool = False
    previews: bool = False


@dataclass(frozen=True)
class RunResult:
    """How a run ended: values of the wanted nodes by id and port, errors by node, files."""

    outcome: Outcome
    values: Mapping[str, Mapping[str, object]]
    errors: Mapping[str, ReelwrightError]
    artifacts: tuple[Artifact, ...]


class Runner(Protocol):
    """Runs documents; `LocalRunner` here, `ClusterRunner` on other machines."""

    def run(
        self,
        request: RunRequest,
        *,
        listener: Listener | None = None,
        cancellation: Cancellation | None = None,
    ) -> RunResult:
        """Run to the end.  Raises InvalidDocument before anything runs; the result has the rest."""
        ...
