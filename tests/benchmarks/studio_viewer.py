"""The viewer: 1080p24 played for ten seconds, seeking and scrubbing, and the window's thread."""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pydantic  # noqa: F401 - before Qt, as in the studio
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication

from engine.media.settings import VideoSettings
from engine.media.write_video import write_video
from engine.values import Audio, Clip
from studio.background import Background
from studio.theme import DARK, palette, style_sheet, ui_font
from studio.viewer.media import Media
from studio.viewer.panel import ViewerPanel
from tests.benchmarks._table import row

FRAMES, HEIGHT, WIDTH, FPS = 240, 1080, 1920, Fraction(24)
SECONDS = 10.0
SEEKS = 100
LATE_MS = 1000 / 24


class TimedApplication(QApplication):
    """Remembers how long each event took: by the clock, in the thread's own time, and its name.

    On a machine that others use, only the second says what the event cost.
    """

    events: list[tuple[float, float, str]]
    measuring = False

    def notify(self, receiver: QObject, event: QEvent) -> bool:
        """Called for each event."""
        if not self.measuring:
            return super().notify(receiver, event)
        name = f"{event.type().name} of {type(receiver).__name__}"
        begun, used = time.perf_counter(), time.thread_time()
        answer = super().notify(receiver, event)
        spent = (time.perf_counter() - begun, time.thread_time() - used)
        self.events.append((spent[0] * 1000, spent[1] * 1000, name))
        return answer

    def begin(self) -> None:
        """Measure from now on."""
        self.events, self.measuring = [], True

    def end(self) -> None:
        """Print the longest events."""
        self.measuring = False
        by_clock = max(self.events)
        _, used, name = max(self.events, key=lambda event: event[1])
        row(f"  window's thread, longest event ({name})", f"{used:.1f} ms", "8 ms")
        row(f"    by the clock ({by_clock[2]})", f"{by_clock[0]:.1f} ms")


def moving_picture(frames: int) -> Iterator[NDArray[np.uint8]]:
    """Waves that move, with noise, so that each frame costs what a film's does."""
    line, column = np.mgrid[:HEIGHT, :WIDTH]
    waves = [127 + 100 * np.sin(x / 40) for x in (column, line * 1.3, line + column)]
    noise = np.random.default_rng(0).normal(0, 4, (HEIGHT, WIDTH, 3))
    picture = (np.stack(waves, axis=-1) + noise).clip(0, 255).astype(np.uint8)
    for number in range(frames):
        yield np.roll(picture, (2 * number, 3 * number), (0, 1))[None]


def write(path: Path) -> None:
    """A video of ten seconds with sound, as our writer makes it unless told otherwise."""
    times = np.arange(48_000 * FRAMES // 24) / 48_000
    tone = 0.3 * np.sin(2 * np.pi * 330 * times)
    sound = Audio(np.stack([tone, tone]).astype(np.float32), 48_000)
    clip = Clip(lambda: moving_picture(FRAMES), FRAMES, HEIGHT, WIDTH, FPS, sound)
    write_video(clip, path, VideoSettings(hardware="off", preset="veryfast"))


class Bench:
    """A viewer with a file in it."""

    def __init__(self, app: TimedApplication, path: Path, size: tuple[int, int]) -> None:
        self.app = app
        self.background = Background()
        self.panel = ViewerPanel(DARK, self.background)
        self.panel.resize(*size)
        self.panel.show()
        begun = time.perf_counter()
        self.panel.show(Media.of(path))
        self.wait(lambda: self.panel.surface.picture is not None)
        self.opened = (time.perf_counter() - begun) * 1000
        self.wait(lambda: self.panel.player.facts is not None)

    def wait(self, until: Callable[[], bool], seconds: float = 60) -> None:
        """Let events happen."""
        end = time.perf_counter() + seconds
        while not until() and time.perf_counter() < end:
            self.app.processEvents()
            time.sleep(0.0005)

    def warm(self) -> None:
        """Until nothing more is decoded."""
        cached = ((0, FRAMES - 1),)
        self.wait(lambda: self.panel.player.cached == cached, 10)

    def seek(self, frame: int) -> float:
        """Milliseconds until a frame is painted."""
        begun = time.perf_counter()
        self.panel.deeds.seek(frame)
        player = self.panel.player
        while player.shown.frame != frame or player.shown.picture is not self._painted():
            self.app.processEvents()
        return (time.perf_counter() - begun) * 1000

    def _painted(self) -> object:
        return self.panel.surface.picture

    def close(self) -> None:
        """Let go."""
        self.panel.close_media()
        self.background.close()
        self.panel.deleteLater()
        self.app.processEvents()


def playback(app: TimedApplication, path: Path, size: tuple[int, int]) -> None:
    """Ten seconds of playing right after opening."""
    bench = Bench(app, path, size)
    player = bench.panel.player
    late: list[float] = []

    def presented() -> None:
        position = player.clock.position(time.monotonic())
        late.append((position - player.shown.frame) % FRAMES / 24 * 1000)

    app.begin()
    cpu, wall = time.process_time(), time.perf_counter()
    bench.panel.deeds.do("play")
    origin = time.monotonic()
    shown = player.shown.picture

    def over() -> bool:
        nonlocal shown
        if player.shown.picture is not shown:
            shown = player.shown.picture
            presented()
        return time.monotonic() - origin >= SECONDS

    bench.wait(over)
    load = (time.process_time() - cpu) / (time.perf_counter() - wall)
    name = f"{size[0]}x{size[1]}"
    late.sort()
    meter = player.meter
    row(
        f"1080p24 for 10 s, panel {name}: presented / dropped",
        f"{meter.presented} / {meter.dropped}",
        "240 +-1 / 0",
    )
    row(
        "  lateness of a frame: median / p95 / worst",
        f"{late[len(late) // 2]:.1f} / {late[int(len(late) * 0.95)]:.1f} / {late[-1]:.1f} ms",
        "< 41.7 ms",
    )
    app.end()
    row("  processors busy with it", f"{load:.2f}")
    bench.close()


def percentiles(times: list[float]) -> str:
    """Median, 95th percentile and the worst."""
    times = sorted(times)
    middle, most = times[len(times) // 2], times[int(len(times) * 0.95)]
    return f"{middle:.1f} / {most:.1f} / {times[-1]:.1f} ms"


def seeking(app: TimedApplication, path: Path, size: tuple[int, int]) -> None:
    """Random seeks with everything decoded, then with a file that was just opened; scrubbing."""
    chance = random.Random(1)
    bench = Bench(app, path, size)
    row("opening to the first picture", f"{bench.opened:.0f} ms")
    bench.warm()
    app.begin()
    warm = [bench.seek(chance.randrange(FRAMES)) for _ in range(SEEKS)]
    row("random seek, shown: median / p95 / worst", percentiles(warm), "p95 <= 80 ms")
    drag = [bench.seek(frame) for frame in range(0, FRAMES, 3)]
    row("scrubbing, a frame of three", percentiles(drag), "p95 <= 80 ms")
    app.end()
    bench.close()
    cold: list[float] = []
    for _ in range(12):
        bench = Bench(app, path, size)
        cold.append(bench.seek(chance.randrange(FRAMES)))
        bench.close()
    row("seek just after opening", percentiles(cold), "p95 80 ms")


def main() -> None:
    """Print the table."""
    app = TimedApplication(sys.argv[:1])
    app.setFont(ui_font())
    app.setPalette(palette(DARK))
    app.setStyleSheet(style_sheet(DARK))
    print(f"The viewer ({os.cpu_count()} processors, load {os.getloadavg()[0]:.1f})")
    with tempfile.TemporaryDirectory() as folder:
        given = next((Path(name) for name in sys.argv[1:] if name.endswith(".mp4")), None)
        path = given or Path(folder) / "1080p24.mp4"
        if given is None:
            write(path)
        for size in ((960, 700), (1920, 1280)):
            playback(app, path, size)
        seeking(app, path, (960, 700))


if __name__ == "__main__":
    main()
