"""What the runner and its checkpoints cost beside the bare loop of the same sampling steps."""

from __future__ import annotations

import gc
import statistics
import tempfile
import time
from fractions import Fraction
from pathlib import Path

from engine.graph.document import Document, Link, NodeSpec
from engine.graph.registry import installed_registry
from engine.models.catalog import handle
from engine.models.family import Family, SampleRequest
from engine.models.residency import Residency
from engine.run.local import LocalRunner
from engine.run.runner import RunRequest
from tests.benchmarks._table import row

STEPS = 50
ROUNDS = 21
PROMPT = "a red ball moving right over a meadow"


def graph(seed: int, checkpoint_every: int) -> Document:
    """Load, encode, sample; nothing is decoded."""
    sample = {"steps": STEPS, "seed": seed, "checkpoint_every": checkpoint_every}
    nodes = {
        "model": NodeSpec(type="model.load", version=1),
        "prompt": NodeSpec(type="text.prompt", version=1, params={"text": PROMPT}),
        "text": NodeSpec(type="prompt.encode", version=1),
        "sample": NodeSpec(type="video.sample", version=1, params=sample),
    }
    links = (
        Link(source=("model", "result"), target=("text", "model")),
        Link(source=("prompt", "result"), target=("text", "text")),
        Link(source=("model", "result"), target=("sample", "model")),
        Link(source=("text", "result"), target=("sample", "positive")),
    )
    return Document(name="bench", nodes=nodes, links=links)


def bare(family: Family, seed: int) -> float:
    """Seconds of the same steps in a plain loop."""
    likes = family.capabilities
    begun = time.perf_counter()
    request = SampleRequest(
        positive=family.encode_prompt(PROMPT),
        negative=None,
        width=likes.width,
        height=likes.height,
        frames=likes.frames,
        fps=Fraction(likes.fps),
        steps=STEPS,
        guidance=likes.guidance,
        seed=seed,
    )
    state = family.begin(request)
    for _ in range(STEPS):
        state = family.step(request, state)
    family.finish(request, state)
    return time.perf_counter() - begun


def driven(runner: LocalRunner, seed: int, checkpoint_every: int) -> float:
    """Seconds of a whole run of the graph, with somebody listening."""
    events: list[object] = []
    document = graph(seed, checkpoint_every)
    begun = time.perf_counter()
    result = runner.run(RunRequest(document, ["sample"]), listener=events.append)
    spent = time.perf_counter() - begun
    assert result.outcome == "succeeded", result.errors
    return spent


def main() -> None:
    """Print the two ratios: medians of rounds in which the three ways take turns."""
    models = Residency()
    family = models.get(handle("starter"))
    with tempfile.TemporaryDirectory() as folder:
        runner = LocalRunner(
            installed_registry(), folder=Path(folder), output=Path(folder), models=models
        )
        bare(family, 0)
        driven(runner, 0, 10)
        plain, kept = [], []
        for seed in range(1, ROUNDS + 1):
            gc.collect()
            # Before and after, so that a drift of the machine cancels out.
            first = bare(family, seed)
            run = driven(runner, 100 + seed, STEPS)
            with_checkpoints = driven(runner, 200 + seed, 10)
            loop = (first + bare(family, seed)) / 2
            plain.append(run / loop)
            kept.append(with_checkpoints / loop)
    row(f"runner over bare loop, {STEPS} steps", f"{statistics.median(plain):.4f}", "1.01")
    row("... with a checkpoint every 10 steps", f"{statistics.median(kept):.4f}", "1.02")


if __name__ == "__main__":
    main()
