"""Workers that take too much, say nothing any more, or write too much, are ended and named."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

from cluster_agent.agent.policy import AgentPolicy
from cluster_agent.protocol.messages import Failed, Finished, Report, Started
from tests.cluster_agent.agent.graphs import SHOWN, sampled
from tests.cluster_agent.agent.shift import Shift

POLICY = AgentPolicy(report=0.01)
MIB = 1 << 20


def test_a_worker_that_takes_too_much_memory_is_ended_with_node_and_peak(tmp_path: Path) -> None:
    with Shift(tmp_path, replace(POLICY, memory=120 * MIB)) as shift:  # torch alone takes more
        shift.assign(sampled(200, 200, frames=9), attempts=1)
        failed = shift.hear(Failed)
        assert failed.fault == "out_of_memory"
        assert failed.error.startswith("Node '")
        assert "120" in failed.error
        assert failed.peak > 120 * MIB
        lease = shift.assign(SHOWN, 2)  # for the worker that comes after
        assert shift.hear(Finished).lease == lease


def test_a_worker_that_hangs_is_ended_with_its_node(tmp_path: Path) -> None:
    with Shift(tmp_path, POLICY) as shift:
        shift.assign(sampled(200, 200, frames=33))  # long: it may be seen late
        shift.hear(Report, lambda report: report.step >= 1)
        os.kill(shift.worker, signal.SIGSTOP)
        shift.skipped += POLICY.hang
        failed = shift.hear(Failed)
        assert failed.fault == "hung"
        assert failed.error.startswith("Node 'sample': nothing was heard")
        assert failed.peak > MIB


def test_a_job_that_writes_too_much_is_ended(tmp_path: Path) -> None:
    with Shift(tmp_path, replace(POLICY, disk=1)) as shift:
        shift.assign(sampled(200, 1, frames=9))
        failed = shift.hear(Failed)
        assert failed.fault == "storage"
        assert "disk" in failed.error


def test_what_is_told_of_a_job_comes_in_order(tmp_path: Path) -> None:
    with Shift(tmp_path, POLICY) as shift:
        shift.assign(SHOWN)
        shift.hear(Finished)
        shift.assign(SHOWN, 2)
        shift.hear(Finished, lambda finished: finished.lease.job == "j2")
        about = [each for each in shift.line.said if isinstance(each, Started | Report | Finished)]
        kinds = [each.kind for each in about if each.lease.job == "j2"]
        assert (kinds[0], kinds[-1]) == ("started", "finished")
