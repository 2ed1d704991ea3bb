"""Clips to video files, as a stream: making, converting and encoding frames overlap."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from engine.errors import InvalidMedia
from engine.media.encode import Geometry, choose_encoder, open_encoder
from engine.media.encode_audio import AudioTrack
from engine.media.muxing import muxed
from engine.media.overlap import overlapped
from engine.media.settings import Container, VideoSettings, require_rate
from engine.media.to_ycbcr import ToYCbCr
from engine.values import Clip

# Chunks that may wait for the encoder, beside the one it works on and the one being made.
WAITING_CHUNKS = 1

_QUICK_START = {"movflags": "+faststart+use_metadata_tags"}
_MUXERS: dict[Container, tuple[str, dict[str, str]]] = {
    "mp4": ("mp4", _QUICK_START),
    "mov": ("mov", _QUICK_START),
    "mkv": ("matroska", {}),
    "webm": ("webm", {}),
}


def write_video(
    clip: Clip,
    path: Path,
    settings: VideoSettings | None = None,
    *,
    document: str = "",
    check: Callable[[], None] = lambda: None,
    progress: Callable[[int], None] = lambda frames: None,
) -> None:
    """Write `clip` with its sound to `path`; the file appears only when it is complete.

    Colours are BT.709 limited range, in pixels and in tags; the frame rate is kept exactly; sound
    is padded or cut to the length of the picture; odd sizes get one more row or column (see
    `to_ycbcr.py`).  `document` is embedded (see `embed.py`).  `check` is called before each chunk
    and stops the writing by raising; `progress` is told the number of frames written.  Settings
    follow the name of the file unless given.

    Raises InvalidMedia for a clip without frames, InvalidInput for a size or rate that the codec
    cannot hold, StorageFailed for a full disk or an unwritable place.
    """
    settings = settings or VideoSettings.for_path(path)
    require_rate(clip.fps)
    muxer, options = _MUXERS[settings.container]
    with muxed(path, muxer, options=options, document=document) as container:
        writer = _VideoWriter(container, clip, settings)
        with overlapped(writer.write, depth=WAITING_CHUNKS) as put:
            for chunk in clip:
                check()
                put(chunk)
                progress(writer.frames)
        writer.finish()
        progress(writer.frames)
        if writer.frames == 0:
            raise InvalidMedia(f"There are no frames to write to '{path}'.")


class _VideoWriter:
    """An open container with its picture and sound streams, written chunk by chunk."""

    def __init__(self, container: av.OutputContainer, clip: Clip, settings: VideoSettings) -> None:
        self.frames = 0
        self._container = container
        self._frame_seconds = 1 / clip.fps
        even = (clip.width + clip.width % 2, clip.height + clip.height % 2)
        geometry = Geometry(*even, clip.fps)
        encoder = choose_encoder(settings, geometry, clip.frames)
        self._stream = container.add_stream(encoder.name, rate=clip.fps)
        if settings.codec == "hevc" and settings.container in ("mp4", "mov"):
            self._stream.codec_context.codec_tag = "hvc1"  # Apple plays no other
        open_encoder(self._stream.codec_context, encoder, geometry)
        self._convert = ToYCbCr(clip.width, clip.height, encoder.pixel_format)
        codec = "libopus" if settings.container == "webm" else "aac"
        self._sound = None if clip.audio is None else AudioTrack(container, clip.audio, codec)

    def write(self, chunk_THWC: NDArray[np.uint8]) -> None:
        """Convert, encode and write RGB frames of shape (time, height, width, 3)."""
        for frame_HWC in np.ascontiguousarray(chunk_THWC):
            frame = self._convert(frame_HWC)
            frame.pts = self.frames
            frame.time_base = self._frame_seconds
            self.frames += 1
            if self._sound is not None:
                self._sound.advance(self.frames * self._frame_seconds)
            self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        """Write what the encoders still hold."""
        self._container.mux(self._stream.encode(None))
        if self._sound is not None:
            self._sound.finish()
