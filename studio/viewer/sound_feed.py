"""Sound in memory, its peaks, and the reader that hands it to a device block by block."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.errors import InvalidMedia

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BUCKETS: Final = 1000
# Held as float32: a third of a gigabyte in stereo.
_LONGEST_SECONDS: Final = 15 * 60


@dataclass(frozen=True, eq=False, slots=True)
class Sound:
    """Samples as float32 of shape (samples, channels), the first with the first picture.

    `peaks` are the lowest and highest value in each of BUCKETS equal parts.
    """

    samples_NC: NDArray[np.float32]
    rate: int
    peaks: tuple[tuple[float, float], ...] = ()

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return int(self.samples_NC.shape[0]) / self.rate


def load_sound(path: Path, start: Fraction | None) -> Sound | None:
    """The sound of a file from a moment on; None if it has no sound track.

    Raises InvalidMedia for a file that cannot be read, or sound too long to hold in memory.
    """
    import numpy as np

    from engine.media.sound import sound_collector
    from engine.media.source import opened
    from engine.values import Origin

    with opened(path) as file:
        collector = sound_collector(file, path)
        if collector is None:
            return None
        if (file.duration or 0) / 1e6 > _LONGEST_SECONDS:
            raise InvalidMedia(
                f"The sound of '{path.name}' is longer than {_LONGEST_SECONDS // 60} minutes and "
                "is not played.",
                remedy="Cut it into shorter pieces to hear it.",
            )
        for packet in file.demux(collector.stream):
            collector.take(packet)
        audio = collector.audio(start, Origin())
    if audio is None:
        return None
    samples_NC = np.ascontiguousarray(audio.samples_CN.T)
    return Sound(samples_NC, audio.rate, peaks_of(samples_NC))


def peaks_of(
    samples_NC: NDArray[np.float32], buckets: int = BUCKETS
) -> tuple[tuple[float, float], ...]:
    """Lowest and highest value of all channels in each of `buckets` parts; fewer if it is short."""
    import numpy as np

    count = len(samples_NC)
    if count == 0:
        return ()
    starts = np.linspace(0, count, min(buckets, count), endpoint=False).astype(np.int64)
    low = np.minimum.reduceat(samples_NC.min(axis=1), starts)
    high = np.maximum.reduceat(samples_NC.max(axis=1), starts)
    return tuple(zip(low.tolist(), high.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is played: from one moment to another, in seconds, over and over or once."""

    first: float
    last: float
    loop: bool


class SoundFeed:
    """Gives a device one block after another, and knows what is heard when.

    The window's thread replaces `cue` and `gain`; the device's thread calls `fill`.
    """

    def __init__(self, sound: Sound) -> None:
        self.sound = sound
        self.gain = 1.0
        self._cue: tuple[float, Stretch] | None = None  # where to go on, when it was just set
        self._stretch: Stretch | None = None  # None is silence
        self._at = 0
        self._heard: tuple[int, float] | None = None  # a sample and the time at which it is heard
        self._begun = 0.0

    def cue(self, seconds: float, stretch: Stretch) -> None:
        """Play from a moment on."""
        self._heard = None
        self._cue = (seconds, stretch)

    def hush(self) -> None:
        """Be silent."""
        self._heard = None
        self._cue = None
        self._stretch = None

    def heard(self, time: float) -> float | None:
        """Which moment is heard at a time of the device's clock; None if nothing is yet."""
        heard, stretch = self._heard, self._stretch
        if heard is None or stretch is None or self._cue is not None or time < self._begun:
            return None
        return self._inside(heard[0] / self.sound.rate + time - heard[1], stretch)

    def fill(self, out_NC: NDArray[np.float32], heard_at: float) -> None:
        """Write the next block; its first sample will be heard at that time."""
        cue = self._cue
        if cue is not None:
            self._at, self._stretch = round(cue[0] * self.sound.rate), cue[1]
        stretch = self._stretch
        out_NC.fill(0)
        if stretch is None:
            return
        if cue is not None:
            self._begun = heard_at
        # Anchored anew with each block: the device's clock is the one that counts.
        self._heard = (self._at, heard_at)
        if self._cue is cue:
            self._cue = None
        self._copy(out_NC, stretch)
        out_NC *= self.gain

    def _copy(self, out_NC: NDArray[np.float32], stretch: Stretch) -> None:
        rate, samples = self.sound.rate, self.sound.samples_NC
        first, last = round(stretch.first * rate), max(1, round(stretch.last * rate))
        done = 0
        while done < len(out_NC):
            if self._at >= last and stretch.loop:
                self._at = first
            count = len(out_NC) - done
            if stretch.loop:
                count = min(count, last - self._at)
            piece = samples[self._at : min(self._at + count, last)]
            out_NC[done : done + len(piece)] = piece
            self._at += count
            done += count

    def _inside(self, seconds: float, stretch: Stretch) -> float:
        length = stretch.last - stretch.first
        if not stretch.loop or stretch.first <= seconds < stretch.last or length <= 0:
            return seconds
        return stretch.first + (seconds - stretch.first) % length
