"""The disk cache: whole entries under a budget, shared by processes, proof against damage."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from engine.atomic import PARTIAL
from engine.errors import StorageFailed
from engine.run.disk_cache import DiskCache
from engine.values import Image

A, B, C, D = ("a" * 64, "b" * 64, "c" * 64, "d" * 64)


class Wall:
    """The time of day, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


@pytest.fixture
def wall() -> Wall:
    return Wall()


def image(nbytes: int) -> dict[str, object]:
    return {"result": Image(np.zeros((1, nbytes // 3, 3), np.uint8))}


def entries(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_another_cache_on_the_same_folder_finds_it(tmp_path: Path) -> None:
    assert DiskCache(tmp_path, 10_000).put(A, {"result": 7})
    assert DiskCache(tmp_path, 10_000).get(A) == {"result": 7}
    assert DiskCache(tmp_path, 10_000).get(B) is None


def test_what_was_unused_for_longest_goes_first(tmp_path: Path, wall: Wall) -> None:
    cache = DiskCache(tmp_path, 11_000, now=wall)
    for name in (A, B, C):
        cache.put(name, image(3000))
        cache.get(name)
    cache.get(A)
    cache.put(D, image(3000))
    assert [cache.get(name) is not None for name in (A, B, C, D)] == [True, False, True, True]


def test_the_budget_holds(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, 20_000)
    for number in range(20):
        cache.put(f"{number:064d}", image(3000))
    assert 0 < sum(path.stat().st_size for path in entries(tmp_path)) <= 20_000


def test_what_exceeds_the_whole_budget_is_not_kept(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, 10_000)
    cache.put(A, image(3000))
    assert not cache.put(B, image(30_000))
    assert cache.get(A) is not None


def test_what_has_no_stored_form_is_not_kept(tmp_path: Path) -> None:
    assert not DiskCache(tmp_path, 10_000).put(A, {"result": object()})
    assert entries(tmp_path) == []


@pytest.mark.parametrize("damage", [b"", b"\x00" * 100, None])
def test_a_damaged_entry_is_removed_and_counts_as_none(
    tmp_path: Path, damage: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    cache = DiskCache(tmp_path, 10_000)
    cache.put(A, image(300))
    (path,) = entries(tmp_path)
    path.write_bytes(path.read_bytes()[:-10] if damage is None else damage)
    with caplog.at_level(logging.WARNING):
        assert cache.get(A) is None
    assert "is damaged" in caplog.text
    assert entries(tmp_path) == []


def test_what_a_crash_left_half_written_goes_in_the_end(tmp_path: Path, wall: Wall) -> None:
    cache = DiskCache(tmp_path, 10_000, now=wall)
    cache.put(A, {"result": 1})
    left = entries(tmp_path)[0].parent / f"x.safetensors.0{PARTIAL}"
    left.write_bytes(b"half")
    wall.now = left.stat().st_mtime + 100
    cache.put(B, {"result": 1})
    assert left.exists(), "somebody may be writing it right now"
    wall.now += 10_000
    cache.put(C, {"result": 1})
    assert not left.exists()
    assert cache.get(A) is not None


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFailed):
        DiskCache(tmp_path / "file", 10_000).put(A, {"result": 1})


def test_a_discarded_entry_is_gone(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, 10_000)
    cache.put(A, {"result": 1})
    cache.discard(A)
    cache.discard(A)
    assert cache.get(A) is None
