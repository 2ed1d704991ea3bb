"""Jobs of a cluster, as a table and one by one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio.cli.console import messages, print_columns, print_json, results

if TYPE_CHECKING:
    from cluster_agent.protocol.messages import JobView


def print_jobs(found: Sequence[JobView], *, as_json: bool) -> None:
    """One line a job."""
    if as_json:
        print_json([job.model_dump(mode="json") for job in found])
        return
    if not found:
        messages().print("No jobs.")
        return
    header = ("Job", "State", "Progress", "Tier", "User", "Agent", "Age", "What")
    rows = [header, *map(_row, found)]
    print_columns(results(), rows, header=True)


def print_details(found: Sequence[JobView], *, as_json: bool) -> None:
    """All that is known of some jobs."""
    if as_json:
        print_json([job.model_dump(mode="json") for job in found])
        return
    for number, job in enumerate(found):
        if number:
            results().print()
        rows = [(name, value) for name, value in _details(job).items() if value]
        print_columns(results(), rows)


def state_of(job: JobView) -> str:
    """A job's state in a word."""
    return "paused" if job.paused else job.state.lower().replace("_", " ")


def _row(job: JobView) -> tuple[str, ...]:
    what = job.label or job.model or "-"
    return (
        job.id, state_of(job), _progress(job), job.tier, job.user, job.agent or "-",
        duration(time.time() - job.created), f"{what}: {job.error}" if job.error else what,
    )  # fmt: skip


def _progress(job: JobView) -> str:
    if job.place is not None:
        return "next" if job.place == 0 else f"{job.place} before"
    return f"{job.step}/{job.steps}" if job.steps else "-"


def _details(job: JobView) -> dict[str, str]:
    return {
        "Job": job.id,
        "Key": job.key,
        "What": job.label,
        "State": state_of(job),
        "Why": job.error,
        "User": f"{job.user}, tier {job.tier}, priority {job.priority}",
        "Model": job.model,
        "Agent": job.agent,
        "Attempt": str(job.attempt or ""),
        "Progress": _progress(job),
        "Checkpoint": f"step {job.checkpoint}" if job.checkpoint else "",
        "Submitted": _when(job.created),
        "Started": _when(job.started),
        "Ended": _when(job.ended),
        "Charged": f"{job.charged:.1f} GPU-seconds",
        "Files": ", ".join(result.path for result in job.results),
    }


def _when(moment: float | None) -> str:
    if moment is None:
        return ""
    ago = duration(time.time() - moment)
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment)) + f" ({ago} ago)"


def duration(seconds: float) -> str:
    """'12 s', '3 min', '5 h', '2 d'."""
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"
