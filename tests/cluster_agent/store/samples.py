"""Jobs and changes for the tests of stores."""

from __future__ import annotations

from cluster_agent.broker.records import JobRecord
from cluster_agent.protocol.job_spec import ResultFile
from cluster_agent.protocol.messages import Changed, Checkpoint, State
from cluster_agent.store.protocol import Changes

DIGEST = "ab" * 32


def a_job(
    number: int, *, user: str = "ada", state: State = "QUEUED", ended: float | None = None
) -> JobRecord:
    """A job like many; each has a rank by its number."""
    return JobRecord(
        number=number,
        user=user,
        key=f"key {number}",
        tier="standard",
        priority=100,
        model="wan-1.3b",
        size=4096,
        steps=50,
        gpus=1,
        memory=2**34,
        seconds=12.5,
        attempts=3,
        timeout=None,
        after=(),
        packs={"core": "1.2"},
        label=f"job {number}",
        rank=number,
        created=1000.0 + number,
        state=state,
        ended=ended,
    )


def a_full_job(number: int) -> JobRecord:
    """A job in which every field has a value of its own."""
    job = a_job(number, user="ünal@home", state="COMPLETED", ended=99.5)
    job.key = "a\x00key 🎬"
    job.size = 2**64 - 1
    job.timeout, job.after, job.rank = 3600.0, (3, 5), -7
    job.paused, job.cancelled, job.epoch, job.agent = True, True, 4, "gpu-1"
    job.failures, job.failed_on, job.preempted, job.step = 2, ("gpu-2", "gpu-3"), 1, 40
    job.started, job.charged, job.counted, job.error = 12.0, 600.25, 30.5, "It broke."
    job.checkpoints = (Checkpoint(fingerprint="0f" * 16, step=40, digest=DIGEST, size=2**33),)
    job.results = (
        ResultFile(path="out/a.mp4", node="save", digest=DIGEST, size=77, signed=True),
        ResultFile(path="out/a.jpg", node="save", digest=DIGEST, size=7),
    )
    return job


def an_event(seq: int, number: int = 1, state: State = "QUEUED") -> Changed:
    """A state change of a job."""
    return Changed(
        seq=seq, job=f"j{number}", user="ada", state=state, attempt=1, agent="gpu-1", error="why"
    )


def some(*jobs: JobRecord, events: int = 0, first_event: int = 1) -> Changes:
    """Changes that put jobs there with their specs, and so many events."""
    return Changes(
        jobs={job.number: job for job in jobs},
        specs={job.number: b"spec of %d" % job.number for job in jobs},
        events=[an_event(seq) for seq in range(first_event, first_event + events)],
    )
