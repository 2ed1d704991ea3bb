"""Small videos whose frames say their own number, and a viewer to show them in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.media.settings import VideoSettings
from engine.media.write_video import write_video
from engine.values import Audio, Clip
from studio.viewer.pixels import Pixels, rgb_from_rows
from studio.viewer.sound import NoSound

BITS, BAR, HEIGHT = 8, 16, 32
WIDTH = BITS * BAR


def numbered(number: int) -> NDArray[np.uint8]:
    """A frame with its number as eight bars, white or black, the lowest bit first."""
    bits = [(number >> bit & 1) * 255 for bit in range(BITS)]
    line = np.repeat(np.array(bits, np.uint8), BAR)
    return np.ascontiguousarray(np.broadcast_to(line[None, :, None], (HEIGHT, WIDTH, 3)))


def number_in(pixels: Pixels | None) -> int | None:
    """The number that a frame of `numbered` shows, at whatever size."""
    if pixels is None:
        return None
    line = rgb_from_rows(pixels)[pixels.height // 2, :, 0]
    places = [int((bit + 0.5) * pixels.width / BITS) for bit in range(BITS)]
    return sum(1 << bit for bit, place in enumerate(places) if line[place] > 127)


def tone(seconds: float, rate: int = 48_000) -> Audio:
    """A sine in two channels."""
    times = np.arange(round(seconds * rate)) / rate
    wave = (0.5 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
    return Audio(np.stack([wave, wave]), rate)


def write_numbered(
    path: Path, frames: int = 60, fps: Fraction = Fraction(24), audio: Audio | None = None
) -> Path:
    """A video of numbered frames, as our writer makes it."""

    def stream() -> Iterator[NDArray[np.uint8]]:
        for number in range(frames):
            yield numbered(number)[None]

    settings = VideoSettings.for_path(path)
    quick = VideoSettings(settings.container, settings.codec, preset="ultrafast", hardware="off")
    write_video(Clip(stream, frames, HEIGHT, WIDTH, fps, audio), path, quick)
    return path


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """60 frames at 24 a second, with sound."""
    return write_numbered(tmp_path / "result.mp4", audio=tone(2.5))


class FakeDevice:
    """A sound device whose clock the test turns; `drift` makes it run fast."""

    def __init__(self, rate: int, fill: Callable[[NDArray[np.float32], float], None]) -> None:
        self.latency = 0.05
        self.closed = False
        self.heard: list[NDArray[np.float32]] = []
        self._rate, self._fill = rate, fill
        self._now = 0.0
        self._filled = self.latency  # until when blocks were asked for

    def time(self) -> float:
        """The device's clock."""
        return self._now

    def advance(self, seconds: float, block: int = 512) -> None:
        """Let time go by; blocks are asked for `latency` before they are heard."""
        self._now += seconds
        while self._filled < self._now + self.latency:
            out = np.empty((block, 2), np.float32)
            self._fill(out, self._filled)
            self.heard.append(out)
            self._filled += block / self._rate

    def close(self) -> None:
        """Closed."""
        self.closed = True


def silent_computer(rate: int, channels: int, fill: object) -> FakeDevice:
    """There is no device."""
    raise NoSound("Sound is off: this computer has no sound output that can be used.")
