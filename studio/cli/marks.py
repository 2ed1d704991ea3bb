"""Reading this computer's watermarks in a file, for one that lost its signature."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from engine.errors import ReelwrightError

if TYPE_CHECKING:
    from engine.trust.ledger import Ledger
    from engine.trust.release import Mark
    from engine.trust.watermark.markers import Marker


LOOKED_AT: Final = 64
"""Seconds of a video that are looked through: all tiles came four times by then."""


def read_marks(path: Path, ledgers: Sequence[Ledger] = ()) -> tuple[Mark, ...]:
    """The marks that this computer's key finds in picture and sound of a file.

    The numbers that stand in the ledgers are recognised where little is left of them.  Raises
    InvalidInput and StorageFailed for a described marker that cannot look.
    """
    from engine.trust.release import AUDIO_WATERMARK, Mark, MarkKind
    from engine.trust.watermark.markers import reading_markers

    marks = []
    looked = []
    for marker in reading_markers():
        known = {number for each in ledgers for number in each.numbers(marker.algorithm)}
        looked.append((marker.kind, marker.algorithm, _seen(path, marker, known)))
    for kind, algorithm, number in (*looked, (MarkKind.AUDIO, AUDIO_WATERMARK, _heard(path))):
        if number is not None:
            marks.append(Mark(kind, algorithm, number))
    return tuple(marks)


def _seen(path: Path, marker: Marker, known: Collection[int]) -> int | None:
    from engine.media.read_video import read_video
    from engine.trust.watermark.keys import owner_key

    try:
        with TemporaryDirectory() as folder:
            clip = read_video(path, Path(folder))
            found = marker.read(
                iter(clip), key=owner_key(), fps=clip.fps, seconds=LOOKED_AT, known=known
            )
    except ReelwrightError:
        return None
    return None if found is None else found.id


def _heard(path: Path) -> int | None:
    from engine.media.read_audio import read_audio
    from engine.trust.watermark.audio.read import read_audio_mark
    from engine.trust.watermark.keys import owner_key

    try:
        found = read_audio_mark(read_audio(path), owner_key())
    except ReelwrightError:
        return None
    return None if found is None else found.id
