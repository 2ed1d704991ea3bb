"""Small clips, sounds and files for the tests of this room."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from engine.values import Audio, Clip

FIXTURES = Path(__file__).parents[4] / "shared" / "fixtures" / "c2pa"
PURE_COLOURS = np.array(
    [
        [255, 0, 0],
        [0, 255, 0],
        [0, 0, 255],
        [255, 255, 0],
        [0, 255, 255],
        [255, 0, 255],
        [255, 255, 255],
        [128, 128, 128],
        [0, 0, 0],
    ],
    np.uint8,
)


def pictures(frames: int, height: int, width: int) -> NDArray[np.uint8]:
    """Smooth frames of shape (frames, height, width, 3) that move a little, each one different."""
    time, row, column = np.mgrid[:frames, :height, :width]
    channels = [
        128 + 100 * np.sin((column + 2 * time) / 9),
        128 + 100 * np.sin((row + 3 * time) / 7),
        128 + 100 * np.sin((row + column) / 11 + time / 5),
    ]
    return np.stack(channels, axis=-1).astype(np.uint8)


def colour_fields(side: int = 32) -> NDArray[np.uint8]:
    """One frame with a field of each pure colour beside the other; shape (side, 9 * side, 3)."""
    return np.repeat(np.repeat(PURE_COLOURS[None], side, axis=0), side, axis=1)


def field_centres(frame_HWC: NDArray[np.uint8], side: int = 32) -> NDArray[np.int64]:
    """The colours in the middle of the fields."""
    return frame_HWC[side // 2, side // 2 :: side].astype(np.int64)


def clip_of(
    frames_THWC: NDArray[np.uint8],
    fps: Fraction = Fraction(24),
    audio: Audio | None = None,
    chunk: int = 5,
) -> Clip:
    """A clip that hands out an array in chunks."""

    def stream() -> Iterator[NDArray[np.uint8]]:
        for start in range(0, len(frames_THWC), chunk):
            yield frames_THWC[start : start + chunk]

    count, height, width, _ = frames_THWC.shape
    return Clip(stream, count, height, width, fps, audio)


def frames_of(clip: Clip) -> NDArray[np.uint8]:
    """All frames of a clip in one array."""
    return np.concatenate(list(clip))


def click(at: int, samples: int = 48_000, rate: int = 48_000, channels: int = 2) -> Audio:
    """Silence with one short click, ten samples long, whose middle is sample `at`."""
    wave = np.zeros((channels, samples), np.float32)
    wave[:, at - 5 : at + 5] = np.hanning(10)
    return Audio(wave, rate)


def loudest(audio: Audio) -> int:
    """The sample at which the first channel is loudest."""
    return int(np.abs(audio.samples_CN[0]).argmax())


def encode(
    path: Path,
    frames: list[av.VideoFrame],
    codec: str,
    *,
    rate: Fraction = Fraction(24),
    options: dict[str, str] | None = None,
    rotation: int = 0,
    **attributes: object,
) -> Path:
    """A file made frame by frame, with their own timestamps if they have any."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height = frames[0].width, frames[0].height
        stream.pix_fmt = frames[0].format.name
        for name, value in attributes.items():
            setattr(stream.codec_context, name, value)
        if rotation:
            stream.set_display_rotation(rotation)
        for number, frame in enumerate(frames):
            if frame.pts is None:
                frame.pts, frame.time_base = number, 1 / rate
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def rgb_frame(pixels_HWC: NDArray[np.uint8], pixel_format: str = "yuv420p") -> av.VideoFrame:
    """A frame converted by the library's defaults."""
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels_HWC), "rgb24")
    return frame.reformat(format=pixel_format)


def run_with_file_limit(limit: int, program: str, *arguments: object) -> str:
    """What a program prints that may write no file larger than `limit` bytes, like a full disk."""
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
    result = subprocess.run(
        [sys.executable, "-c", limited + program, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout
