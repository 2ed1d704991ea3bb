"""Digests of files are those of their content, and are computed once for each state of it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from engine.file_digests import FileDigests


def test_a_file_has_the_digest_of_its_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content" * 500_000)
    expected = hashlib.sha256(b"content" * 500_000).hexdigest()
    assert FileDigests().digest(tmp_path / "a") == expected


def test_a_change_of_time_or_size_is_noticed(tmp_path: Path) -> None:
    path, digests = tmp_path / "a", FileDigests()
    path.write_text("one")
    os.utime(path, ns=(1, 1))
    first = digests.digest(path)
    path.write_text("two")
    os.utime(path, ns=(2, 2))
    assert digests.digest(path) != first


def test_other_content_under_the_time_and_size_of_the_old_is_noticed(tmp_path: Path) -> None:
    path, digests = tmp_path / "a", FileDigests()
    path.write_text("one")
    os.utime(path, ns=(1, 1))
    first = digests.digest(path)
    (tmp_path / "b").write_text("two")
    os.utime(tmp_path / "b", ns=(1, 1))
    os.replace(tmp_path / "b", path)
    assert digests.digest(path) == hashlib.sha256(b"two").hexdigest() != first


def test_an_untouched_file_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, digests = tmp_path / "a", FileDigests()
    path.write_text("one")
    first = digests.digest(path)

    def reads(*of: object) -> object:
        raise AssertionError(f"{of} is read")

    monkeypatch.setattr("builtins.open", reads)
    assert digests.digest(path) == first


def test_a_folder_has_the_digest_of_its_files_in_name_order(tmp_path: Path) -> None:
    (tmp_path / "2").write_bytes(b"second")
    (tmp_path / "1").write_bytes(b"first")
    assert FileDigests().digest(tmp_path) == hashlib.sha256(b"firstsecond").hexdigest()


def test_the_users_folder_may_be_written_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a").write_text("one")
    assert FileDigests().digest("~/a") == FileDigests().digest(tmp_path / "a") != ""


def test_what_cannot_be_read_has_none(tmp_path: Path) -> None:
    assert FileDigests().digest(tmp_path / "no") == ""


def test_what_may_never_end_is_not_read() -> None:
    assert FileDigests().digest("/dev/null") == ""
