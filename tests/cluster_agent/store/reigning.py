"""A process that opens the PostgreSQL store, says so, and commits a job now and then."""

from __future__ import annotations

import sys
from itertools import count

from cluster_agent.store.postgres import PostgresStore
from tests.cluster_agent.store.samples import a_job, some


def main(address: str) -> None:
    """Commit until killed; each number is printed once it is safe."""
    store = PostgresStore(address)
    first = store.open().last_number + 1
    for number in count(first):
        store.commit(some(a_job(number)))
        print(number, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
