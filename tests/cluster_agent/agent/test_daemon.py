"""Whole agents in processes of their own, working for a real broker."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster_agent.agent.cluster import Cluster, Process
from tests.cluster_agent.agent.graphs import SHOWN, loading, sampled
from tests.cluster_agent.waiting import wait_for

STEPS = 120  # seconds of work: a checkpoint is told late where much is going on


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def agent(cluster: Cluster) -> Process:
    return cluster.agent("steady")


def workers_of(process: Process) -> list[int]:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [int(child) for child in children.split()]


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def test_a_job_is_done_and_its_file_brought_back(cluster: Cluster, agent: Process) -> None:
    job = cluster.submit(sampled(2, 1), steps=2)
    view = cluster.wait_for_state(job, "COMPLETED", "FAILED")
    assert view.error == ""
    assert view.agent == "steady"
    assert (view.step, view.steps) == (2, 2)
    assert [result.node for result in view.results] == ["save"]
    assert cluster.result(job, "picture.png")[1:4] == b"PNG"
    assert cluster.view("steady").warm == ("starter",)


def test_a_graph_that_escapes_ends_as_failed_with_the_reason(
    cluster: Cluster, agent: Process
) -> None:
    view = cluster.wait_for_state(cluster.submit(loading("/etc/hostname")), "FAILED", "COMPLETED")
    assert "outside of the job's workspace" in view.error
    assert view.attempt == 1


def test_inputs_are_fetched_into_the_workspace(cluster: Cluster, agent: Process) -> None:
    content = cluster.result(cluster.submit_and_wait(sampled(1, 1)), "picture.png")
    digest = cluster.blobs.upload(content)
    inputs = ({"path": "inputs/here.png", "digest": digest, "size": len(content)},)
    job = cluster.submit(loading("inputs/here.png"), inputs=inputs)
    assert cluster.wait_for_state(job, "COMPLETED", "FAILED").error == ""


def test_a_running_job_is_cancelled(cluster: Cluster, agent: Process) -> None:
    job = cluster.submit(sampled(200, 200, seed=5), steps=200)
    wait_for(lambda: cluster.job(job).step >= 1)
    cluster.cancel(job)
    assert cluster.wait_for_state(job, "CANCELLED", "COMPLETED").state == "CANCELLED"
    wait_for(lambda: cluster.view("steady").free == 1)


def test_a_worker_that_crashes_is_named_and_the_job_is_tried_again(
    cluster: Cluster, agent: Process
) -> None:
    job = cluster.submit(sampled(200, 10, seed=6), steps=200, attempts=1)
    wait_for(lambda: cluster.job(job).step >= 1)
    for worker in workers_of(agent):
        os.kill(worker, signal.SIGSEGV)
    view = cluster.wait_for_state(job, "FAILED", "COMPLETED")
    assert "SIGSEGV" in view.error
    assert "'sample'" in view.error
    assert cluster.submit_and_wait(SHOWN)  # by a new worker


def test_what_lies_idle_is_small(cluster: Cluster, agent: Process) -> None:
    cluster.submit_and_wait(SHOWN)
    pages = int(Path(f"/proc/{agent.pid}/statm").read_text().split()[1])
    assert pages * os.sysconf("SC_PAGE_SIZE") < 150 << 20
    assert "libtorch" not in Path(f"/proc/{agent.pid}/maps").read_text()


def test_an_agent_that_is_told_to_end_finishes_its_job(cluster: Cluster) -> None:
    cluster.drain("steady", on=True)
    leaving = cluster.agent("leaving")
    job = cluster.submit(sampled(STEPS, 10, seed=7), steps=STEPS)
    wait_for(lambda: cluster.job(job).step >= 1)
    leaving.signal(signal.SIGTERM)
    assert leaving.wait() == 0
    assert cluster.job(job).state == "COMPLETED"


def test_an_agent_that_is_killed_loses_no_kept_step(cluster: Cluster) -> None:
    cluster.drain("steady", on=True)
    killed = cluster.agent("killed")
    job = cluster.submit(sampled(STEPS, 5, seed=8), steps=STEPS)
    wait_for(lambda: cluster.job(job).checkpoint >= 5)
    (worker,) = workers_of(killed)
    killed.signal(signal.SIGKILL)
    killed.wait()
    wait_for(lambda: not alive(worker), "the worker outlived its agent")
    saved = cluster.job(job).checkpoint
    cluster.drain("steady", on=False)
    (note,) = (event for event in cluster.told_of(job, "note") if event["kind"] == "note")
    assert int(str(note["sentence"]).split()[-1].rstrip(".")) >= saved
    view = cluster.wait_for_state(job, "COMPLETED", "FAILED")
    assert (view.error, view.agent, view.attempt) == ("", "steady", 2)


def test_an_agent_that_slept_is_fenced_and_the_job_is_done_once(cluster: Cluster) -> None:
    cluster.drain("steady", on=True)
    sleeper = cluster.agent("sleeper")
    job = cluster.submit(sampled(STEPS, 5, seed=9), steps=STEPS)
    wait_for(lambda: cluster.job(job).checkpoint >= 5)
    sleeper.signal(signal.SIGSTOP)
    # Its worker goes on and ends meanwhile; the lease does not wait for that.
    cluster.wait_for_state(job, "QUEUED")
    cluster.drain("sleeper", on=True)
    sleeper.signal(signal.SIGCONT)
    wait_for(lambda: cluster.view("sleeper").state == "draining")
    assert cluster.job(job).state == "QUEUED"
    cluster.drain("steady", on=False)
    view = cluster.wait_for_state(job, "COMPLETED", "FAILED")
    assert (view.error, view.agent, view.attempt) == ("", "steady", 2)


def test_broker_and_agent_in_one_process_are_a_whole_cluster(tmp_path: Path) -> None:
    with Cluster(tmp_path, alone=True) as cluster:
        job = cluster.submit_and_wait(sampled(1, 1))
        assert cluster.job(job).agent == "alone"
        assert cluster.result(job, "picture.png")[1:4] == b"PNG"
        cluster.host.signal(signal.SIGTERM)
        assert cluster.host.wait() == 0
