"""Checkpoints: written beside the work, found again, and never in its way."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

from engine.errors import StorageFailed
from engine.graph.context import Snapshot
from engine.run.checkpoint import CheckpointStore
from engine.run.tensor_file import Blob, write_tensor_file

PRINT = "ab" * 32
OTHER = "cd" * 32
ROOM = 1 << 30


class Reports:
    """Collects what a store says of its writing."""

    def __init__(self) -> None:
        self.all: list[tuple[int, StorageFailed | None]] = []

    def __call__(self, step: int, error: StorageFailed | None) -> None:
        self.all.append((step, error))


@pytest.fixture
def reports() -> Reports:
    return Reports()


@pytest.fixture
def store(tmp_path: Path) -> CheckpointStore:
    return CheckpointStore(tmp_path, ROOM)


def snapshot(step: int, nbytes: int = 64) -> Snapshot:
    tensors = {"x": torch.full((nbytes // 4,), float(step)), "rng": torch.get_rng_state()}
    return Snapshot(step, tensors, {"sigma": 0.1, "history": [1.0, 2.0], "name": "euler"})


def saved(store: CheckpointStore, reports: Reports, *steps: int, work: str = PRINT) -> None:
    for step in steps:
        store.save(snapshot(step), work, reports)
        store.flush()


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / PRINT).glob("*"))


def test_what_was_saved_is_loaded(store: CheckpointStore, reports: Reports) -> None:
    saved(store, reports, 10)
    loaded = store.load(PRINT)
    assert loaded is not None
    assert loaded.step == 10
    assert loaded.scalars == snapshot(10).scalars
    assert torch.equal(loaded.tensors["x"], snapshot(10).tensors["x"])
    assert torch.equal(loaded.tensors["rng"], torch.get_rng_state())
    assert reports.all == [(10, None)]


def test_strides_and_alignment_are_restored(store: CheckpointStore, reports: Reports) -> None:
    x = torch.randn(1, 4, 3, 5, 5).to(memory_format=torch.channels_last_3d)
    store.save(Snapshot(1, {"odd": torch.ones(3, dtype=torch.uint8), "x": x}), PRINT, reports)
    store.flush()
    loaded = store.load(PRINT)
    assert loaded is not None
    assert loaded.tensors["x"].stride() == x.stride()
    assert torch.equal(loaded.tensors["x"], x)
    assert loaded.tensors["x"].data_ptr() % 64 == 0


def test_other_work_finds_nothing(store: CheckpointStore, reports: Reports) -> None:
    saved(store, reports, 10)
    assert store.load(OTHER) is None


def test_the_last_two_are_kept(store: CheckpointStore, reports: Reports, tmp_path: Path) -> None:
    saved(store, reports, 10, 20, 30)
    assert files(tmp_path) == ["step-00000020.safetensors", "step-00000030.safetensors"]


def test_a_damaged_one_is_passed_over_for_the_one_before(
    store: CheckpointStore, reports: Reports, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    saved(store, reports, 10, 20)
    newest = tmp_path / PRINT / "step-00000020.safetensors"
    os.truncate(newest, newest.stat().st_size - 1)
    with caplog.at_level(logging.WARNING):
        loaded = store.load(PRINT)
    assert loaded is not None
    assert loaded.step == 10
    assert "is damaged" in caplog.text
    assert files(tmp_path) == ["step-00000010.safetensors"], "so that it is not counted as kept"


def test_a_checkpoint_in_the_folder_of_other_work_is_not_believed(
    store: CheckpointStore, reports: Reports, tmp_path: Path
) -> None:
    saved(store, reports, 10)
    (tmp_path / PRINT).rename(tmp_path / OTHER)
    assert store.load(OTHER) is None


def test_later_steps_do_not_change_what_was_saved(store: CheckpointStore, reports: Reports) -> None:
    x = torch.zeros(4)
    store.save(Snapshot(1, {"x": x}), PRINT, reports)
    x += 1
    store.flush()
    loaded = store.load(PRINT)
    assert loaded is not None
    assert loaded.tensors["x"].sum() == 0


class SlowDisk:
    """A disk on which each write waits until it is let go."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go = threading.Event()

    def __call__(self, path: Path, text: str, blobs: Mapping[str, Blob]) -> None:
        self.begun.set()
        assert self.go.wait(30)
        write_tensor_file(path, text, blobs)


def test_saving_does_not_wait_for_the_disk_and_the_latest_wins(
    tmp_path: Path, reports: Reports
) -> None:
    disk = SlowDisk()
    store = CheckpointStore(tmp_path, ROOM, write=disk)
    store.save(snapshot(1), PRINT, reports)
    assert disk.begun.wait(30)
    for step in range(2, 10):
        store.save(snapshot(step), PRINT, reports)
    disk.go.set()
    store.flush()
    assert reports.all == [(1, None), (9, None)]


def test_discarding_also_drops_what_waits(tmp_path: Path, reports: Reports) -> None:
    disk = SlowDisk()
    store = CheckpointStore(tmp_path, ROOM, write=disk)
    store.save(snapshot(1), OTHER, reports)
    assert disk.begun.wait(30)
    store.save(snapshot(2), PRINT, reports)
    store.discard(PRINT)
    disk.go.set()
    store.flush()
    assert store.load(PRINT) is None
    assert store.load(OTHER) is not None


def test_discarding_waits_for_a_write_under_way(tmp_path: Path, reports: Reports) -> None:
    disk = SlowDisk()
    store = CheckpointStore(tmp_path, ROOM, write=disk)
    store.save(snapshot(1), PRINT, reports)
    assert disk.begun.wait(30)
    discarding = threading.Thread(target=store.discard, args=(PRINT,))
    discarding.start()
    discarding.join(0.1)
    assert discarding.is_alive()
    disk.go.set()
    discarding.join()
    assert store.load(PRINT) is None


def test_a_full_disk_is_told_and_the_next_checkpoint_is_tried(
    tmp_path: Path, reports: Reports
) -> None:
    failures = [StorageFailed("The disk is full.")]

    def write(path: Path, text: str, blobs: Mapping[str, Blob]) -> None:
        if failures:
            raise failures.pop()
        write_tensor_file(path, text, blobs)

    store = CheckpointStore(tmp_path, ROOM, write=write)
    saved(store, reports, 10, 20)
    assert [(step, error and str(error)) for step, error in reports.all] == [
        (10, "The disk is full."),
        (20, None),
    ]


def test_a_store_that_nobody_uses_holds_no_thread(store: CheckpointStore, reports: Reports) -> None:
    saved(store, reports, 10)
    for thread in threading.enumerate():
        if thread.name == "checkpoints":
            thread.join(30)
            assert not thread.is_alive()
    saved(store, reports, 20)
    assert [step for step, _ in reports.all] == [10, 20]


def test_beyond_the_budget_the_work_touched_longest_ago_goes(
    tmp_path: Path, reports: Reports
) -> None:
    store = CheckpointStore(tmp_path, 35_000)
    old = "00" * 32
    saved(store, reports, 10, work=old)
    os.utime(tmp_path / old, (0, 0))
    store.save(snapshot(10, 10_000), OTHER, reports)
    store.save(snapshot(10, 10_000), PRINT, reports)
    store.flush()
    assert store.load(old) is None
    assert store.load(OTHER) is not None
    assert store.load(PRINT) is not None


def test_work_larger_than_the_budget_keeps_its_own_checkpoint(
    tmp_path: Path, reports: Reports
) -> None:
    store = CheckpointStore(tmp_path, 100)
    saved(store, reports, 10)
    assert store.load(PRINT) is not None
