"""What users are told of a failure, and what is let go because of it."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.errors import NodeFailed
from engine.run.failures import explain, is_out_of_memory


class Big(np.ndarray):  # type: ignore[type-arg]
    """An array that can be watched."""


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (KeyError("x"), "Node 'n': KeyError: 'x'. The log has the details."),
        (ValueError(), "Node 'n': ValueError. The log has the details."),
        (ValueError("one\ntwo"), "Node 'n': ValueError: one. The log has the details."),
        (ValueError("Ended."), "Node 'n': ValueError: Ended. The log has the details."),
    ],
)
def test_a_surprise_is_one_sentence(error: Exception, sentence: str) -> None:
    assert str(explain("n", error)) == sentence


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate ..."),
    ],
)
def test_every_way_of_running_out_of_memory_is_known(error: Exception) -> None:
    assert is_out_of_memory(error)
    assert "memory ran out" in str(explain("n", error))


def test_an_ordinary_error_is_not_taken_for_it() -> None:
    assert not is_out_of_memory(RuntimeError("shapes differ"))
    assert not is_out_of_memory(None)


def test_what_the_failed_node_held_is_let_go() -> None:
    watched: list[weakref.ref[Big]] = []

    def first() -> None:
        big = np.zeros(10).view(Big)
        watched.append(weakref.ref(big))
        raise ValueError("first")

    def work() -> None:
        big = np.zeros(10).view(Big)
        watched.append(weakref.ref(big))
        try:
            first()
        except ValueError as error:
            raise RuntimeError("then") from error

    try:
        work()
    except RuntimeError as error:
        failure = explain("n", error)
    assert isinstance(failure, NodeFailed)
    assert isinstance(failure.__cause__, RuntimeError)
    gc.collect()
    assert [ref() for ref in watched] == [None, None]


def test_no_trace_reaches_the_terminal_of_who_set_up_no_log() -> None:
    program = "from engine.run.failures import explain; explain('n', KeyError('x'))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == done.stdout == ""
