"""The rows of the queue: what runs, what waits in its order, and what just went wrong; Qt-free.

Runs that were asked for together stand under one row that can be folded.  Only the order is kept;
a row is made when somebody looks at it, so a line of thousands costs no more than what is seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from psygnal import Signal

from studio.panels import run_words
from studio.panels.rows import Row, Tone
from studio.runs import HERE, Run, RunBook, RunState
from studio.times import left

BATCH: Final = "batch:"
_RANKS: Final[dict[RunState, int]] = {
    "running": 0,
    "lost": 0,
    "sending": 2,
    "queued": 1,
    "paused": 3,
    "failed": 4,
    "blocked": 4,
}
_WAITING: Final[tuple[RunState, ...]] = ("queued", "sending", "paused")
_WRONG: Final[frozenset[RunState]] = frozenset({"failed", "blocked"})


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of several runs are how."""

    running: int = 0
    waiting: int = 0
    interrupted: int = 0
    failed: int = 0
    done: int = 0


class QueueRows:
    """Keeps the order of what is open.  `later` is asked to call `refresh` soon."""

    changed = Signal()
    row_changed = Signal(str)

    def __init__(self, book: RunBook, later: Callable[[], None] = lambda: None) -> None:
        self._book = book
        self._later = later
        self._ranks: dict[str, tuple[object, ...]] = {}
        self._members: dict[str, list[str]] = {}
        self._states: Counter[RunState] = Counter()
        self._state_of: dict[str, RunState] = {}
        self._batches: dict[str, dict[str, None]] = {}
        self._folded: set[str] = set()
        self._dismissed: set[str] = {run.key for run in book.runs() if run.state in _WRONG}
        self._stale = False
        self._keys: list[str] = []
        for run in book.runs():
            self._rank(run)
        self.refresh()
        self._stale = False
        book.run_changed.connect(self._on_run)
        book.run_removed.connect(self._on_removed)

    @property
    def keys(self) -> Sequence[str]:
        """Keys of runs, and of batches."""
        return self._keys

    @property
    def tally(self) -> Tally:
        """What is in the queue."""
        return _tally(self._states)

    def run(self, key: str) -> Run | None:
        """The run of a row; None for a batch."""
        return self._book.get(key)

    def runs_of(self, key: str) -> tuple[Run, ...]:
        """The run of a row, or those of a batch."""
        keys = self._members.get(key.removeprefix(BATCH), ()) if _is_batch(key) else (key,)
        return tuple(run for run in map(self._book.get, keys) if run is not None)

    def row(self, key: str) -> Row:
        """What a row shows."""
        if _is_batch(key):
            return self._batch_row(key)
        run = self._book.get(key)
        if run is None:
            return Row(key, "")
        icon, tone = run_words.ICONS[run.state]
        member = len(self._members.get(run.batch, ())) > 1
        return Row(
            key,
            (run.variation or run_words.title_of(run)) if member else run_words.title_of(run),
            run_words.detail_of(run),
            run_words.right_of(run),
            icon,
            tone,
            run.fraction if run.state in ("running", "paused", "lost") else None,
            busy=run.state == "running" and run.fraction is None,
            depth=1 if member else 0,
            tip=run_words.tip_of(run),
        )

    def fold(self, key: str) -> None:
        """Hide the members of a batch, or show them."""
        self._folded.symmetric_difference_update({key.removeprefix(BATCH)})
        self._stale = True
        self.refresh()

    def dismiss(self, keys: Sequence[str] | None = None) -> None:
        """Take away runs that went wrong (all of them): they stay in the history."""
        wrong = [k for k in self._ranks if (run := self._book.get(k)) and run.state in _WRONG]
        for key in wrong if keys is None else keys:
            self._dismissed.add(key)
            self._drop(key)
        self._stale = True
        self.refresh()

    def place_for(self, keys: Sequence[str], before: str | None) -> tuple[tuple[str, ...], int]:
        """Which of some runs can be moved together, and where they then stand in their line.

        `before` is the key of the row that is to follow them, None for the end.  Only those move
        that wait where the first of them does.
        """
        runs = [run for run in map(self._book.get, keys) if run and run.state == "queued"]
        moved = tuple(run.key for run in runs if run.place == runs[0].place)
        if not moved:
            return (), 0
        if before is not None and _is_batch(before):
            before = next(iter(self._members.get(before.removeprefix(BATCH), ())), None)
        passed = list(takewhile(lambda key: key != before, self._line(runs[0])))
        return moved, sum(key not in moved for key in passed)

    def step(self, key: str, by: int) -> int | None:
        """The place of a run in its line after so many steps; None where it cannot be moved."""
        run = self._book.get(key)
        if run is None or run.state != "queued":
            return None
        line = self._line(run)
        at = line.index(key)
        wanted = min(max(0, at + by), len(line) - 1)
        return wanted if wanted != at else None

    def refresh(self) -> None:
        """Put the rows in order again, if anything asks for it."""
        before = self._keys
        order = sorted(self._ranks, key=self._ranks.__getitem__)
        members = {
            batch: sorted(self._ranks.keys() & keys, key=self._ranks.__getitem__)
            for batch, keys in self._batches.items()
        }
        self._members = {batch: keys for batch, keys in members.items() if len(keys) > 1}
        self._keys = self._grouped(order) if self._members else order
        if self._stale or before != self._keys:
            self._stale = False
            self.changed.emit()

    def _grouped(self, order: Sequence[str]) -> list[str]:
        rows: list[str] = []
        seen: set[str] = set()
        grouped = {key: batch for batch, keys in self._members.items() for key in keys}
        for key in order:
            batch = grouped.get(key)
            if batch is None:
                rows.append(key)
            elif batch not in seen:
                seen.add(batch)
                rows.append(BATCH + batch)
                if batch not in self._folded:
                    rows.extend(self._members[batch])
        return rows

    def _batch_row(self, key: str) -> Row:
        batch = key.removeprefix(BATCH)
        runs = self.runs_of(key)
        everyone = self._of_batch(batch)
        tally = _tally(Counter(run.state for run in everyone))
        etas = [run.eta for run in runs if run.state == "running" and run.eta is not None]
        label = runs[0].label if runs else ""
        tone: Tone = "danger" if tally.failed else "accent" if tally.running else "muted"
        return Row(
            key,
            f"{label or 'Untitled'}  ·  {len(everyone)} variations",
            _tally_words(tally),
            f"{left(min(etas))} to the next" if etas else "",
            "sweep",
            tone,
            tally.done / len(everyone) if everyone else None,
            fold=batch in self._folded,
            tip=_tally_words(tally),
        )

    def _of_batch(self, batch: str) -> list[Run]:
        """Those that ended belong to it too."""
        found = map(self._book.get, self._batches.get(batch, ()))
        return [run for run in found if run is not None]

    def _line(self, run: Run) -> list[str]:
        """The runs that wait where this one waits, in order."""
        waiting = (r for r in map(self._book.get, sorted(self._ranks, key=self._ranks.__getitem__)))
        return [r.key for r in waiting if r and r.state == "queued" and r.place == run.place]

    def _on_run(self, run: Run) -> None:
        before, state = self._ranks.get(run.key), self._state_of.get(run.key)
        self._rank(run)
        if self._ranks.get(run.key) != before or self._state_of.get(run.key) != state:
            self._stale = True
            self._later()
        elif before is not None:
            self.row_changed.emit(run.key)
        if run.batch in self._members:
            self.row_changed.emit(BATCH + run.batch)

    def _on_removed(self, key: str) -> None:
        if key in self._ranks:
            self._drop(key)
            self._stale = True
            self._later()

    def _rank(self, run: Run) -> None:
        """Its place among the rows; none for what is over."""
        if run.batch:
            self._batches.setdefault(run.batch, {})[run.key] = None
        rank = _RANKS.get(run.state)
        if run.active:
            self._dismissed.discard(run.key)
        if rank is None or run.key in self._dismissed:
            self._drop(run.key)
            return
        self._drop(run.key)
        self._states[run.state] += 1
        self._state_of[run.key] = run.state
        line = run.line if run.line is not None and run.state == "queued" else 1 << 30
        here = run.place != HERE, run.place
        self._ranks[run.key] = (rank, *here, line, run.created or 0.0, run.key)

    def _drop(self, key: str) -> None:
        self._ranks.pop(key, None)
        state = self._state_of.pop(key, None)
        if state is not None:
            self._states[state] -= 1


def _is_batch(key: str) -> bool:
    return key.startswith(BATCH)


def _tally(states: Counter[RunState]) -> Tally:
    return Tally(
        running=states["running"],
        waiting=sum(states[each] for each in _WAITING),
        interrupted=states["lost"],
        failed=sum(states[each] for each in _WRONG),
        done=states["done"],
    )


def _tally_words(tally: Tally) -> str:
    parts = (
        (tally.done, "done"),
        (tally.running, "running"),
        (tally.waiting, "waiting"),
        (tally.interrupted, "interrupted"),
        (tally.failed, "failed"),
    )
    return ", ".join(f"{count} {word}" for count, word in parts if count)
