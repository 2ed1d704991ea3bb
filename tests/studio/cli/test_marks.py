"""A file that was encoded anew has lost its signature, and its watermark leads back to it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from engine.media.write_audio import write_audio
from engine.trust.ledger import Entry, Ledger
from engine.trust.release import AUDIO_WATERMARK, VIDEO_WATERMARK, Mark, MarkKind, Release
from engine.trust.self_issued import self_issued
from engine.trust.sign import sign
from engine.trust.statement import Statement
from engine.trust.watermark import markers
from engine.trust.watermark.audio.mark import mark_audio
from engine.trust.watermark.keys import owner_key
from engine.trust.watermark.markers import OwnMarker
from engine.trust.watermark.reading import Reading
from engine.values import Audio
from studio.cli.marks import read_marks
from tests.engine.trust.watermark.attacks import encoded_bytes
from tests.engine.trust.watermark.audio.sounds import sound
from tests.engine.trust.watermark.scenes import Size, footage

MARK = Mark(MarkKind.AUDIO, AUDIO_WATERMARK, 0xABCDEF)


@pytest.fixture
def marked() -> Audio:
    return mark_audio(sound("speech", seconds=3, rate=16_000), id=0xABCDEF, key=owner_key())


def test_a_file_encoded_anew_leads_to_its_manifest(cli, marked: Audio, tmp_path: Path) -> None:
    first, anew = tmp_path / "first.wav", tmp_path / "anew.mp3"
    write_audio(marked, first)
    signed = sign(first, self_issued(), Statement("first.wav", release=Release(marks=(MARK,))))
    Ledger().add(Entry("first.wav", "", signed.digest, signed.manifest), [MARK])
    write_audio(marked, anew)
    assert read_marks(anew) == (MARK,)
    result = cli("verify", anew)
    assert result.exit_code == 5
    assert "leads to 'first.wav'" in result.stdout


class Recognising(OwnMarker):
    """Finds a number only where it is told which to look for."""

    def read(self, chunks: Any, *, known: Collection[int] = (), **how: object) -> Reading | None:
        assert next(chunks).ndim == 4
        return Reading(0xABCDEF, 8.0, 1) if 0xABCDEF in known else None


def test_a_worn_picture_is_recognised_by_the_number_in_the_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(markers, "reading_markers", lambda: (Recognising(),))
    seen, worn = Mark(MarkKind.VIDEO, VIDEO_WATERMARK, 0xABCDEF), tmp_path / "worn.mp4"
    worn.write_bytes(encoded_bytes(footage(3, Size(64, 64), 4), 24, 31))
    ledgers = Ledger(), Ledger.of_others()
    assert read_marks(worn, ledgers) == ()
    ledgers[1].add(Entry("first.mp4", "", "ab" * 32, b""), [seen])
    assert read_marks(worn, ledgers) == (seen,)


def test_a_file_without_a_mark_or_without_sound_has_none(tmp_path: Path) -> None:
    plain = tmp_path / "plain.wav"
    write_audio(sound("speech", seconds=3, rate=16_000), plain)
    assert read_marks(plain) == ()
    assert read_marks(tmp_path / "missing.wav") == ()
