"""Video files as clips: decoded anew on every pass, at one constant rate, upright, in sRGB."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.stream import Disposition
from numpy.typing import NDArray

from engine.file_digests import KNOWN_DIGESTS
from engine.media.animated_webp import is_animated_webp, read_animated_webp
from engine.media.orientation import orientation_of
from engine.media.readable import cannot_read, require_file
from engine.media.sound import sound_collector
from engine.media.source import MAX_VIDEO_PIXELS, decoder_options, opened, undecodable
from engine.media.spool import frames_per_chunk
from engine.media.timeline import Timeline, constant_rate
from engine.media.to_rgb import Display, ToRGB
from engine.values import Audio, Clip, Origin

_LONGEST_SECONDS = 24 * 3600


def read_video(path: Path, folder: Path) -> Clip:
    """Read a video file, or an animated GIF, PNG or WebP; a still picture is one frame.

    The file is scanned once for its timestamps and its sound; frames are decoded while the clip
    is read, each time anew, so neither memory nor disk grows with its length (`folder` is only
    used for an animated WebP, which has no streaming decoder).  A variable rate is resampled by
    timestamps to a constant one (see `timeline.py`), rotation is honoured, pixels become square,
    transparency is composited over black, HDR and 10 bit become 8 bit sRGB.  A frame that cannot
    be decoded is replaced by the one before.  Sound starts with the first frame and ends with the
    last.  A later pass finds the file by its content: a copy may take its place, another may not.

    Raises InvalidMedia for a file that is missing, damaged, cut short, too large, or no video, or
    that changes meanwhile.
    """
    if is_animated_webp(path):
        return read_animated_webp(path, folder)
    require_file(path)
    digest = KNOWN_DIGESTS.digest(path)
    scan = _scan(path)
    _require_same(path, digest)
    return Clip(
        stream=_Pass(path, scan, digest).frames,
        frames=scan.timeline.frames,
        height=scan.display.height,
        width=scan.display.width,
        fps=scan.timeline.fps,
        audio=scan.audio,
        origin=Origin(ingredients=(str(path),)),
    )


@dataclass(frozen=True, eq=False)
class _Scan:
    timeline: Timeline
    display: Display
    audio: Audio | None


def _scan(path: Path) -> _Scan:
    """Read every packet, decode the first frame and all of the sound."""
    with opened(path, MAX_VIDEO_PIXELS) as file:
        stream = video_stream(file, path, MAX_VIDEO_PIXELS)
        _require_complete(path, stream)
        sound = sound_collector(file, path)
        timestamps: list[int] = []
        last_duration = 0
        display: Display | None = None
        tracks = [stream] if sound is None else [stream, sound.stream]
        for packet in file.demux(tracks):
            if sound is not None and packet.stream is sound.stream:
                sound.take(packet)
                continue
            if packet.size and not packet.is_discard:
                timestamps.append(_timestamp(packet.pts, timestamps, stream))
                last_duration = packet.duration or 0
            if display is None:
                display = _display(decoded(packet), stream, path)
        if display is None or not timestamps:
            raise undecodable(path, MAX_VIDEO_PIXELS)
        timeline = _timeline(timestamps, last_duration, stream, path)
        origin = Origin(ingredients=(str(path),))
        start = timeline.start * timeline.tick
        audio = None if sound is None else sound.audio(start, origin)
        if audio is not None:
            audio = _cut(audio, timeline.frames / timeline.fps)
        return _Scan(timeline, display, audio)


def _cut(audio: Audio, seconds: Fraction) -> Audio:
    """Codecs pad sound to whole blocks; what lies behind the last frame goes."""
    return Audio(audio.samples_CN[:, : round(seconds * audio.rate)], audio.rate, audio.origin)


def video_stream(file: av.InputContainer, path: Path, max_pixels: int) -> av.VideoStream:
    """The file's first moving picture, ready to decode; cover art does not count."""
    for stream in file.streams.video:
        if stream.codec_context is None or stream.disposition & Disposition.attached_pic:
            continue
        stream.codec_context.options = decoder_options(max_pixels)
        return stream
    raise cannot_read(path, "has no picture", remedy="Choose a video or a picture file.")


def _timestamp(pts: int | None, before: list[int], stream: av.VideoStream) -> int:
    """A packet's own timestamp; in a format that has none, one frame after the last."""
    if pts is not None:
        return pts
    if not before:
        return 0
    rate = stream.average_rate or stream.guessed_rate or Fraction(25)
    units = round(1 / (rate * stream.time_base))
    return before[-1] + max(1, int(units))


def decoded(packet: av.Packet) -> list[av.VideoFrame]:
    """The frames a packet completes; none if it is damaged."""
    try:
        frames: list[av.VideoFrame] = packet.decode()
    except (av.FFmpegError, ValueError):
        return []
    return frames


def _display(frames: list[av.VideoFrame], stream: av.VideoStream, path: Path) -> Display | None:
    """How the first frame is to be shown, pixels made square; None while there is no frame."""
    for frame in frames:
        aspect = stream.sample_aspect_ratio or Fraction(1)
        if not Fraction(1, 8) <= aspect <= 8:
            aspect = Fraction(1)
        if frame.width * aspect * frame.height > MAX_VIDEO_PIXELS:
            raise undecodable(path, MAX_VIDEO_PIXELS)
        width = max(1, round(frame.width * aspect))
        return Display(width, frame.height, orientation_of(frame, path))
    return None


def _require_complete(path: Path, stream: av.VideoStream) -> None:
    """MP4 says up front where each frame lies: a file that was cut off while copying shows."""
    size = path.stat().st_size
    frames = list(stream.index_entries)
    present = sum(frame.pos + frame.size <= size for frame in frames)
    if present < len(frames):
        raise cannot_read(
            path,
            f"is cut short: {present} of {len(frames)} frames are there",
            remedy="Copy or export it again.",
        )


def _timeline(
    timestamps: list[int], last_duration: int, stream: av.VideoStream, path: Path
) -> Timeline:
    nominal = (stream.average_rate, stream.guessed_rate, stream.base_rate)
    timeline = constant_rate(timestamps, last_duration, stream.time_base, nominal)
    if timeline.frames > _LONGEST_SECONDS * timeline.fps:
        raise cannot_read(path, "claims to last longer than a day", remedy="Export it again.")
    return timeline


def _require_same(path: Path, digest: str) -> None:
    """Raises InvalidMedia for a file of other content; costs a reading if it was written anew."""
    if KNOWN_DIGESTS.digest(path) != digest:
        raise cannot_read(path, "has changed since it was opened", remedy="Run again.")


@dataclass(frozen=True)
class _Pass:
    """What it takes to decode the file once more."""

    path: Path
    scan: _Scan
    digest: str

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """All frames in RGB chunks; raises InvalidMedia if the file is no longer the same."""
        with opened(self.path, MAX_VIDEO_PIXELS) as file:
            _require_same(self.path, self.digest)
            stream = video_stream(file, self.path, MAX_VIDEO_PIXELS)
            stream.codec_context.thread_type = "AUTO"
            frames = (frame for packet in file.demux(stream) for frame in decoded(packet))
            yield from self._chunks(_on_ticks(frames, self.scan.timeline))

    def _chunks(self, shown: Iterator[av.VideoFrame]) -> Iterator[NDArray[np.uint8]]:
        """Convert frames, repeated ones once, and put them together in chunks."""
        display, left = self.scan.display, self.scan.timeline.frames
        convert = ToRGB(display)
        before: av.VideoFrame | None = None
        pixels: NDArray[np.uint8] | None = None
        while left:
            count = min(left, frames_per_chunk(display.height, display.width))
            chunk = np.empty((count, display.height, display.width, 3), np.uint8)
            for slot in chunk:
                frame = next(shown, None)
                if frame is not before and frame is not None:
                    before, pixels = frame, convert(frame)
                if pixels is None:
                    raise undecodable(self.path, MAX_VIDEO_PIXELS)
                slot[:] = pixels
            yield chunk
            left -= count


def _on_ticks(frames: Iterable[av.VideoFrame], timeline: Timeline) -> Iterator[av.VideoFrame]:
    """For each tick the frame that is shown then; the first one also before its time."""
    shown: av.VideoFrame | None = None
    index = 0
    for order, frame in enumerate(frames):
        appears = order if frame.pts is None else timeline.index(frame.pts)
        shown = shown or frame
        while index < min(appears, timeline.frames):
            yield shown
            index += 1
        shown = frame
    while shown is not None and index < timeline.frames:
        yield shown
        index += 1
