"""`reelwright cancel`: stop jobs of a cluster at their next step."""

from __future__ import annotations

from studio.cli.clusters import JobIds, On


def cancel(ids: JobIds, on: On = None) -> None:
    """Stop jobs at their next step.  One that has ended stays as it is."""
    from cluster_agent.protocol.messages import Cancel
    from studio.cli.clusters import tell_jobs

    tell_jobs(on, Cancel(jobs=tuple(ids)))
