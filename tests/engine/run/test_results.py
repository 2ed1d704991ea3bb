"""Results are looked for in memory, then on disk, and count only while all of them is there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.file_digests import FileDigests
from engine.run.cache import MemoryCache
from engine.run.disk_cache import DiskCache
from engine.run.results import Results, artifacts_in
from engine.values import Artifact, Clip

A = "a" * 64


@pytest.fixture
def memory() -> MemoryCache:
    return MemoryCache(1 << 20)


@pytest.fixture
def disk(tmp_path: Path) -> DiskCache:
    return DiskCache(tmp_path / "disk", 1 << 20)


@pytest.fixture
def results(memory: MemoryCache, disk: DiskCache, tmp_path: Path) -> Results:
    return Results(memory, disk, FileDigests(), tmp_path / "out")


def written(folder: Path, name: str = "a") -> Artifact:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(name)
    return Artifact(folder / name, "video", hashlib.sha256(name.encode()).hexdigest())


def test_what_was_cheap_stays_in_memory(results: Results, disk: DiskCache) -> None:
    assert not results.put(A, {"x": 1}, dear=False)
    assert results.get(A) == {"x": 1}
    assert disk.get(A) is None


def test_what_was_dear_survives_memory(results: Results, memory: MemoryCache) -> None:
    assert results.put(A, {"x": 1}, dear=True)
    results.release_memory()
    assert results.get(A) == {"x": 1}
    assert memory.get(A) == {"x": 1}, "it is taken along for the next time"


def test_discarding_forgets_it_everywhere(results: Results) -> None:
    results.put(A, {"x": 1}, dear=True)
    results.discard(A)
    assert results.get(A) is None


def test_a_clip_is_not_drawn_to_be_stored(results: Results, disk: DiskCache) -> None:
    def stream() -> Iterator[NDArray[np.uint8]]:
        pytest.fail("nobody asked for frames")

    clip = Clip(stream, 1, 2, 2, Fraction(24))
    assert not results.put(A, {"x": clip}, dear=True)
    assert results.get(A) == {"x": clip}
    assert disk.get(A) is None


@pytest.mark.parametrize("many", [False, True])
def test_a_file_must_still_be_there(results: Results, tmp_path: Path, many: bool) -> None:
    artifact = written(tmp_path / "out")
    results.put(A, {"x": [artifact] if many else artifact}, dear=True)
    assert results.get(A) is not None
    artifact.path.write_text("b")
    assert results.get(A) is None
    artifact.path.write_text("a")
    assert results.get(A) is None, "once it was gone, its result is forgotten"


def test_a_folder_of_frames_must_be_complete(results: Results, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "frames"
    written(folder, "1")
    written(folder, "2")
    frames = Artifact(folder, "frames", hashlib.sha256(b"12").hexdigest())
    results.put(A, {"x": frames}, dear=False)
    assert results.get(A) is not None
    (folder / "2").unlink()
    assert results.get(A) is None


def test_a_file_elsewhere_does_not_count(results: Results, tmp_path: Path) -> None:
    results.put(A, {"x": written(tmp_path / "elsewhere")}, dear=False)
    assert results.get(A) is None


def test_files_are_found_in_lists_too(tmp_path: Path) -> None:
    one, two = written(tmp_path, "1"), written(tmp_path, "2")
    assert list(artifacts_in({"a": one, "b": [two, 3], "c": 4})) == [one, two]
