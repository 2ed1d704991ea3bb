"""Kills the demo's command at random moments, runs it again, and compares the frames."""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path

from tests.benchmarks._table import row
from tests.killing import Command, frames_digest

KILLS = 20
GRAPH = Path("assets/graphs/demo.reel")
SAMPLER = "sample"


def main() -> None:
    """Print how many of the kills were recovered from, bit for bit and without repeated steps."""
    moments = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        (path,) = Command(GRAPH, Path(folder) / "whole").run().files()
        whole = time.perf_counter() - begun
        reference = frames_digest(path)
        same = repeated = killed = resumed = 0
        for index in range(KILLS):
            command = Command(GRAPH, Path(folder) / str(index))
            cut = command.run_for(moments.uniform(0.1, whole))
            again = command.run()
            killed += cut.killed
            files = again.files() or cut.files()
            same += frames_digest(files[-1]) == reference
            first = again.first_step(SAMPLER)
            resumed += cut.checkpoint() > 0
            repeated += first is not None and first <= cut.checkpoint()
    row(f"kill -9 at {killed} random moments: same frames", f"{same} of {KILLS}", f"{KILLS}")
    row("... of which after a checkpoint; steps repeated", f"{resumed}; {repeated}", "0 repeated")


if __name__ == "__main__":
    main()
