"""`python -m cluster_agent.simulation`: many seeds, or one with its history."""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys

from cluster_agent.simulation.trial import Verdict, try_seed


def main() -> int:
    """Exit code 1 if a promise was broken."""
    parser = argparse.ArgumentParser("python -m cluster_agent.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--seed", type=int, help="one alone, with its history")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)  # what daemons say of simulated disks is no news
    if chosen.seed is not None:
        return _tell(try_seed(chosen.seed))
    return _tell_all(chosen.first, chosen.seeds, chosen.processes)


def _tell(verdict: Verdict) -> int:
    for line in (*verdict.troubles, *verdict.history, *verdict.broken):
        sys.stdout.write(line + "\n")
    return int(bool(verdict.broken))


def _tell_all(first: int, count: int, processes: int) -> int:
    """Share the seeds out among processes, and pass on what they say."""
    if processes <= 1:
        return _try(range(first, first + count))
    share = -(-count // processes)
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "cluster_agent.simulation", "--processes", "1",
             "--first", str(at), "--seeds", str(min(share, first + count - at))]
        )
        for at in range(first, first + count, share)
    ]  # fmt: skip
    return max(process.wait() for process in started)


def _try(seeds: range) -> int:
    broken = changes = 0
    for seed in seeds:
        verdict = try_seed(seed)
        changes += len(verdict.history)
        if verdict.broken:
            broken += 1
            sys.stdout.write(f"seed {seed}: {verdict.broken[0]}\n")
    sys.stdout.write(f"{len(seeds)} seeds, {changes} state changes, {broken} broke a promise\n")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
