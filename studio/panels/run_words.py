"""How a run is put into words: what it does, how far it is, when it will be done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from studio.panels.rows import Tone
from studio.runs import HERE, Run, RunState
from studio.times import left, size, span

ICONS: Final[Mapping[RunState, tuple[str, Tone]]] = {
    "sending": ("waiting", "muted"),
    "queued": ("waiting", "muted"),
    "running": ("running", "accent"),
    "paused": ("pause", "info"),
    "done": ("done", "success"),
    "failed": ("failed", "danger"),
    "blocked": ("failed", "danger"),
    "cancelled": ("cancelled", "muted"),
    "lost": ("warning", "warning"),
}
_WORDS: Final[Mapping[RunState, str]] = {
    "sending": "Being sent",
    "queued": "Waiting",
    "running": "Running",
    "paused": "Paused",
    "done": "Done",
    "failed": "Failed",
    "blocked": "Blocked by a policy",
    "cancelled": "Stopped",
    "lost": "Interrupted",
}


def title_of(run: Run) -> str:
    """What a run is called."""
    name = run.label or "Untitled"
    return f"{name}  ·  {run.variation}" if run.variation else name


def state_word(run: Run) -> str:
    """A run's state, in a word or two."""
    return _WORDS[run.state]


def detail_of(run: Run) -> str:
    """What a run does now, or why it does not."""
    if run.error:
        return run.error
    if run.state == "running":
        return _at_work(run)
    note = f": {run.note}" if run.note else ""
    where = "" if run.place == HERE else f" on {run.place.removeprefix('@')}"
    return f"{state_word(run)}{where}{note}"


def right_of(run: Run) -> str:
    """What stands at the right: how long it still takes, or its place in the queue."""
    if run.state == "running":
        return f"{left(run.eta)} left" if run.eta is not None else ""
    if run.state == "queued" and run.line is not None:
        return "next" if run.line == 0 else f"{run.line + 1} in line"
    return ""


def took(run: Run) -> str:
    """How long an ended run worked."""
    if run.started is None or run.ended is None:
        return ""
    return span(run.ended - run.started)


def tip_of(run: Run) -> str:
    """Everything about a run, a line each."""
    lines = [title_of(run), detail_of(run)]
    if run.place != HERE:
        agent = f", machine {run.agent}" if run.agent else ""
        lines.append(f"On {run.place.removeprefix('@')}{agent}")
    if run.total:
        lines.append(f"Step {run.done} of {run.total}")
    if run.attempt > 1:
        lines.append(f"Attempt {run.attempt}")
    if run.peak:
        lines.append(f"Memory: {size(run.peak)} at most")
    lines.extend(str(file) for file in run.files[:5])
    return "\n".join(dict.fromkeys(line for line in lines if line))


def _at_work(run: Run) -> str:
    parts = []
    if run.node:
        node = run.nodes.get(run.node)
        unit = node.unit.removesuffix("s") if node is not None else ""
        far = f", {unit} {node.done} of {node.total}" if node is not None and node.total else ""
        parts.append(f"{run.node}{far}")
    else:
        parts.append("Starting" if not run.done else "At work")
    if run.place != HERE:
        parts.append(run.agent or run.place.removeprefix("@"))
    if run.note:
        parts.append(run.note)
    return "  ·  ".join(parts)
