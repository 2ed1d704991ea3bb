"""A broker's view of a job, taken up into a run."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from cluster_agent.protocol.messages import JobView
from studio.machines.jobs import WAITS, run_of, state_of, taken_up
from studio.machines.words import attempt_failed, child_died, plain_error
from studio.runs import NodeRun, Run


def view(**more: object) -> JobView:
    fields: dict[str, object] = {
        "id": "j1", "key": "k", "user": "ada", "tier": "standard", "priority": 100,
        "label": "Film", "model": "starter", "state": "QUEUED", "paused": False, "place": 2,
        "agent": "", "attempt": 1, "step": 0, "steps": 30, "checkpoint": 0, "created": 5.0,
        "started": None, "ended": None, "charged": 0.0, "error": "", "results": (),
    }  # fmt: skip
    return JobView.model_validate(fields | more)


def running() -> Run:
    nodes = {
        "text": NodeRun("done"),
        "sample": NodeRun("running", 12, 30, "steps", checkpoint=10),
    }
    return Run("k", "j1", state="running", nodes=MappingProxyType(nodes), node="sample")


@pytest.mark.parametrize(
    ("state", "paused", "ours"),
    [
        ("PENDING", False, "queued"),
        ("PENDING", True, "paused"),
        ("QUEUED", False, "queued"),
        ("ASSIGNED", False, "running"),
        ("VAE_DECODING", False, "running"),
        ("UPLOADING", False, "running"),
        ("COMPLETED", False, "done"),
        ("FAILED", False, "failed"),
        ("CANCELLED", False, "cancelled"),
        ("BLOCKED", False, "blocked"),
    ],
)
def test_states_of_jobs_are_states_of_runs(state: str, paused: bool, ours: str) -> None:
    assert state_of(view(state=state, paused=paused)) == ours


def test_a_job_of_somebody_else_is_a_run_too() -> None:
    run = taken_up(run_of(view(), "shed"), view())
    assert (run.key, run.id, run.place, run.label) == ("k", "j1", "shed", "Film")
    assert (run.state, run.line, run.total, run.document) == ("queued", 2, 30, "")


def test_a_lost_worker_is_told_while_the_run_waits_for_its_next_attempt() -> None:
    error = "On here: Node 'sample': the worker was ended by SIGKILL; it took 812 MiB of memory."
    run = taken_up(running(), view(state="PENDING", error=error))
    assert (run.state, run.error) == ("queued", "")
    assert run.note == (
        "Node 'sample': the worker was ended by SIGKILL; it took 812 MiB of memory. "
        "It was at step 12 of 30, kept up to step 10."
    )
    assert [node.state for node in run.nodes.values()] == ["done", "waiting"]
    again = taken_up(run, view(state="ASSIGNED", error=error, attempt=2))
    assert (again.state, again.attempt) == ("running", 2)
    assert again.note == run.note


def test_a_run_that_is_given_up_names_its_node() -> None:
    error = "On here: Node 'sample': no memory. Given up after 3 failures on here."
    run = taken_up(running(), view(state="FAILED", error=error))
    assert run.state == "failed"
    assert "Given up after 3 attempts." in run.error
    assert run.nodes["sample"].state == "failed"


def test_where_the_broker_names_no_node_the_node_that_failed_does() -> None:
    said = NodeRun("failed", message="Node 'save': no room.")
    before = replace(running(), nodes=MappingProxyType({"save": said}))
    run = taken_up(before, view(state="FAILED", error="On shed: The graph failed."))
    assert run.error == "Node 'save': no room."


def test_a_run_that_was_retried_begins_anew() -> None:
    failed = taken_up(running(), view(state="FAILED", error="Node 'sample': no."))
    run = taken_up(failed, view(state="QUEUED"))
    assert (run.state, run.error) == ("queued", "")
    assert run.nodes["sample"].state == "waiting"
    assert run.nodes["text"].state == "done"


def test_a_lost_run_that_is_found_again_goes_on() -> None:
    lost = replace(running(), state="lost", error="The process is gone.")
    run = taken_up(lost, view(state="QUEUED"))
    assert (run.state, run.error) == ("queued", "")
    assert taken_up(lost, view(state="COMPLETED")).nodes["sample"].state == "done"


def test_why_a_run_waits_is_told_no_more_once_it_runs() -> None:
    waits = Run("k", "j1", state="queued", note=f"{WAITS}'shed' takes no more work.")
    assert taken_up(waits, view()).note == waits.note
    assert taken_up(waits, view(state="ASSIGNED")).note == ""


def test_elsewhere_the_agent_is_part_of_the_sentence() -> None:
    error = "On barn: Node 'a': no. Given up after 3 failures on barn, shed."
    assert plain_error(error, "shed") == error
    assert plain_error(error, "here") == "Node 'a': no. Given up after 3 attempts."
    assert attempt_failed(Run("k"), "The disk is full.") == "The disk is full."


def test_the_end_of_the_child_says_node_cause_memory_and_step() -> None:
    run = replace(running(), peak=340 << 20)
    sentence = child_died(run, "The process that runs graphs here was killed (SIGKILL).")
    assert sentence == (
        "Node 'sample' was running. The process that runs graphs here was killed (SIGKILL). "
        "Its worker held 340 MiB. It was at step 12 of 30, kept up to step 10. "
        "'Resume' starts it again and goes on from what was kept."
    )
