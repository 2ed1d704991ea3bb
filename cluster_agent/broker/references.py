"""Which blobs the jobs of a store refer to: gathered page by page, so that nobody waits for it."""

from __future__ import annotations

from cluster_agent.protocol.messages import JobId, ListJobs
from cluster_agent.protocol.wire import decode_spec
from cluster_agent.store.protocol import Store

PAGE = 200


class References:
    """A walk through all jobs, the newest first.  What comes meanwhile is too young to be removed.

    Checkpoints of what was completed or cancelled have served their time.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._before: JobId | None = None
        self._found: set[str] = set()

    def step(self) -> frozenset[str] | None:
        """Look at one more page; all digests once there is none left."""
        jobs = self._store.list_jobs(ListJobs(before=self._before, limit=PAGE))
        for job in jobs:
            self._found.update(result.digest for result in job.results)
            if job.state not in ("COMPLETED", "CANCELLED"):
                self._found.update(checkpoint.digest for checkpoint in job.checkpoints)
        for packed in self._store.specs(job.number for job in jobs).values():
            spec = decode_spec(packed)
            self._found.update(each.digest for each in spec.inputs)
            if spec.graph_digest is not None:
                self._found.add(spec.graph_digest)
        if len(jobs) < PAGE:
            return frozenset(self._found)
        self._before = jobs[-1].id
        return None
