"""The desk's clerk: errands in turn, what changed written down, and nothing lost at the end."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import StorageFailed
from studio.machines.clerk import Clerk
from studio.machines.ledger import Ledger
from studio.runs import Run

RUN = Run("k", "j1", state="running")


class Written(Ledger):
    """A ledger that remembers what was saved, and when something was."""

    def __init__(self) -> None:
        super().__init__(Path("/nowhere/runs.db"))
        self.saved: list[Run] = []
        self.was_saved = threading.Event()

    def save(self, runs: Sequence[Run]) -> None:
        self.saved.extend(runs)
        self.was_saved.set()


@pytest.fixture
def ledger() -> Written:
    return Written()


def test_another_state_is_written_at_once(ledger: Written) -> None:
    clerk = Clerk(ledger, pytest.fail)
    clerk.start()
    clerk.note(RUN)
    assert ledger.was_saved.wait(30.0)
    clerk.close()
    assert ledger.saved == [RUN]


def test_mere_progress_is_written_as_one_and_at_the_end_at_last(ledger: Written) -> None:
    clerk = Clerk(ledger, pytest.fail)
    clerk.start()
    clerk.note(RUN)
    assert ledger.was_saved.wait(30.0)
    for done in range(1, 50):
        clerk.note(replace(RUN, done=done))
    clerk.close()
    assert ledger.saved[0] == RUN
    assert ledger.saved[-1].done == 49
    assert len(ledger.saved) <= 3


def test_errands_are_done_in_turn_and_those_that_fail_are_told(ledger: Written) -> None:
    said: list[str] = []
    done: list[int] = []

    def full() -> None:
        raise StorageFailed("The disk is full.")

    def broken() -> None:
        raise RuntimeError("no sentence for people")

    clerk = Clerk(ledger, said.append)
    for errand in (lambda: done.append(1), full, broken, lambda: done.append(2)):
        clerk.do(errand)
    clerk.start()
    clerk.close()
    assert (done, said) == ([1, 2], ["The disk is full."])
