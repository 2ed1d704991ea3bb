"""A sound track of a file: encoded piece by piece, exactly as long as it is asked to be."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np

from engine.values import Audio

# Good enough that nobody hears a difference in stereo (AAC-LC, Opus, MP3).
_BITS_PER_SECOND = 192_000
_FALLBACK_RATE = 48_000
_LAYOUTS = {1: "mono", 2: "stereo"}


class AudioTrack:
    """Feeds one Audio to a container; its first sample belongs to the start of the file.

    A sampling rate that the codec lacks is resampled to 48 kHz.
    """

    def __init__(self, container: av.OutputContainer, audio: Audio, codec: str) -> None:
        channels = audio.samples_CN.shape[0]
        if channels not in _LAYOUTS:
            raise ValueError(f"a sound track has one or two channels, not {channels}")
        rates = av.Codec(codec, "w").audio_rates or [audio.rate]
        self._stream = container.add_stream(
            codec,
            rate=audio.rate if audio.rate in rates else _FALLBACK_RATE,
            layout=_LAYOUTS[channels],
            bit_rate=_BITS_PER_SECOND,
        )
        self._container = container
        self._audio = audio
        self._layout = _LAYOUTS[channels]
        self._fed = 0

    def advance(self, seconds: Fraction) -> None:
        """Encode and write the sound up to this moment, with silence where it has ended."""
        until = round(seconds * self._audio.rate)
        if until <= self._fed:
            return
        samples = np.nan_to_num(self._audio.samples_CN[:, self._fed : until])
        missing = until - self._fed - samples.shape[1]
        samples = np.pad(samples.clip(-1, 1).astype(np.float32), ((0, 0), (0, missing)))
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples), format="fltp", layout=self._layout
        )
        frame.rate = self._audio.rate
        frame.pts = self._fed
        frame.time_base = Fraction(1, self._audio.rate)
        self._fed = until
        self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        """Write what the encoder still holds."""
        self._container.mux(self._stream.encode(None))
