"""Writing H.264 beside the ffmpeg command, and the memory of writing a clip four times as long."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.media.encode import Geometry, choose_encoder
from engine.media.settings import VideoSettings
from engine.media.write_video import write_video
from engine.values import Clip
from tests.benchmarks._table import row

FRAMES, HEIGHT, WIDTH, FPS = 60, 720, 1280, Fraction(24)
ROUNDS = 3
SETTINGS = VideoSettings(hardware="off")

PEAK = """
import sys, tempfile
from fractions import Fraction
from pathlib import Path
import numpy as np
from engine.media.spool import spooled
from engine.media.write_video import write_video
from engine.media.settings import VideoSettings
from engine.values import Clip

frames = int(sys.argv[1])
def source():
    column = np.arange(1280, dtype=np.uint8)[:, None] + np.zeros((720, 1280, 3), np.uint8)
    for number in range(frames):
        yield (column + np.uint8(number % 256))[None]
with tempfile.TemporaryDirectory() as folder:
    stream = spooled(source(), frames=frames, height=720, width=1280, folder=Path(folder))
    settings = VideoSettings(preset="ultrafast", hardware="off")
    clip = Clip(stream, frames, 720, 1280, Fraction(24))
    for name in ("first.mp4", "again.mp4"):
        write_video(clip, Path(folder) / name, settings)
# Not ru_maxrss: that begins with the memory of the process that started this one.
status = Path("/proc/self/status").read_text()
print(status.split("VmHWM:")[1].split()[0])
"""


def raw_frames(path: Path) -> None:
    """Keep a moving picture with some noise in a file, as rgb24."""
    row_, column = np.mgrid[:HEIGHT, :WIDTH]
    picture = np.stack(
        [127 + 100 * np.sin(x / 40) for x in (column, row_ * 1.3, row_ + column)], axis=-1
    )
    noise = np.random.default_rng(0)
    with open(path, "wb") as file:
        for number in range(FRAMES):
            moved = np.roll(picture, (2 * number, 3 * number), (0, 1))
            frame = moved + noise.normal(0, 4, picture.shape)
            file.write(frame.clip(0, 255).astype(np.uint8).tobytes())


def clip_from(path: Path) -> Clip:
    """A clip that reads the raw frames, four at a time."""

    def stream() -> Iterator[NDArray[np.uint8]]:
        with open(path, "rb") as file:
            while data := file.read(4 * HEIGHT * WIDTH * 3):
                yield np.frombuffer(data, np.uint8).reshape(-1, HEIGHT, WIDTH, 3)

    return Clip(stream, FRAMES, HEIGHT, WIDTH, FPS)


def ffmpeg_command(source: Path, target: Path) -> list[str]:
    """The same encoder with the same options, colours and tags."""
    encoder = choose_encoder(SETTINGS, Geometry(WIDTH, HEIGHT, FPS), FRAMES)
    options = [part for name, value in encoder.options.items() for part in (f"-{name}", value)]
    return [
        *("ffmpeg", "-y", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24"),
        *("-s", f"{WIDTH}x{HEIGHT}", "-r", str(FPS), "-i", str(source)),
        *("-vf", "scale=out_color_matrix=bt709:out_range=tv", "-pix_fmt", encoder.pixel_format),
        *("-c:v", encoder.name, *options, "-color_primaries", "bt709", "-color_trc", "bt709"),
        *("-colorspace", "bt709", "-movflags", "+faststart", str(target)),
    ]


def seconds(work: object, *arguments: object) -> float:
    start = time.perf_counter()
    work(*arguments)  # type: ignore[operator]
    return time.perf_counter() - start


def speed(folder: Path) -> None:
    """Both write the same file in turns; the median of the ratios counts."""
    source = folder / "frames.rgb"
    raw_frames(source)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(seconds(write_video, clip_from(source), folder / "ours.mp4", SETTINGS))
        command = ffmpeg_command(source, folder / "theirs.mp4")
        theirs.append(seconds(subprocess.run, command))
    ratio = statistics.median(their / our for our, their in zip(ours, theirs, strict=True))
    row(f"writing H.264, {FRAMES} frames of {WIDTH}x{HEIGHT}", f"{statistics.median(ours):.2f} s")
    row("... the ffmpeg command", f"{statistics.median(theirs):.2f} s")
    row("... speed over its speed", f"{ratio:.3f}", ">= 0.9")


def peak(frames: int) -> int:
    """Peak resident KiB of a process that spools and writes this many frames, twice."""
    command = [sys.executable, "-c", PEAK, str(frames)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    """Print the rows."""
    with tempfile.TemporaryDirectory() as folder:
        if shutil.which("ffmpeg"):
            speed(Path(folder))
        else:
            row("writing H.264 over the ffmpeg command", "skipped: no ffmpeg here")
    short, long = peak(100), peak(400)
    row("peak memory, spooling and writing 100 frames of 720p", f"{short / 1024:.0f} MiB")
    row("... four times as long, ratio", f"{long / short:.3f}", "<= 1.10")


if __name__ == "__main__":
    main()
