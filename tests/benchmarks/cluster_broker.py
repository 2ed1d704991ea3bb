"""The broker over its real socket: encrypted, durable, one process, and clients in theirs."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks._table import row
from tests.cluster_agent.broker.broker_process import BrokerProcess, processor_seconds

CLIENTS = 8
JOBS = 40_000
WINDOW = 64


def submissions(folder: Path) -> None:
    with BrokerProcess(folder) as broker:
        before = processor_seconds(broker.pid)
        spans = submit(broker, folder, JOBS)
        used = processor_seconds(broker.pid) - before
    wall = max(end for _, end, _ in spans) - min(begun for begun, _, _ in spans)
    clients = sum(own for *_, own in spans)
    row(f"submissions a second, {CLIENTS} clients, 1 KB, CURVE, FULL", f"{JOBS / wall:,.0f}", "5,000")
    row("... microseconds of processor each: broker, client",
        f"{used / JOBS * 1e6:.0f}, {clients / JOBS * 1e6:.0f}")


def submit(broker: BrokerProcess, folder: Path, jobs: int) -> list[list[float]]:
    """Submit with several processes at once; each one's beginning, end and processor seconds."""
    with ExitStack() as stack:
        crowd = []
        for number in range(CLIENTS):
            key = folder / f"{number}.toml"
            broker.new_peer(f"user{number}").save(key) if False else None
            pair = broker.new_peer(f"user{number}")
            pair.save(key)
            arguments = [broker.address, broker.public, str(key), str(number),
                         str(jobs // CLIENTS), str(WINDOW)]
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.cluster_agent.broker.load", *arguments],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )
            crowd.append(stack.enter_context(process))
            stack.callback(process.kill)
        for process in crowd:
            assert process.stdout.readline() == "here\n"
        for process in crowd:
            process.stdin.write("\n"); process.stdin.flush()
        return [[float(w) for w in process.stdout.readline().split()] for process in crowd]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        submissions(Path(folder))


if __name__ == "__main__":
    main()
