"""A runner with the toy nodes, and a fresh start for what they remember."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.run.local import LocalRunner
from tests.engine.run import toys


@pytest.fixture(autouse=True)
def fresh_toys(monkeypatch: pytest.MonkeyPatch) -> None:
    toys.RAN.clear()
    toys.DICE.clear()
    monkeypatch.setattr(toys.CLOCK, "now", 0.0)
    monkeypatch.setattr(toys.Weights, "outside", {"small": "1"})


@pytest.fixture
def make_runner(tmp_path: Path) -> Callable[[], LocalRunner]:
    """Makes runners that share their folders, as the same program started again does."""

    def make() -> LocalRunner:
        return LocalRunner(
            toys.REGISTRY, folder=tmp_path / "state", output=tmp_path / "out", clock=toys.CLOCK
        )

    return make


@pytest.fixture
def runner(make_runner: Callable[[], LocalRunner]) -> LocalRunner:
    return make_runner()
