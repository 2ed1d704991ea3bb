"""What runs out of memory is begun again with more room, and says what was done."""

from __future__ import annotations

from typing import cast

import pytest
import torch

from engine.errors import InvalidInput
from engine.models.family import Family, SampleRequest, SampleState
from engine.models.memory.relief import relieved
from engine.models.residency import Residency
from engine.values import VideoModel

BIG, OTHER = VideoModel("toy", "big", "1"), VideoModel("toy", "other", "2")


class Thrifty:
    """A family with two means of taking less."""

    nbytes = 10

    def __init__(self) -> None:
        self.means = ["the parts take turns", "blocks come one by one"]

    def settle_memory(self, request: SampleRequest, begun: SampleState | None = None) -> str | None:
        return None

    def spare_memory(self) -> str | None:
        return self.means.pop(0) if self.means else None


class Shelf:
    def size(self, handle: VideoModel) -> int:
        return 10

    def load(self, handle: VideoModel, device: str) -> Family:
        return cast(Family, Thrifty())


@pytest.fixture
def models() -> Residency:
    residency = Residency(device="cpu", budget=100, source=Shelf())
    residency.get(OTHER)
    residency.get(BIG)
    return residency


class Work:
    """Runs out of memory so many times before it succeeds."""

    def __init__(self, failures: int, error: Exception) -> None:
        self.failures, self.error, self.begun = failures, error, 0

    def __call__(self) -> str:
        self.begun += 1
        if self.begun <= self.failures:
            raise self.error
        return "made"


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
    ],
    ids=["device", "python", "host"],
)
def test_room_is_made_by_one_means_after_another(models: Residency, error: Exception) -> None:
    told: list[str] = []
    work = Work(3, error)
    assert relieved(work, models, BIG, told.append) == "made"
    assert told == [
        "Out of memory: put away 'other', and going on.",
        "Out of memory, so from here on: the parts take turns.",
        "Out of memory, so from here on: blocks come one by one.",
    ]
    assert models.loaded == (BIG,)


def test_when_no_means_is_left_it_is_one_sentence(models: Residency) -> None:
    with pytest.raises(InvalidInput, match="'big' ran out of memory on 'cpu'") as refused:
        relieved(Work(4, MemoryError()), models, BIG, lambda said: None)
    assert "fewer frames" in str(refused.value.remedy)


def test_other_errors_are_not_taken_for_it(models: Residency) -> None:
    work = Work(1, RuntimeError("shapes do not match"))
    with pytest.raises(RuntimeError, match="shapes"):
        relieved(work, models, BIG, lambda said: None)
    assert work.begun == 1


def test_nothing_is_put_away_without_need(models: Residency) -> None:
    assert relieved(Work(0, MemoryError()), models, BIG, lambda said: None) == "made"
    assert models.loaded == (OTHER, BIG)
