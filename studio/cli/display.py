"""A run as people follow it on standard error: bars while it goes, a line for what is finished."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from engine.run.events import Checkpointed, Event, NodeChanged, Noted, Progressed, RunEnded, Wrote
from studio.cli.console import count, shown_path
from studio.cli.pace import Pace, duration_text, rate_text, remaining_text

NOTEWORTHY_SECONDS: Final = 1.0
SECONDS_BETWEEN_LINES: Final = 10.0  # where bars cannot be drawn: in a log file, say
WIDEST_NODE: Final = 28


class RunDisplay:
    """Listens to a run, and sums it up on leaving.  Every method may be called from any thread."""

    def __init__(
        self,
        console: Console,
        nodes: tuple[str, ...],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._clock = clock
        self._lock = threading.Lock()
        self._width = min(WIDEST_NODE, max((len(node) for node in nodes), default=0))
        self._progress: dict[str, Progressed] = {}
        self._paces: dict[str, Pace] = {}
        self._tasks: dict[str, TaskID] = {}
        self._checkpoints: dict[str, int] = {}
        self._counts = {"done": 0, "cached": 0}
        self._wrote: dict[str, str] = {}  # the node by the file's path
        self._end: RunEnded | None = None
        self._spoke_at = clock()
        self._bars = _bars(console, self._width) if console.is_terminal else None

    def __enter__(self) -> Self:
        if self._bars:
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bars:
            self._bars.stop()
        if self._end:
            self._print_end(self._end)

    def __call__(self, event: Event) -> None:
        with self._lock:
            match event:
                case Progressed():
                    self._on_progress(event)
                case NodeChanged():
                    self._on_node(event)
                case Noted():
                    self._line("!", event.node, event.sentence, "yellow")
                case Wrote():
                    self._on_file(event.node, Path(event.path), event.signed)
                case Checkpointed():
                    self._checkpoints[event.node] = event.step
                case RunEnded():
                    self._end = event
                case _:
                    pass

    def present(self, path: Path, signed: bool) -> None:
        """Name a result that this run did not need to write again."""
        with self._lock:
            if str(path) not in self._wrote:
                self._on_file("", path, signed, "already there")

    def _on_progress(self, event: Progressed) -> None:
        now = self._clock()
        pace = self._paces.get(event.node)
        if pace is None or event.done < pace.done:
            pace = self._paces[event.node] = Pace.starting(event.done, now)
        pace.report(event.done, now)
        self._progress[event.node] = event
        figures = _figures(event, pace)
        if self._bars is None:
            if now - self._spoke_at >= SECONDS_BETWEEN_LINES:
                self._line(".", event.node, figures, "dim")
        elif event.node in self._tasks:
            self._bars.update(
                self._tasks[event.node], completed=event.done, total=event.total, figures=figures
            )
        else:
            self._tasks[event.node] = self._bars.add_task(
                event.node, total=event.total, completed=event.done, figures=figures
            )

    def _on_node(self, event: NodeChanged) -> None:
        if event.state == "started":
            return
        if event.state in self._counts:
            self._counts[event.state] += 1
        last = self._progress.pop(event.node, None)
        self._paces.pop(event.node, None)
        task = self._tasks.pop(event.node, None)
        if self._bars and task is not None:
            self._bars.remove_task(task)
            self._bars.refresh()  # or the next line printed would draw the bar once more
        if event.node in self._wrote.values():
            return  # its file has a line already
        if event.state == "done" and event.seconds >= NOTEWORTHY_SECONDS:
            amount = f"{count(last.total, last.unit.removesuffix('s'))}, " if last else ""
            self._line("✓", event.node, amount + duration_text(event.seconds), "green")

    def _on_file(self, node: str, path: Path, signed: bool, remark: str = "") -> None:
        self._wrote[str(path)] = node
        facts = [_size(path), "signed" if signed else "not signed", remark]
        details = ", ".join(fact for fact in facts if fact)
        self._line("✓", node, f"{shown_path(path)}  ({details})", "green")

    def _print_end(self, event: RunEnded) -> None:
        done, cached = self._counts["done"], self._counts["cached"]
        what = f"{count(done, 'node')} computed" + (f", {cached:,} already there" if cached else "")
        if event.outcome == "succeeded":
            what = what if done else "everything was there already"
            self._print(Text(f"Done in {duration_text(event.seconds)}: {what}.", style="dim"))
        elif event.outcome == "cancelled":
            steps = (f"step {step} of '{node}'" for node, step in self._checkpoints.items())
            kept = f"  A checkpoint is kept of {', '.join(steps)}." if self._checkpoints else ""
            self._print(Text(f"Stopped.{kept}  To go on, run the same command again."))

    def _line(self, sign: str, node: str, text: str, style: str) -> None:
        if not self._console.encoding.startswith("utf"):
            sign = sign.replace("✓", "+")
        name = node.ljust(self._width) + "  " if node else ""
        self._print(Text.assemble((f"{sign} ", style), name, text))

    def _print(self, line: Text) -> None:
        self._spoke_at = self._clock()
        self._console.print(line, soft_wrap=True)


def _bars(console: Console, width: int) -> Progress:
    return Progress(
        TextColumn(" "),
        TextColumn("{task.description:<" + str(width) + "}", markup=False),
        BarColumn(bar_width=28, complete_style="cyan", finished_style="cyan"),
        TextColumn("{task.fields[figures]}", markup=False),
        console=console,
        transient=True,
    )


def _figures(event: Progressed, pace: Pace) -> str:
    remaining = pace.remaining(event.total)
    parts = [f"{event.done:,}/{event.total:,} {event.unit}", rate_text(pace.rate, event.unit)]
    parts.append(f"{remaining_text(remaining)} left" if remaining else "")
    return "  ".join(part for part in parts if part)


def _size(path: Path) -> str:
    """A file's size for people, in the decimal units that file managers show."""
    try:
        size: float = path.stat().st_size
    except OSError:
        return ""
    if path.is_dir():
        return "a folder"
    if size < 1000:
        return count(int(size), "byte")
    for unit in ("kB", "MB"):
        size /= 1000
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "kB" else f"{size:.1f} {unit}"
    return f"{size / 1000:.1f} GB"
