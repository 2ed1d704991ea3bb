"""Files as the signing library writes them."""

from __future__ import annotations

import io
import os

import pytest

from engine.trust.streams import FaultKeepingFile, Nowhere


def test_no_more_than_the_limit_is_taken_and_the_fault_is_kept() -> None:
    content = io.BytesIO()
    file = FaultKeepingFile(content, limit=10)
    assert file.write(b"12345") == 5
    assert file.write(b"67890") == 5
    with pytest.raises(OSError, match="more data"):
        file.write(b"1")
    assert str(file.fault) == "more data than is reasonable"
    assert content.getvalue() == b"1234567890"


def test_nowhere_counts_like_a_file_and_keeps_nothing() -> None:
    target, real = Nowhere(), io.BytesIO()
    for each in (target, real):
        each.write(b"12345")
        each.seek(2)
        each.write(b"x")
    assert target.tell() == real.tell() == 3
    assert target.seek(0, os.SEEK_END) == real.seek(0, os.SEEK_END) == 5
    assert target.read() == b""
