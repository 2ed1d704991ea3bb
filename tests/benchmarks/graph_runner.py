"""How much the runner costs by itself: trivial nodes, in CPU milliseconds.

Validation, flattening and fingerprints are included.  'fresh parse' figures are for an equal
document that was read from its text again, so that nothing remembered about the first one helps.
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from engine.graph.context import Context
from engine.graph.document import Document, Link, NodeSpec, dump_document, parse_document
from engine.graph.node import Node
from engine.graph.params import Param
from engine.graph.ports import In
from engine.graph.registry import Registry
from engine.run.events import Event, to_json
from engine.run.local import LocalRunner
from engine.run.runner import RunRequest, RunResult
from tests.benchmarks._table import row

ROUNDS = 7


class Increment(Node, type="benchmark.increment", version=1, category="Benchmark"):
    """Add to a number."""

    value: In[int | None] = None
    amount: int = Param(1)

    def run(self, ctx: Context) -> int:
        return (self.value or 0) + self.amount


def chains(count: int, length: int, first: int = 0) -> Document:
    """`count` chains of `length` nodes; `first` is the amount of the very first node."""
    nodes: dict[str, NodeSpec] = {}
    links: list[Link] = []
    for chain in range(count):
        for place in range(length):
            amount = chain if place == 0 else 1
            nodes[f"n{chain}_{place}"] = NodeSpec(
                type="benchmark.increment", version=1, params={"amount": amount}
            )
            if place:
                source = (f"n{chain}_{place - 1}", "result")
                links.append(Link(source=source, target=(f"n{chain}_{place}", "value")))
    nodes["n0_0"] = NodeSpec(type="benchmark.increment", version=1, params={"amount": first})
    return Document(nodes=nodes, links=tuple(links))


def edited(document: Document, amount: int) -> Document:
    """The document with one end changed, as an edit makes it: all other nodes are shared."""
    last = list(document.nodes)[-1]
    spec = NodeSpec(type="benchmark.increment", version=1, params={"amount": amount})
    return document.model_copy(update={"nodes": {**document.nodes, last: spec}})


def cpu_ms(work: Callable[[], object]) -> float:
    """CPU time of one call in milliseconds, the collector's debts paid before."""
    gc.collect()
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1000


def best(measure: Callable[[], float]) -> float:
    """The least of several rounds: what the work costs when nothing disturbs it."""
    return min(measure() for _ in range(ROUNDS))


class Bench:
    """Runs documents, each measurement with a registry and a runner that remember nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def runner(self) -> LocalRunner:
        self._count += 1
        home = self._folder / str(self._count)
        return LocalRunner(Registry.of(Increment), folder=home, output=home / "out")

    def cold(self, count: int, length: int) -> float:
        document = chains(count, length)
        runner = self.runner()
        return cpu_ms(lambda: succeeded(runner.run(RunRequest(document))))

    def cached(self, *, parsed: bool = False) -> float:
        document = chains(100, 10)
        again = parse_document(dump_document(document)) if parsed else document
        runner = self.runner()
        succeeded(runner.run(RunRequest(document)))
        return cpu_ms(lambda: succeeded(runner.run(RunRequest(again))))

    def one_changed(self, *, parsed: bool = False) -> float:
        document = chains(100, 10)
        changed = edited(document, 7)
        again = parse_document(dump_document(changed)) if parsed else changed
        runner = self.runner()
        succeeded(runner.run(RunRequest(document)))
        return cpu_ms(lambda: succeeded(runner.run(RunRequest(again))))

    def events_bytes(self) -> int:
        events: list[Event] = []
        document = chains(100, 10)
        succeeded(self.runner().run(RunRequest(document), listener=events.append))
        return sum(len(to_json(event)) + 1 for event in events)


def succeeded(result: RunResult) -> None:
    """Refuse to measure a run that went wrong."""
    if result.outcome != "succeeded":
        raise RuntimeError(f"the run {result.outcome}: {dict(result.errors)}")


def measure(folder: Path) -> list[tuple[str, float, str]]:
    """(what, figure, bar) of every measurement."""
    bench = Bench(folder)
    pairs = [(bench.cold(100, 10), bench.cold(1000, 10)) for _ in range(ROUNDS)]
    cold, tenfold = (min(times) for times in zip(*pairs, strict=True))
    return [
        ("1,000 nodes cold, ms", cold, "<= 60"),
        ("1,000 nodes all cached, ms", best(bench.cached), "<= 10"),
        ("1,000 nodes one changed, ms", best(bench.one_changed), "<= 12"),
        ("  all cached, fresh parse, ms", best(lambda: bench.cached(parsed=True)), ""),
        ("  one changed, fresh parse, ms", best(lambda: bench.one_changed(parsed=True)), ""),
        ("one chain of 5,000 cold, ms", best(lambda: bench.cold(1, 5000)), "< 400"),
        ("10,000 nodes over 1,000, times", tenfold / cold, "<= 12"),
        ("events of 1,000 nodes, MB", bench.events_bytes() / 1e6, "< 1"),
    ]


def main() -> None:
    """Print each figure with its bar."""
    with tempfile.TemporaryDirectory() as folder:
        for what, figure, bar in measure(Path(folder)):
            row(what, f"{figure:.2f}", bar)


if __name__ == "__main__":
    main()
