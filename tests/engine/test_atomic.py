from __future__ import annotations

import errno
from pathlib import Path

import pytest

from engine.atomic import replacing, storage_failed
from engine.errors import StorageFailed


def test_a_finished_file_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "new" / "video.mp4"
    for text in ("first", "second"):
        with replacing(path) as partial:
            assert partial.parent == path.parent, "a rename must not cross file systems"
            partial.write_text(text)
        assert path.read_text() == text
    assert list(path.parent.iterdir()) == [path]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    path.write_text("old")

    def write_half() -> None:
        with replacing(path) as partial:
            partial.write_text("half")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "frames"
    for name in ("one", "two"):
        with replacing(path) as partial:
            partial.mkdir()
            (partial / name).touch()
    assert [entry.name for entry in path.iterdir()] == ["two"]

    def write_half() -> None:
        with replacing(path) as partial:
            partial.mkdir()
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        write_half()
    assert [entry.name for entry in tmp_path.iterdir()] == ["frames"]


def test_what_an_earlier_crash_left_is_not_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "video.mp4.partial").write_text("from a crash")
    with replacing(tmp_path / "video.mp4") as partial:
        assert not partial.exists()
        partial.touch()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    target = tmp_path / "file" / "video.mp4"
    with pytest.raises(StorageFailed, match="cannot be written") as failure, replacing(target):
        pytest.fail("there is nowhere to write")
    assert str(target) in str(failure.value)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG, errno.EDQUOT])
def test_no_room_is_told_apart_from_no_permission(number: int) -> None:
    assert "no room" in str(storage_failed(OSError(number, "?"), Path("a.mp4")))
    assert "Permission denied" in str(storage_failed(OSError(errno.EACCES, "?"), Path("a.mp4")))
