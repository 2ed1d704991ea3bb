from __future__ import annotations

import gc
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.errors import Cancelled, StorageFailed
from engine.media.spool import spooled
from tests.engine.media.samples import pictures, run_with_file_limit

Chunks = Iterator[NDArray[np.uint8]]
FRAMES = pictures(20, 16, 24)


class Source:
    """A stream that can be read once and counts how far it was read."""

    def __init__(self, frames_THWC: NDArray[np.uint8] = FRAMES, chunk: int = 3) -> None:
        self.given = 0
        self._frames = frames_THWC
        self._chunk = chunk

    def __iter__(self) -> Chunks:
        while self.given < len(self._frames):
            start, self.given = self.given, min(self.given + self._chunk, len(self._frames))
            yield self._frames[start : self.given]


def spool(source: Source, folder: Path) -> object:
    return spooled(source, frames=20, height=16, width=24, folder=folder)


def joined(chunks: Chunks) -> NDArray[np.uint8]:
    return np.concatenate(list(chunks))


def test_every_pass_gives_the_same_frames_and_the_source_is_read_once(tmp_path: Path) -> None:
    source = Source()
    stream = spool(source, tmp_path)

    for _ in range(3):
        assert np.array_equal(joined(stream()), FRAMES)
    assert source.given == 20


def test_the_source_is_not_read_before_somebody_asks(tmp_path: Path) -> None:
    source = Source()
    reader = spool(source, tmp_path)()

    assert source.given == 0
    next(reader)
    assert source.given == 3


def test_an_abandoned_first_pass_is_carried_on_by_the_next(tmp_path: Path) -> None:
    source = Source()
    stream = spool(source, tmp_path)
    first = stream()
    next(first)
    first.close()

    assert np.array_equal(joined(stream()), FRAMES)
    assert source.given == 20


def test_readers_may_take_turns(tmp_path: Path) -> None:
    stream = spool(Source(), tmp_path)
    slow, fast = stream(), stream()
    first = next(slow)

    assert np.array_equal(joined(fast), FRAMES)
    assert np.array_equal(np.concatenate([first, *slow]), FRAMES)


def test_readers_in_several_threads_all_get_every_frame(tmp_path: Path) -> None:
    stream = spool(Source(chunk=1), tmp_path)
    results: list[NDArray[np.uint8]] = []
    threads = [threading.Thread(target=lambda: results.append(joined(stream()))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(results) == 6
    assert all(np.array_equal(result, FRAMES) for result in results)


def test_the_file_goes_with_the_last_reference(tmp_path: Path) -> None:
    stream = spool(Source(), tmp_path)
    reader = stream()
    next(reader)
    del stream
    gc.collect()
    assert len(list(tmp_path.iterdir())) == 1, "an unfinished reader still needs it"

    assert len(joined(reader)) == 17
    del reader
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_a_source_that_is_used_up_is_let_go(tmp_path: Path) -> None:
    ended = []

    def source() -> Chunks:
        yield FRAMES
        ended.append(True)

    stream = spooled(source(), frames=20, height=16, width=24, folder=tmp_path)
    next(stream())

    assert ended == [True]


def test_an_error_of_the_source_meets_every_reader_that_gets_there(tmp_path: Path) -> None:
    def source() -> Chunks:
        yield FRAMES[:4]
        raise Cancelled("Stopped by hand.")

    stream = spooled(source(), frames=20, height=16, width=24, folder=tmp_path)
    for _ in range(2):
        reader = stream()
        assert np.array_equal(next(reader), FRAMES[:4])
        with pytest.raises(Cancelled, match="Stopped by hand"):
            next(reader)


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        (FRAMES[:15], "ended after 15"),
        (np.concatenate([FRAMES, FRAMES]), "gave more"),
        (FRAMES[:, :, :20], r"\(3, 16, 20, 3\)"),
        (FRAMES.astype(np.float32), "float32"),
    ],
)
def test_a_source_that_breaks_its_promise_is_refused(
    tmp_path: Path, frames: NDArray[np.uint8], message: str
) -> None:
    stream = spool(Source(frames), tmp_path)
    with pytest.raises(ValueError, match=message):
        joined(stream())


def test_frames_lost_with_their_folder_are_named(tmp_path: Path) -> None:
    stream = spool(Source(), tmp_path / "work")
    joined(stream())
    shutil.rmtree(tmp_path / "work")

    with pytest.raises(StorageFailed, match="are gone"):
        joined(stream())


def test_a_place_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageFailed, match="cannot be written"):
        spool(Source(), tmp_path / "file" / "work")


def test_a_full_disk_is_one_sentence_and_stays_one(tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
import numpy as np
from engine.errors import StorageFailed
from engine.media.spool import spooled
frames = np.zeros((100, 64, 64, 3), np.uint8)
stream = spooled(iter([frames]), frames=100, height=64, width=64, folder=Path(sys.argv[1]))
for _ in range(2):
    try:
        next(stream())
    except StorageFailed as error:
        print(error)
"""
    lines = run_with_file_limit(100_000, program, tmp_path).splitlines()

    assert len(lines) == 2
    assert all("no room left" in line for line in lines)
    assert list(tmp_path.iterdir()) == []
