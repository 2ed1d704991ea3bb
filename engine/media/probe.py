"""What a media file is, without decoding it; and what this machine can encode."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.stream import Disposition

from engine.media.encode import Geometry, choose_encoder
from engine.media.settings import CODECS, Codec, VideoSettings
from engine.media.source import opened


@dataclass(frozen=True)
class MediaInfo:
    """Container and streams of a file; None for what it does not have or does not say.

    `duration` is in seconds, `sample_rate` in hertz; sizes are as coded, in pixels.
    """

    container: str
    duration: Fraction | None
    video_codec: str | None = None
    width: int | None = None
    height: int | None = None
    fps: Fraction | None = None
    audio_codec: str | None = None
    sample_rate: int | None = None
    channels: int | None = None


def probe(path: Path) -> MediaInfo:
    """Look at a file's headers.  Raises InvalidMedia for what cannot be read as media."""
    with opened(path) as file:
        info: dict[str, str | int | Fraction | None] = {}
        for stream in file.streams.video[:1]:
            if stream.codec_context and not stream.disposition & Disposition.attached_pic:
                info |= {
                    "video_codec": stream.codec_context.codec.canonical_name,
                    "width": stream.codec_context.width,
                    "height": stream.codec_context.height,
                    "fps": stream.average_rate,
                }
        for stream in file.streams.audio[:1]:
            if stream.codec_context:
                info |= {
                    "audio_codec": stream.codec_context.codec.canonical_name,
                    "sample_rate": stream.codec_context.sample_rate,
                    "channels": stream.codec_context.channels,
                }
        duration = None if file.duration is None else Fraction(file.duration, av.time_base)
        return MediaInfo(file.format.name, duration, **info)  # type: ignore[arg-type]


def encoders() -> dict[Codec, str]:
    """For each video codec the encoder that a Full HD export would use here."""
    full_hd = Geometry(1920, 1080, Fraction(24))
    found: dict[Codec, str] = {}
    for container, codecs in CODECS.items():
        for codec in codecs:
            settings = VideoSettings(container=container, codec=codec)
            found[codec] = choose_encoder(settings, full_hd, frames=1000).name
    return found
