"""The table of a job's states: what may follow what, and that the journal keeps to it."""

from __future__ import annotations

import pytest

from cluster_agent.broker.journal import Journal
from cluster_agent.broker.outcome import Now
from cluster_agent.broker.records import ENDED, WAITING, JobRecord
from cluster_agent.broker.states import AFTER, HELD, PHASES, may_follow
from cluster_agent.protocol.messages import State

STATES: list[State] = sorted(AFTER)


def record(state: State) -> JobRecord:
    """A job in a state."""
    return JobRecord(
        number=1,
        user="ann",
        key="film",
        tier="free",
        priority=100,
        model="",
        size=0,
        steps=0,
        gpus=1,
        memory=0,
        seconds=60.0,
        attempts=3,
        timeout=None,
        after=(),
        packs={},
        label="",
        rank=0,
        created=0.0,
        state=state,
    )


def test_every_state_is_one_of_four_kinds() -> None:
    assert {*WAITING, *HELD, *ENDED} == set(STATES)
    assert len(WAITING) + len(HELD) + len(ENDED) == len(STATES)


def test_only_a_queued_job_is_assigned() -> None:
    assert [state for state in STATES if may_follow("ASSIGNED", state)] == ["QUEUED"]


def test_only_a_job_with_a_lease_has_phases_and_results() -> None:
    for state in (*PHASES, "COMPLETED", "BLOCKED"):
        assert {each for each in STATES if state in AFTER[each]} == HELD


def test_what_is_completed_or_blocked_stays_so() -> None:
    assert AFTER["COMPLETED"] == AFTER["BLOCKED"] == frozenset()


@pytest.mark.parametrize("state", STATES)
def test_a_job_enters_only_a_state_that_may_follow(state: State) -> None:
    for present in STATES:
        journal = Journal(0, Now(0.0, 0.0))
        job = record(present)
        if may_follow(state, present):
            journal.enter(job, state)
            assert (job.state, journal.seq) == (state, 1)
        else:
            with pytest.raises(AssertionError, match="cannot follow"):
                journal.enter(job, state)
            assert (job.state, journal.seq) == (present, 0)
