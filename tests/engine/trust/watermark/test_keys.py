"""The owner's watermark key and what is derived from it."""

from __future__ import annotations

import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from engine.errors import InvalidInput, StorageFailed
from engine.trust.watermark.keys import MarkKey, new_key, owner_key

KEY = MarkKey(bytes(range(32)))


def test_it_is_made_once_and_found_again(tmp_path: Path) -> None:
    assert owner_key(tmp_path) == owner_key(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["watermark.key"]


def test_it_lies_in_the_configuration_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELWRIGHT_CONFIG", str(tmp_path / "mine"))
    owner_key()
    assert (tmp_path / "mine" / "watermark.key").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="rights work differently")
def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    owner_key(tmp_path)
    assert stat.S_IMODE((tmp_path / "watermark.key").stat().st_mode) == 0o600


def test_those_who_come_at_once_find_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(owner_key, [tmp_path] * 8))) == 1


@pytest.mark.parametrize("text", ["", "ff", "zz" * 32, "ff" * 33])
def test_what_is_no_key_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "watermark.key").write_text(text)
    with pytest.raises(InvalidInput, match="holds no watermark key"):
        owner_key(tmp_path)


def test_a_place_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFailed, match="file"):
        owner_key(tmp_path / "file")


def test_it_is_not_shown() -> None:
    assert "secret" not in repr(KEY)
    assert KEY.secret.hex() not in repr(KEY)


def test_what_is_derived_never_changes() -> None:
    """Marks in files out there depend on it."""
    assert KEY.words(3, "video", 0).tolist() == KEY.words(5, "video", 0)[:3].tolist()
    assert KEY.name == "dc1ea51f"
    assert KEY.words(2, "video", 0).tolist() == [2677165022, 1365876674]


def test_purposes_and_keys_give_streams_that_have_nothing_in_common() -> None:
    streams = [KEY.words(4096, "video", 0), KEY.words(4096, "video", 1), new_key().words(4096, 0)]
    signs = np.stack([1 - 2 * (stream & 1).astype(int) for stream in streams])
    assert np.abs(np.corrcoef(signs) - np.eye(3)).max() < 0.08
