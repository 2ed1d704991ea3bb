"""From a click on Run to the first event in the book, as the window would see it, child warm.

The graph is the shipped demo with few steps; each run has another seed, so that it is computed.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from engine.graph.document import load_document
from engine.graph.overrides import apply_settings
from engine.graph.registry import installed_registry
from studio.document import OpenDocument
from studio.runs import Run, RunBook
from tests.benchmarks._table import row
from tests.studio.machines.studio import Studio

REPEATS = 30
GRAPH = Path("assets/graphs/demo.reel")


@dataclass
class Click:
    """Milliseconds from the click until something was so in the book."""

    key: str
    at: float
    call: float = 0.0
    queued: float = 0.0
    event: float = 0.0
    sampling: float = 0.0


@dataclass
class Watch:
    """Hears the book, and times what it says of the newest click."""

    book: RunBook
    click: Click | None = None
    pumps: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.book.run_changed.connect(self._on_run)
        self.book.node_changed.connect(self._on_node)

    def _on_run(self, run: Run) -> None:
        click = self.click
        if click is not None and run.key == click.key and run.id and not click.queued:
            click.queued = 1e3 * (time.perf_counter() - click.at)

    def _on_node(self, run: Run, path: str) -> None:
        click = self.click
        if click is None or run.key != click.key or run.nodes[path].state in ("idle", "waiting"):
            return
        now = 1e3 * (time.perf_counter() - click.at)
        click.event = click.event or now
        if path == "sample":
            click.sampling = click.sampling or now


def clicks(studio: Studio) -> tuple[list[Click], list[float]]:
    """Run the demo again and again; the moments of each click, and how long each pump took."""
    registry = installed_registry()
    document = load_document(GRAPH)
    watch = Watch(studio.book)
    plain = studio.desk.pump

    def pump() -> None:
        began = time.perf_counter()
        plain()
        watch.pumps.append(1e3 * (time.perf_counter() - began))

    studio.desk.pump = pump  # type: ignore[method-assign]
    found = []
    for seed in range(REPEATS):
        settings = {"seed": str(1000 + seed), "steps": "2", "frames": "9"}
        opened = OpenDocument(apply_settings(document, settings, registry), registry)
        began = time.perf_counter()
        (key,) = studio.desk.submit(opened)
        watch.click = click = Click(key, began, 1e3 * (time.perf_counter() - began))
        studio.until_files(key)
        found.append(click)
    return found, watch.pumps


def percentile(values: list[float], share: float) -> float:
    """The value below which that share of the values lies."""
    return sorted(values)[min(len(values) - 1, round(share * (len(values) - 1)))]


def main() -> None:
    """Print medians and 95th percentiles."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["REELWRIGHT_CONFIG"] = f"{folder}/config"
        began = time.perf_counter()
        with Studio(Path(folder), preload="starter") as studio:
            studio.ready()
            row("studio start to a child that takes work", f"{time.perf_counter() - began:.2f} s")
            found, pumps = clicks(studio)
    for what, name, bar in (
        ("the click itself, on the window's thread", "call", "8 ms"),
        ("click to a durable place in the queue", "queued", ""),
        ("click to the first event in the book", "event", "150 ms"),
        ("click to the sampler's first event", "sampling", ""),
    ):
        # The first click may find the model still being loaded.
        values = [getattr(click, name) for click in found[1:]]
        shown = f"p50 {statistics.median(values):.1f}, p95 {percentile(values, 0.95):.1f} ms"
        row(what, shown, bar)
    row("the first click of all", f"{found[0].event:.0f} ms")
    row("one pump of news", f"p99 {percentile(pumps, 0.99):.1f}, max {max(pumps):.1f} ms", "8 ms")


if __name__ == "__main__":
    main()
