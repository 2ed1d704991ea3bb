"""Small varied clips, made in milliseconds, and near copies of them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from engine.values import Clip

Video = NDArray[np.uint8]
FPS = 16


def as_clip(video_THWC: Video, fps: int = FPS, chunk: int = 5) -> Clip:
    def stream() -> Iterator[Video]:
        for start in range(0, len(video_THWC), chunk):
            yield video_THWC[start : start + chunk]

    frames, height, width, _ = video_THWC.shape
    return Clip(stream, frames, height, width, Fraction(fps))


def clip(seed: int, frames: int = 16) -> Clip:
    return as_clip(textured(seed, frames))


def textured(seed: int, frames: int = 16) -> Video:
    """A texture that pans or stands, with a pattern over it, and up to three moving shapes."""
    rng = np.random.default_rng([9, seed])
    height, width = even(rng.integers(64, 129)), even(rng.integers(80, 161))
    ground = _ground(rng, height, width)
    pan = rng.uniform(-2, 2, 2) * rng.integers(0, 2)
    pattern = _pattern(rng, height, width)
    shapes = [_shape(rng, height, width) for _ in range(rng.integers(0, 4))]
    made = []
    for t in range(frames):
        top, left = (np.array([height / 2, width / 2]) + pan * t).astype(int)
        top, left = np.clip([top, left], 0, [height, width])
        picture = ground[top : top + height, left : left + width] + pattern(t)
        picture = np.clip(picture, 0, 255)
        for draw in shapes:
            draw(picture, t)
        made.append(picture)
    return np.clip(np.stack(made), 0, 255).astype(np.uint8)


def _ground(rng: np.random.Generator, height: int, width: int) -> NDArray[np.float32]:
    rough = rng.normal(0, 1, (*rng.integers(3, 9, 2), 3)).astype(np.float32)
    large = cv2.resize(rough, (2 * width, 2 * height), interpolation=cv2.INTER_CUBIC)
    return large * rng.uniform(20, 60) + rng.uniform(60, 190, 3).astype(np.float32)


def _pattern(
    rng: np.random.Generator, height: int, width: int
) -> Callable[[int], NDArray[np.float32] | float]:
    y, x = np.mgrid[:height, :width].astype(np.float32) / max(height, width)
    angle, waves, kind = rng.uniform(0, np.pi), rng.uniform(2, 12), rng.integers(4)
    along = 2 * np.pi * waves * (x * np.cos(angle) + y * np.sin(angle))
    tiles = np.sign(np.sin(2 * np.pi * waves * x) * np.sin(2 * np.pi * waves * y))
    if kind == 1:
        return lambda t: 30 * np.sin(along + 0.2 * t)[..., None]
    return lambda t: 25 * tiles[..., None] if kind == 2 else 0.0


def _shape(
    rng: np.random.Generator, height: int, width: int
) -> Callable[[NDArray[np.float32], int], None]:
    colour = tuple(map(float, rng.uniform(0, 255, 3)))
    radius = rng.uniform(0.05, 0.25) * min(height, width)
    begin, speed = rng.uniform(0.1, 0.9, 2) * [width, height], rng.uniform(-3, 3, 2)
    corners = {0: 24, 1: 4, 2: 3}[int(rng.integers(3))]
    turns = 2 * np.pi * (np.arange(corners) / corners + 0.125)
    outline = radius * np.stack([np.cos(turns), np.sin(turns)], axis=1)

    def draw(picture: NDArray[np.float32], t: int) -> None:
        points = (begin + speed * t + outline).astype(np.int32)
        cv2.fillPoly(picture, [points], colour, cv2.LINE_AA)

    return draw


def copies(video: Video, seed: int) -> Mapping[str, Callable[[], Video]]:
    """Near copies: each of the three changes alone, then all of them at once."""
    rng = np.random.default_rng([3, seed])
    cut = cropped(video, rng)
    return {
        "x264 crf 35": lambda: encoded(video, 35),
        "scale 50 %": lambda: encoded(scaled(video, 0.5), 23),
        "crop 10 %": lambda: encoded(cut, 23),
        "crop, scale 50 % and crf 35 at once": lambda: encoded(scaled(cut, 0.5), 35),
    }


def encoded(video: Video, crf: int) -> Video:
    """Through H.264 and back."""
    with av.open(io.BytesIO(as_mp4(video, crf))) as back:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in back.decode(video=0)])


def as_mp4(video: Video, crf: int) -> bytes:
    """A file of it, in H.264."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        options = {"crf": str(crf), "preset": "veryfast", "threads": "1"}
        stream = out.add_stream("libx264", rate=FPS, options=options)
        stream.height, stream.width = video.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for picture in video:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return file.getvalue()


def scaled(video: Video, by: float) -> Video:
    size = even(video.shape[2] * by), even(video.shape[1] * by)
    return np.stack([cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in video])


def cropped(video: Video, rng: np.random.Generator, keep: float = 0.9) -> Video:
    """A tenth of each side cut off, from anywhere."""
    height, width = even(video.shape[1] * keep), even(video.shape[2] * keep)
    top = rng.integers(0, video.shape[1] - height + 1)
    left = rng.integers(0, video.shape[2] - width + 1)
    return video[:, top : top + height, left : left + width]


def even(length: float) -> int:
    return max(16, int(length) // 2 * 2)
