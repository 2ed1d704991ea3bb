"""The rows of the history: what was made, newest first, and what was looked for; Qt-free."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal, TypeAlias

from psygnal import Signal

from studio.machines.words import NOT_HERE_YET
from studio.panels import run_words
from studio.panels.rows import Row
from studio.runs import ENDED, HERE, Run, RunBook
from studio.times import ago

Which: TypeAlias = Literal["all", "done", "wrong"]
_PICTURES: Final = frozenset({".png", ".jpg", ".jpeg", ".webp"})


class HistoryRows:
    """Keeps what ended, in order.

    `clock` is seconds since 1970; `later` is asked to call `refresh` soon.
    """

    changed = Signal()
    row_changed = Signal(str)

    def __init__(
        self, book: RunBook, clock: Callable[[], float], later: Callable[[], None] = lambda: None
    ) -> None:
        self._book = book
        self._later = later
        self._clock = clock
        self._texts: dict[str, str] = {}
        self._text = ""
        self._which: Which = "all"
        self._order: list[tuple[float, str]] = []
        self._known: dict[str, tuple[float, str]] = {}
        self._keys: list[str] = []
        for run in book.runs():
            self._take(run)
        self.refresh()
        book.run_changed.connect(self._on_run)
        book.run_removed.connect(self._on_removed)

    @property
    def keys(self) -> Sequence[str]:
        """Keys of the runs that are shown."""
        return self._keys

    @property
    def count(self) -> int:
        """How many runs there are, shown or not."""
        return len(self._order)

    def run(self, key: str) -> Run | None:
        """The run of a row."""
        return self._book.get(key)

    def find(self, text: str, which: Which = "all") -> None:
        """Show only runs whose name, variation, place or files have all these words."""
        self._text, self._which = text.casefold().strip(), which
        self.refresh()

    def row(self, key: str) -> Row:
        """What a row shows."""
        run = self._book.get(key)
        if run is None:
            return Row(key, "")
        icon, tone = run_words.ICONS["lost" if is_late(run) else run.state]
        return Row(
            key,
            run_words.title_of(run),
            self._detail(run),
            ago(self._clock() - (run.ended or run.created or self._clock())),
            icon,
            tone,
            picture=picture_of(run),
            tip=run_words.tip_of(run),
        )

    def refresh(self) -> None:
        """Choose again what is shown."""
        words = self._text.split()
        self._keys = [key for _, key in self._order if self._fits(key, words)]
        self.changed.emit()

    def _fits(self, key: str, words: Sequence[str]) -> bool:
        run = self._book.get(key)
        if run is None or (
            self._which != "all" and (run.state == "done") != (self._which == "done")
        ):
            return False
        if not words:
            return True
        return all(word in self._texts[key] for word in words)

    @staticmethod
    def _detail(run: Run) -> str:
        if run.state != "done":
            return run_words.detail_of(run)
        parts = [file.name for file in run.files[:1]] or [run.note or "No file"]
        if len(run.files) > 1:
            parts.append(f"and {len(run.files) - 1} more")
        if took := run_words.took(run):
            parts.append(took)
        if run.place != HERE:
            parts.append(run.agent or run.place)
        return "  ·  ".join(parts)

    def _on_run(self, run: Run) -> None:
        known = run.key in self._known
        if self._take(run):
            self._later()
        elif known:
            self._texts[run.key] = _text_of(run)
            self.row_changed.emit(run.key)

    def _on_removed(self, key: str) -> None:
        place = self._known.pop(key, None)
        if place is not None:
            self._order.remove(place)
            del self._texts[key]
            self._later()

    def _take(self, run: Run) -> bool:
        """Note where a run stands; whether that is new."""
        place = (-(run.ended or run.created or 0.0), run.key) if run.state in ENDED else None
        before = self._known.get(run.key)
        if place == before:
            return False
        if before is not None:
            self._order.remove(before)
            del self._known[run.key], self._texts[run.key]
        if place is not None:
            self._texts[run.key] = _text_of(run)
            insort(self._order, place)
            self._known[run.key] = place
        return True


def _text_of(run: Run) -> str:
    """What is looked through when words are searched for."""
    files = " ".join(file.name for file in run.files)
    return f"{run.label} {run.variation} {run.place} {files} {run.error}".casefold()


def is_late(run: Run) -> bool:
    """Whether a run is done, and its files could not be brought here so far."""
    return run.state == "done" and not run.files and run.note.startswith(NOT_HERE_YET)


def picture_of(run: Run) -> Path | None:
    """A file that shows what a run made, small enough to be read for a row."""
    if run.thumbnail is not None:
        return run.thumbnail
    return next((file for file in run.files if file.suffix.lower() in _PICTURES), None)
