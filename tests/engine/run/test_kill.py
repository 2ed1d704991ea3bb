"""Killed at any moment and started again, a run ends as if nothing had happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.run.killed_sampler import survive


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> str:
    return survive(tmp_path_factory.mktemp("whole"), kills=0).digest


def test_killed_runs_end_bit_for_bit_the_same_and_repeat_nothing_kept(
    tmp_path: Path, undisturbed: str
) -> None:
    survival = survive(tmp_path, kills=4)
    assert survival.digest == undisturbed
    assert len(undisturbed) == 64
    assert any(kept for kept, _ in survival.resumed), "no kill came after a checkpoint"
    assert all(first == kept + 1 for kept, first in survival.resumed)
    assert list((tmp_path / "checkpoints").iterdir()) == [], "they have served their time"
