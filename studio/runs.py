"""What is known of runs: jobs here and on clusters, and the state of their nodes.

All of it is frozen data; the book keeps the newest of each and tells who listens.  What events
mean is in `run_states.py`.  It lives on the window's thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, TypedDict, Unpack

from psygnal import Signal

if TYPE_CHECKING:
    from engine.run.events import Event

NodeState: TypeAlias = Literal[
    "idle", "waiting", "running", "done", "cached", "failed", "skipped", "cancelled"
]
RunState: TypeAlias = Literal[
    "sending",
    "queued",
    "running",
    "paused",
    "done",
    "failed",
    "blocked",
    "cancelled",
    "lost",
]
HERE: Final = "here"
"""The place that is this computer."""
ENDED: Final[frozenset[RunState]] = frozenset({"done", "failed", "blocked", "cancelled"})
"""States that only a retry leaves.  A lost run is none of them: its queue is not reached."""


@dataclass(frozen=True, slots=True)
class NodeRun:
    """One node of one run, by its flat path ('up/sample').

    `done` of `total` are counted in `unit`; `started` is monotonic, `seconds` how long it computed,
    `eta` how many seconds are left.  `preview` is a JPEG, `checkpoint` the step it would go on
    from.  `memory` is what its process held at most while it was at work, as far as somebody looked
    (bytes).  `first` is the first progress that was seen, and when: what the pace is measured from.
    """

    state: NodeState = "idle"
    done: int = 0
    total: int = 0
    unit: str = ""
    started: float = 0.0
    seconds: float = 0.0
    eta: float | None = None
    message: str = ""
    notes: tuple[str, ...] = ()
    preview: bytes = b""
    checkpoint: int = 0
    files: tuple[Path, ...] = ()
    memory: int = 0
    first: tuple[int, float] | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One job, here or on a cluster.

    `key` is ours and stable, `id` the broker's ('' before it answered).  `document` is the
    `OpenDocument.id` it was made from.  Times are seconds since 1970.  `line` is its place in the
    queue (0 is next), `node` the node at work, `done` of `total` its steps, `peak` bytes of memory
    at the worst moment.  Runs with one `batch` were asked for together; `variation` says what is
    special about this one ('seed=3').  `files` are finished files that are here by now.  `note` is
    what else is worth knowing, such as that its place is not reached.
    """

    key: str
    id: str = ""
    place: str = HERE
    document: str = ""
    label: str = ""
    state: RunState = "sending"
    nodes: Mapping[str, NodeRun] = field(default_factory=dict)
    error: str = ""
    created: float | None = None
    started: float | None = None
    ended: float | None = None
    line: int | None = None
    agent: str = ""
    node: str = ""
    done: int = 0
    total: int = 0
    eta: float | None = None
    files: tuple[Path, ...] = ()
    thumbnail: Path | None = None
    peak: int = 0
    attempt: int = 0
    batch: str = ""
    variation: str = ""
    note: str = ""

    @property
    def active(self) -> bool:
        """Whether something may still become of it by itself."""
        return self.state not in ENDED

    @property
    def fraction(self) -> float | None:
        """How far it is, 0 to 1; None where nobody knows."""
        if self.state == "done":
            return 1.0
        return min(1.0, self.done / self.total) if self.total else None


class RunChanges(TypedDict, total=False):
    """What may change in a run from outside of its events."""

    id: str
    place: str
    document: str
    label: str
    state: RunState
    error: str
    created: float | None
    started: float | None
    ended: float | None
    line: int | None
    agent: str
    node: str
    done: int
    total: int
    eta: float | None
    files: tuple[Path, ...]
    thumbnail: Path | None
    peak: int
    attempt: int
    batch: str
    variation: str
    note: str
    nodes: Mapping[str, NodeRun]


class RunBook:
    """Every run that is known, newest first, and the newest of each."""

    run_changed = Signal(object)
    """Run: a new object."""
    node_changed = Signal(object, str)
    """Run, and the flat path of the node."""
    run_removed = Signal(str)
    """The key of a run that is forgotten."""

    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}
        self._by_document: dict[str, list[str]] = {}
        self._current: dict[str, str] = {}
        self._order: list[str] | None = []

    def runs(self) -> tuple[Run, ...]:
        """All runs, newest first."""
        if self._order is None:
            ordered = sorted(self._runs.values(), key=lambda run: run.created or 0.0)
            self._order = [run.key for run in reversed(ordered)]
        return tuple(map(self._runs.__getitem__, self._order))

    def get(self, key: str) -> Run | None:
        """The run of a key."""
        return self._runs.get(key)

    def current_of(self, document_id: str) -> Run | None:
        """The run whose state a document shows: at work, else next in line, else the last one."""
        known = self._by_document.get(document_id)
        if not known:
            return None
        if document_id not in self._current:
            ranks = [(_rank(self._runs[key]), at, key) for at, key in enumerate(known)]
            self._current[document_id] = max(ranks)[2]
        return self._runs[self._current[document_id]]

    def put(self, run: Run) -> None:
        """Write down a run, new or as it is now."""
        before = self._runs.get(run.key)
        if before == run:
            return
        if before is None or before.document != run.document:
            self._file(before, run)
        self._store(run)
        self.run_changed.emit(run)

    def update(self, key: str, **changes: Unpack[RunChanges]) -> None:
        """Change some of what is known of a run; one that is not known stays so."""
        run = self._runs.get(key)
        if run is not None:
            self.put(replace(run, **changes))

    def forget(self, key: str) -> None:
        """Strike a run out."""
        run = self._runs.pop(key, None)
        if run is not None:
            self._order = None
            self._by_document[run.document].remove(key)
            self._current.pop(run.document, None)
            self.run_removed.emit(key)

    def plan(self, key: str, paths: Iterable[str]) -> None:
        """These nodes will be computed: they wait."""
        from studio.run_states import planned

        run = self._runs.get(key)
        if run is not None:
            self._tell(*planned(run, paths))

    def hold(self, key: str, nbytes: int) -> None:
        """The process of a run holds so much memory now, and with it the node at work."""
        from studio.run_states import holding

        run = self._runs.get(key)
        if run is not None:
            self._tell(*holding(run, nbytes))

    def apply(self, key: str, event: Event, now: float) -> None:
        """What the engine said of a run, at a monotonic time."""
        self.apply_all(key, (event,), now)

    def apply_all(self, key: str, events: Sequence[Event], now: float) -> None:
        """The same for many events, at the cost of one."""
        from studio.run_states import folded

        run = self._runs.get(key)
        if run is not None:
            self._tell(*folded(run, events, now))

    def _tell(self, run: Run, nodes: Iterable[str]) -> None:
        if run is self._runs.get(run.key):
            return
        self._store(run)
        for node in nodes:
            self.node_changed.emit(run, node)
        self.run_changed.emit(run)

    def _store(self, run: Run) -> None:
        before = self._runs.get(run.key)
        if before is None or before.created != run.created:
            self._order = None
        if before is None or _rank(before) != _rank(run) or before.document != run.document:
            self._current.pop(run.document, None)
        self._runs[run.key] = run

    def _file(self, before: Run | None, run: Run) -> None:
        if before is not None:
            self._by_document[before.document].remove(run.key)
            self._current.pop(before.document, None)
        self._by_document.setdefault(run.document, []).append(run.key)


def _rank(run: Run) -> tuple[int, float]:
    """Which of a document's runs it shows: the greatest of these, and of equals the last."""
    if run.state == "running":
        return 2, run.started or 0.0
    if run.active:  # of those that wait, the one that comes first
        return 1, -(run.created or 0.0)
    return 0, run.ended or run.created or 0.0
