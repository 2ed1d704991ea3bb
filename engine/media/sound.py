"""Decoded sound, gathered into one float32 array that starts at a given moment."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from engine.media.readable import cannot_read
from engine.media.source import decoder_options
from engine.values import Audio, Origin

# 2 GiB of float32: an hour and a half of stereo at 48 kHz.
_MAX_SAMPLES = 1 << 29
# Timestamps are rounded in most containers; only a larger gap than this is a real one.
_GAP_SECONDS = Fraction(1, 20)
# A longer silence is taken for a broken timestamp and not inserted.
_LONGEST_SILENCE_SECONDS = 600


def sound_collector(file: av.InputContainer, path: Path) -> SoundCollector | None:
    """A collector for the file's first sound track; None if it has none."""
    for stream in file.streams.audio[:1]:
        if stream.codec_context is not None and stream.codec_context.sample_rate > 0:
            return SoundCollector(stream, path)
    return None


class SoundCollector:
    """Takes an audio stream's packets in order; more than two channels are mixed to stereo.

    Packets that cannot be decoded are left out and gaps become silence, so that what follows
    stays in time.
    """

    def __init__(self, stream: av.AudioStream, path: Path) -> None:
        stream.codec_context.options = decoder_options()
        self.stream = stream
        self._path = path
        self._rate = int(stream.codec_context.sample_rate)
        self._layout = "mono" if stream.codec_context.channels == 1 else "stereo"
        self._resampler = av.AudioResampler(format="fltp", layout=self._layout, rate=self._rate)
        self._pieces: list[NDArray[np.float32]] = []
        self._count = 0
        self._start: Fraction | None = None

    def take(self, packet: av.Packet) -> None:
        """Decode one packet; an empty one flushes the decoder."""
        try:
            for frame in packet.decode():
                self._take_frame(frame)
        except (av.FFmpegError, ValueError):
            return

    def audio(self, start: Fraction | None, origin: Origin) -> Audio | None:
        """What was gathered, from the moment `start` (seconds) on; None if there was nothing."""
        if self._start is None or not self._pieces:
            return None
        samples = np.concatenate(self._pieces, axis=1)
        late = Fraction(0) if start is None else self._start - start
        if abs(late) > _LONGEST_SILENCE_SECONDS:
            late = Fraction(0)
        lead = round(late * self._rate)
        samples = np.pad(samples, ((0, 0), (max(0, lead), 0)))[:, max(0, -lead) :]
        return Audio(samples, self._rate, origin)

    def _take_frame(self, frame: av.AudioFrame) -> None:
        if frame.pts is not None:
            self._close_gap(frame.pts * frame.time_base)
        for piece in self._resampler.resample(frame):
            self._append(piece.to_ndarray())

    def _close_gap(self, seconds: Fraction) -> None:
        if self._start is None:
            self._start = seconds
        gap = seconds - self._start - Fraction(self._count, self._rate)
        if _GAP_SECONDS < gap <= _LONGEST_SILENCE_SECONDS:
            silence = round(gap * self._rate)
            self._require_room(silence)
            channels = 1 if self._layout == "mono" else 2
            self._append(np.zeros((channels, silence), np.float32))

    def _append(self, samples: NDArray[np.float32]) -> None:
        self._require_room(samples.shape[1])
        self._start = self._start or Fraction(0)
        self._pieces.append(samples)
        self._count += samples.shape[1]

    def _require_room(self, more: int) -> None:
        if (self._count + more) * 2 > _MAX_SAMPLES:
            raise cannot_read(
                self._path,
                f"has more sound than fits in memory ({_MAX_SAMPLES // 2} samples a channel)",
                remedy="Cut it into shorter pieces.",
            )
