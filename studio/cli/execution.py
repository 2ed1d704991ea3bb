"""Running prepared documents in front of the user: progress, results, cancelling, exit code."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from rich.console import Console

from engine.errors import BlockedByPolicy, Cancelled, ReelwrightError
from engine.run.runner import Outcome, Runner, RunRequest, RunResult
from studio.cli.console import messages, results, shown_path
from studio.cli.display import RunDisplay
from studio.cli.failure import report
from studio.cli.interrupt import cancelled_by_signals
from studio.cli.log import log_kept
from studio.cli.ndjson import JsonLines
from studio.cli.preparation import Variation

EXIT_CODE: Final[dict[Outcome, int]] = {
    "succeeded": 0,
    "failed": ReelwrightError.exit_code,
    "blocked": BlockedByPolicy.exit_code,
    "cancelled": Cancelled.exit_code,
}
WORST_FIRST: Final[tuple[Outcome, ...]] = ("cancelled", "failed", "blocked")


@dataclass(frozen=True)
class Execution:
    """How to run: which nodes (None: what the graph wants), anew or not, told to whom."""

    outputs: tuple[str, ...] | None = None
    fresh: bool = False
    as_json: bool = False


@dataclass(frozen=True)
class Finished:
    """How it went: the exit code of the worst outcome, and every result in order."""

    code: int
    results: tuple[RunResult, ...]


def execute(runner: Runner, variations: Sequence[Variation], how: Execution) -> Finished:
    """Run one after the other until the user stops it, and report every error."""
    with log_kept() as log:
        found = _run_all(runner, variations, how)
        for result in found:
            for error in result.errors.values():
                report(error)
        if log.path is not None:
            messages().print(f"The log is '{log.path}'.", style="dim", soft_wrap=True)
    outcomes = {result.outcome for result in found}
    code = next((EXIT_CODE[outcome] for outcome in WORST_FIRST if outcome in outcomes), 0)
    return Finished(code, tuple(found))


def _run_all(runner: Runner, variations: Sequence[Variation], how: Execution) -> list[RunResult]:
    console = messages()
    found = []
    with (
        cancelled_by_signals(lambda: _announce_stop(console)) as cancellation,
        # In a thread of its own, or a long call into a library would hold up the second Ctrl-C.
        ThreadPoolExecutor(max_workers=1, thread_name_prefix="run") as thread,
    ):
        lines = JsonLines(sys.stdout, cancellation.set) if how.as_json else None
        for index, variation in enumerate(variations, start=1):
            _announce(console, lines, variation, index, len(variations))
            request = RunRequest(variation.document, how.outputs, how.fresh)
            run = thread.submit(_run, runner, request, console, lines, cancellation)
            found.append(run.result())
            if cancellation.is_set():
                break
    return found


def _run(
    runner: Runner,
    request: RunRequest,
    console: Console,
    lines: JsonLines | None,
    cancellation: threading.Event,
) -> RunResult:
    if lines is not None:
        return runner.run(request, listener=lines, cancellation=cancellation)
    with RunDisplay(console, tuple(request.document.nodes)) as display:
        result = runner.run(request, listener=display, cancellation=cancellation)
        for artifact in result.artifacts:
            display.present(artifact.path, artifact.signed)
    _print_results(result)
    return result


def _print_results(result: RunResult) -> None:
    """Results for whoever reads standard output: files by path, other values by name."""
    console = results()
    if not console.is_terminal:  # on a terminal the display has named the files
        for artifact in result.artifacts:
            console.print(shown_path(artifact.path), soft_wrap=True)
    for node, ports in result.values.items():
        for port, value in ports.items():
            if _is_plain(value):
                console.print(f"{node}.{port} = {value}", soft_wrap=True)


def _is_plain(value: object) -> bool:
    if isinstance(value, list):
        return bool(value) and all(_is_plain(item) for item in value)
    return isinstance(value, (str, int, float))


def _announce(
    console: Console, lines: JsonLines | None, variation: Variation, index: int, total: int
) -> None:
    if total == 1:
        return
    if lines is not None:
        lines.variation(index, total, variation.settings)
        return
    settings = "  ".join(f"{name}={value}" for name, value in variation.settings.items())
    console.print(f"{'' if index == 1 else chr(10)}{index} of {total}:  {settings}", style="bold")


def _announce_stop(console: Console) -> None:
    console.print(
        "Stopping after this step; the same command will go on from there.  "
        "Ctrl-C again ends at once.",
        style="yellow",
        soft_wrap=True,
    )
