"""How long the command line takes to say something, as whole processes."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks._table import row

COMMANDS = {
    "reelwright --help": (["--help"], "0.3 s"),
    "reelwright nodes": (["nodes"], "0.6 s"),
    "reelwright validate demo": (["validate", "assets/graphs/demo.reel"], ""),
}
REPEATS = 9


def seconds(arguments: list[str]) -> float:
    """Wall-clock seconds of one run of the command."""
    begun = time.perf_counter()
    command = [str(Path(sys.executable).with_name("reelwright")), *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begun


def main() -> None:
    """Print medians over some runs, and the demo from process start to signed file."""
    bare = statistics.median(_timed([sys.executable, "-c", "pass"]) for _ in range(REPEATS))
    row("python -c pass", f"{bare:.3f} s")
    for what, (arguments, bar) in COMMANDS.items():
        row(what, f"{statistics.median(seconds(arguments) for _ in range(REPEATS)):.3f} s", bar)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["REELWRIGHT_CONFIG"] = f"{folder}/config"
        demos = []
        for index in range(3):
            os.environ["REELWRIGHT_STATE"] = f"{folder}/state{index}"
            demos.append(seconds(["demo", "--out", f"{folder}/out{index}"]))
        row("reelwright demo, process start to signed file", f"{min(demos):.1f} s", "15 s")


def _timed(command: list[str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
