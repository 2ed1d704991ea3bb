"""What the engine's events mean for a run and its nodes: a run and events in, a run out.

Events are deltas that may come late, twice, or not at all (progress is not kept by a broker).  So a
node that has ended is not set back to work by a late word, one that tells of progress has begun,
and what is still open when the run ends is closed with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from engine.run.events import (
    Checkpointed,
    Event,
    NodeChanged,
    Noted,
    Previewed,
    Progressed,
    RunEnded,
    RunStarted,
    Wrote,
)
from studio.runs import ENDED, NodeRun, NodeState, Run, RunState

OVER: Final[frozenset[NodeState]] = frozenset({"done", "cached", "failed", "skipped", "cancelled"})
_GOOD: Final[frozenset[NodeState]] = frozenset({"done", "cached"})
_STEPS: Final = "steps"
_NOTES: Final = 20
"""The newest notes of a node that are kept."""
_NAMED: Final = re.compile(r"Node '([^']+)': ")
_OUTCOMES: Final[Mapping[str, RunState]] = {
    "succeeded": "done",
    "failed": "failed",
    "blocked": "blocked",
    "cancelled": "cancelled",
}
_IDLE: Final = NodeRun()


def node_named(error: str) -> str:
    """The flat path of the node that an error sentence names first, or ''."""
    found = _NAMED.search(error)
    return found[1] if found else ""


def planned(run: Run, paths: Iterable[str]) -> tuple[Run, list[str]]:
    """The run with these nodes waiting, and those that changed."""
    fold = _Fold(run, 0.0)
    for path in paths:
        if path not in run.nodes or run.nodes[path].state == "idle":
            fold.change(path, state="waiting")
    return fold.result()


def interrupted(run: Run, state: RunState) -> Run:
    """The run after an attempt that came to nothing: what ran will be tried again."""
    fold = _Fold(run, 0.0)
    for path, node in run.nodes.items():
        if node.state == "running" and node.total:
            far = f"Waiting at {node.done} of {node.total} {node.unit}".rstrip()
            fold.change(path, state="waiting", eta=None, first=None, message=far)
        elif node.state not in _GOOD:
            fold.change(path, state="waiting", eta=None, first=None)
    changed, _ = fold.result()
    return replace(changed, state=state, node="", eta=None)


def holding(run: Run, nbytes: int) -> tuple[Run, list[str]]:
    """The run whose process holds so many bytes now, and the node at work if it never held more."""
    fold = _Fold(run if nbytes <= run.peak else replace(run, peak=nbytes), 0.0)
    node = run.nodes.get(run.node)
    if node is not None and node.state == "running" and nbytes > node.memory:
        fold.change(run.node, memory=nbytes)
    return fold.result()


def folded(run: Run, events: Sequence[Event], now: float) -> tuple[Run, list[str]]:
    """The run after events, and the nodes that changed, in order."""
    fold = _Fold(run, now)
    for event in events:
        fold.take(event)
    return fold.result()


def closed(run: Run, state: RunState, error: str = "") -> Run:
    """The run at its end: what still ran or waited does so no more.

    A node that the error names has failed; of a run that went well nothing else is left open than
    what was not heard of.
    """
    failed = node_named(error) if state in ("failed", "blocked") else ""
    running: NodeState = "done" if state == "done" else "cancelled"
    fold = _Fold(run, 0.0)
    if failed and run.nodes.get(failed, _IDLE).state not in _GOOD:
        fold.change(failed, state="failed", message=error, eta=None)
    for path, node in run.nodes.items():
        if path == failed:
            continue
        if node.state == "running":
            done = node.total if state == "done" else node.done
            fold.change(path, state=running, done=done, eta=None)
        elif node.state == "waiting":
            fold.change(path, state="idle")
    changed, _ = fold.result()
    done = run.total if state == "done" else run.done
    return replace(changed, state=state, error=error, eta=None, line=None, node=failed, done=done)


@dataclass
class _Fold:
    """Folds events into copies that are made once, however many events there are."""

    run: Run
    now: float

    def __post_init__(self) -> None:
        self._nodes: dict[str, NodeRun] = dict(self.run.nodes)
        self._changed: dict[str, None] = {}
        self._before = self.run

    def result(self) -> tuple[Run, list[str]]:
        if self._changed:
            self.run = replace(self.run, nodes=MappingProxyType(self._nodes))
        return self.run, list(self._changed)

    def take(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._begin()
            case NodeChanged():
                self._enter(event)
            case Progressed():
                self._progress(event)
            case Previewed(node=path, jpeg=jpeg):
                self.change(path, preview=jpeg)
            case Noted(node=path, sentence=sentence) if path:
                self.change(path, notes=(*self._of(path).notes, sentence)[-_NOTES:])
            case Noted(sentence=sentence):
                self.run = replace(self.run, note=sentence)
            case Checkpointed(node=path, step=step):
                self.change(path, checkpoint=step)
            case Wrote(node=path, path=file):
                self._wrote(path, Path(file))
            case RunEnded(outcome=outcome):
                self.run, _ = self.result()
                self._end(_OUTCOMES[outcome])

    def change(self, path: str, **changes: object) -> None:
        before = self._of(path)
        after = replace(before, **changes)  # type: ignore[arg-type]  # all are fields of it
        if after != before:
            self._nodes[path] = after
            self._changed[path] = None

    def _of(self, path: str) -> NodeRun:
        return self._nodes.get(path, _IDLE)

    def _begin(self) -> None:
        """An attempt begins: what went well stays so, all else will be tried again."""
        if self.run.state in ENDED:
            return  # late
        for path, node in list(self._nodes.items()):
            if node.state in OVER - _GOOD or node.state == "running":
                self.change(path, state="waiting", message="", eta=None, first=None)
        self.run = replace(self.run, state="running", error="", eta=None)

    def _is_late(self) -> bool:
        """Whether it can only be of an attempt that is over: the next begins with its own word."""
        return self.run.state in ("queued", "paused")

    def _enter(self, event: NodeChanged) -> None:
        path = event.node
        if self._is_late() and event.state not in _GOOD:
            return
        if event.state == "started":
            if self._of(path).state not in OVER:
                self._start(path)
            return
        extra: dict[str, object] = {}
        node = self._of(path)
        if event.state == "done" and node.total:
            extra["done"] = node.total
        self.change(
            path,
            state=event.state,
            seconds=event.seconds,
            message=event.message,
            eta=None,
            **extra,
        )
        if self.run.node == path:
            self.run = replace(self.run, node="", eta=None)
        self._count()

    def _start(self, path: str) -> None:
        self.change(path, state="running", started=self.now, first=None, eta=None, message="")
        self.run = replace(self.run, node=path, eta=None)

    def _progress(self, event: Progressed) -> None:
        path, node = event.node, self._of(event.node)
        if node.state in OVER or self._is_late():
            return
        if node.state != "running":
            self._start(path)
            node = self._of(path)
        first = node.first
        if first is None or event.done < first[0]:
            first = (event.done, self.now)
        eta = _eta(first, event.done, event.total, self.now)
        done, total, unit = event.done, event.total, event.unit
        self.change(path, done=done, total=total, unit=unit, first=first, eta=eta)
        self.run = replace(self.run, node=path, eta=eta)
        if unit == _STEPS:
            self._count()

    def _wrote(self, path: str, file: Path) -> None:
        """Only files that are here: a worker tells their names alone, and they follow later."""
        if file.is_absolute() and file not in self._of(path).files:
            self.change(path, files=(*self._of(path).files, file))
            if file not in self.run.files:
                self.run = replace(self.run, files=(*self.run.files, file))

    def _count(self) -> None:
        """A run's steps are its nodes' steps."""
        stepping = [node for node in self._nodes.values() if node.unit == _STEPS]
        total = sum(node.total for node in stepping)
        if total:
            done = sum(node.done for node in stepping)
            self.run = replace(self.run, done=done, total=max(total, self.run.total))

    def _end(self, state: RunState) -> None:
        before = self._nodes
        self.run = closed(self.run, state, self.run.error)
        self._nodes = dict(self.run.nodes)
        for path, node in self._nodes.items():
            if before.get(path) is not node:
                self._changed[path] = None


def _eta(first: tuple[int, float], done: int, total: int, now: float) -> float | None:
    """Seconds left at the pace since the first progress; a resumed node began in the middle."""
    worked = done - first[0]
    if worked <= 0 or now <= first[1]:
        return None
    return (now - first[1]) / worked * max(0, total - done)
