"""The ledger finds what was released, and tells what is wrong with its file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.errors import StorageFailed
from engine.trust.ledger import Entry, Ledger
from engine.trust.release import AUDIO_WATERMARK, VIDEO_WATERMARK, Mark, MarkKind

NOW = datetime(2026, 8, 2, 12, tzinfo=UTC)
SEEN, HEARD = (
    Mark(MarkKind.VIDEO, VIDEO_WATERMARK, 7),
    Mark(MarkKind.AUDIO, AUDIO_WATERMARK, 7),
)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite", clock=lambda: NOW)


def entry(title: str = "a.mp4", digest: str = "ab" * 32) -> Entry:
    return Entry(title, f"/films/{title}", digest, b"\0manifest\xff", '{"nodes": {}}')


def test_a_release_is_found_by_each_of_its_marks_and_by_its_digest(ledger: Ledger) -> None:
    ledger.add(entry(), [SEEN, HEARD])
    found = ledger.marked(SEEN)
    assert found == ledger.marked(HEARD) == ledger.released("ab" * 32)
    assert (found[0].manifest, found[0].document) == (b"\0manifest\xff", '{"nodes": {}}')
    assert found[0].time == "2026-08-02T12:00:00+00:00"


def test_the_newest_comes_first(ledger: Ledger) -> None:
    for title in ("first", "second"):
        ledger.add(entry(title), [SEEN])
    assert [each.title for each in ledger.marked(SEEN)] == ["second", "first"]


def test_all_numbers_of_one_kind_of_mark_are_told(ledger: Ledger) -> None:
    assert ledger.numbers(VIDEO_WATERMARK) == []
    other = Mark(MarkKind.VIDEO, VIDEO_WATERMARK, 0xABCDEF012345)
    ledger.add(entry(), [SEEN, HEARD])
    ledger.add_all([(entry("b.mp4", "cd" * 32), [(VIDEO_WATERMARK, other.value)])])
    ledger.add_all([(entry("c.mp4", "ef" * 32), [(VIDEO_WATERMARK, "no number")])])
    assert sorted(ledger.numbers(VIDEO_WATERMARK)) == [7, 0xABCDEF012345]
    assert ledger.numbers(AUDIO_WATERMARK) == [7]


def test_what_was_never_released_is_not_there(ledger: Ledger) -> None:
    assert ledger.marked(SEEN) == ledger.released("ab" * 32) == []
    assert not ledger.path.exists(), "looking makes no file"
    ledger.add(entry(), [Mark(MarkKind.VIDEO, VIDEO_WATERMARK, 7, fault="too small")])
    assert ledger.marked(SEEN) == []
    assert ledger.marked(Mark(MarkKind.VIDEO, VIDEO_WATERMARK, 8)) == []


def test_a_file_that_is_no_ledger_is_told(ledger: Ledger) -> None:
    ledger.path.write_bytes(b"no database" * 999)
    with pytest.raises(StorageFailed, match="a ledger of releases"):
        ledger.marked(SEEN)
    with pytest.raises(StorageFailed, match=r"ledger\.sqlite"):
        ledger.add(entry(), [])


def test_only_its_owner_reads_it(ledger: Ledger) -> None:
    ledger.add(entry(), [])
    assert ledger.path.stat().st_mode & 0o077 == 0
