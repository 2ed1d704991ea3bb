"""Sound files, and the sound of videos, to Audio."""

from __future__ import annotations

from pathlib import Path

from engine.media.readable import cannot_read
from engine.media.sound import sound_collector
from engine.media.source import opened
from engine.values import Audio, Origin

_REMEDY = "Choose a sound file, or a video that has sound."


def read_audio(path: Path) -> Audio:
    """Read sound as float32 at its own rate; more than two channels are mixed to stereo.

    Raises InvalidMedia for a file that is missing, damaged, silent for lack of a track, or larger
    than fits in memory.
    """
    with opened(path) as file:
        sound = sound_collector(file, path)
        if sound is None:
            raise cannot_read(path, "has no sound", remedy=_REMEDY)
        for packet in file.demux(sound.stream):
            sound.take(packet)
        audio = sound.audio(None, Origin(ingredients=(str(path),)))
        if audio is None:
            raise cannot_read(path, "has no sound that can be decoded", remedy=_REMEDY)
        return audio
