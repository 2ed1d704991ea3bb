"""A process that commits jobs one group after the other, and says which are acknowledged."""

from __future__ import annotations

import sys
from pathlib import Path

from cluster_agent.store.sqlite import SqliteStore
from tests.cluster_agent.store.samples import a_job, an_event, some

GROUP = 5


def main(path: str) -> None:
    """Commit groups of jobs with their events until killed; each number is printed once safe."""
    store = SqliteStore(Path(path))
    group = store.open().last_number // GROUP
    while True:
        numbers = range(group * GROUP + 1, (group + 1) * GROUP + 1)
        changes = some(*(a_job(number) for number in numbers))
        changes.events = [an_event(number, number) for number in numbers]
        store.commit(changes)
        group += 1
        print(group, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
