"""How benchmarks of single computations take time."""

from __future__ import annotations

import time
from collections.abc import Callable


def cpu_seconds(work: Callable[[], object], rounds: int) -> float:
    """CPU seconds of this process, the least of some rounds: other work on the machine hardly
    shows.
    """
    spent = []
    for _ in range(rounds):
        begun = time.process_time()
        work()
        spent.append(time.process_time() - begun)
    return min(spent)
