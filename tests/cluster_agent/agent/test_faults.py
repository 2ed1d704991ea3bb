"""How ends are named."""

from __future__ import annotations

import errno
import signal

import pytest

from cluster_agent.agent.faults import verdict_of, verdict_of_error, verdict_of_exit
from cluster_agent.agent.workspace import NotInstalled
from engine.errors import (
    BlockedByPolicy,
    Cancelled,
    InvalidInput,
    InvalidMedia,
    InvalidWeights,
    NodeFailed,
    ReelwrightError,
    StorageFailed,
)
from engine.run.failures import explain
from engine.run.runner import RunResult
from engine.run.signer import NobodySigns

MIB = 1 << 20


@pytest.mark.parametrize(
    ("cause", "fault"),
    [
        (ValueError("odd"), "failed"),
        (InvalidInput("odd"), "invalid"),
        (InvalidMedia("odd"), "invalid"),
        (InvalidWeights("odd"), "failed"),
        (StorageFailed("odd"), "storage"),
        (OSError(errno.ENOSPC, "full"), "storage"),
        (OSError(errno.ENOENT, "gone"), "failed"),
        (MemoryError(), "out_of_memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "out_of_memory"),
        (BlockedByPolicy("odd"), "blocked"),
    ],
)
def test_a_failed_node_has_the_fault_of_its_cause(cause: Exception, fault: str) -> None:
    failure = explain("sample", cause)
    assert verdict_of_error(failure).fault == fault
    result = RunResult("failed", {}, {"sample": failure}, ())
    assert verdict_of(result) == (fault, str(failure), False)


def test_before_any_node_ran() -> None:
    assert verdict_of_error(InvalidInput("no graph")).fault == "invalid"
    assert verdict_of_error(NotInstalled("no node")).fault == "refused"
    assert verdict_of_error(NobodySigns("no key")).fault == "failed"
    assert verdict_of_error(ReelwrightError("odd")).fault == "failed"
    assert verdict_of_error(NodeFailed("a", "odd")).error == "Node 'a': odd"


def test_what_went_well_and_what_was_cancelled_is_no_fault() -> None:
    assert verdict_of(RunResult("succeeded", {}, {}, ())) == (None, "", False)
    assert verdict_of(RunResult("cancelled", {}, {}, ())).cancelled
    assert verdict_of_error(Cancelled()).cancelled


@pytest.mark.parametrize(
    ("code", "peak", "limit", "oom_kills", "fault"),
    [
        (-signal.SIGSEGV, 0, 0, 0, "crashed"),
        (-signal.SIGKILL, 50 * MIB, 100 * MIB, 0, "crashed"),
        (-signal.SIGKILL, 90 * MIB, 100 * MIB, 0, "out_of_memory"),
        (-signal.SIGKILL, 90 * MIB, 0, 0, "crashed"),
        (-signal.SIGKILL, 50 * MIB, 100 * MIB, 1, "out_of_memory"),
        (-signal.SIGSEGV, 99 * MIB, 100 * MIB, 1, "crashed"),
        (3, 0, 0, 0, "crashed"),
        (0, 0, 0, 0, "crashed"),
    ],
)
def test_how_a_process_ended(code: int, peak: int, limit: int, oom_kills: int, fault: str) -> None:
    verdict = verdict_of_exit(code, peak=peak, limit=limit, oom_kills=oom_kills)
    assert verdict.fault == fault
    assert f"{peak >> 20} MiB" in verdict.error


def test_signals_are_named() -> None:
    assert "SIGBUS" in verdict_of_exit(-signal.SIGBUS, peak=0, limit=0, oom_kills=0).error
    assert "signal 99" in verdict_of_exit(-99, peak=0, limit=0, oom_kills=0).error
    assert "code 3" in verdict_of_exit(3, peak=0, limit=0, oom_kills=0).error
