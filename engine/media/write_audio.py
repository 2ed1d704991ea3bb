"""Audio to sound files."""

from __future__ import annotations

from pathlib import Path

from engine.errors import InvalidInput
from engine.media.encode_audio import AudioTrack
from engine.media.muxing import muxed
from engine.values import Audio

# Muxer and codec by suffix.
_KINDS = {
    ".wav": ("wav", "pcm_s16le"),
    ".flac": ("flac", "flac"),
    ".mp3": ("mp3", "libmp3lame"),
    ".m4a": ("ipod", "aac"),
    ".ogg": ("ogg", "libopus"),
}


def write_audio(audio: Audio, path: Path) -> None:
    """Write sound to `path`, in the format that its suffix names.

    Raises InvalidInput for another suffix, StorageFailed for a full disk or an unwritable place.
    """
    kind = _KINDS.get(path.suffix.lower())
    if kind is None:
        raise InvalidInput(
            f"'{path.name}' does not end like a sound file.", remedy=f"Use {', '.join(_KINDS)}."
        )
    muxer, codec = kind
    with muxed(path, muxer) as container:
        track = AudioTrack(container, audio, codec)
        track.advance(audio.duration)
        track.finish()
