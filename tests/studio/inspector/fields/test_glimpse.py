"""What is seen of a file at a glance."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.inspector.fields.glimpse import glimpse, size_in_words


@pytest.mark.parametrize("text", ["/nowhere/at/all", "\0", "a" * 5000])
def test_what_is_not_there_is_not_found(text: str) -> None:
    assert not glimpse(text).found


def test_damaged_pictures_and_videos_are_found_without_a_picture(
    tmp_path: Path, qapp: object
) -> None:
    for name in ("broken.png", "broken.mp4", "words.txt"):
        path = tmp_path / name
        path.write_bytes(b"no picture at all")
        seen = glimpse(str(path))
        assert seen.found
        assert seen.bytes == 17
        assert seen.picture.isNull()


def test_sizes_read_as_file_managers_say_them() -> None:
    sizes = [size_in_words(count) for count in (17, 3_400, 125_000, 3_400_000, 5 * 10**12)]
    assert sizes == ["17 B", "3.4 kB", "125 kB", "3.4 MB", "5.0 TB"]
