"""What happens to videos on their way: re-encodes, scaling, cropping, turning, dropped frames."""

from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace

from tests.engine.trust.watermark.scenes import Video


class Footage(NamedTuple):
    """Frames and their rate."""

    video: Video
    fps: float


def encoded_bytes(video: Video, fps: float, crf: int, preset: str = "medium") -> bytes:
    """The clip as H.264 in MP4, BT.709 limited range as players expect it."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        options = {"crf": str(crf), "preset": preset}
        stream = out.add_stream("libx264", rate=Fraction(fps), options=options)
        stream.height, stream.width = video.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 2
        for picture in video:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24")
            frame = frame.reformat(
                format="yuv420p",
                dst_colorspace=Colorspace.ITU709,
                src_color_range=ColorRange.JPEG,
                dst_color_range=ColorRange.MPEG,
            )
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return file.getvalue()


def decoded(data: bytes) -> Video:
    frames = []
    with av.open(io.BytesIO(data)) as container:
        for frame in container.decode(video=0):
            rgb = frame.reformat(
                format="rgb24",
                src_colorspace=Colorspace.ITU709,
                src_color_range=ColorRange.MPEG,
                dst_color_range=ColorRange.JPEG,
            )
            frames.append(rgb.to_ndarray())
    return np.stack(frames)


def encode(footage: Footage, crf: int, preset: str = "medium") -> Footage:
    """Through H.264 and back."""
    return Footage(decoded(encoded_bytes(footage.video, footage.fps, crf, preset)), footage.fps)


def scale(footage: Footage, by: float) -> Footage:
    height, width = (round(side * by / 2) * 2 for side in footage.video.shape[1:3])
    how = cv2.INTER_AREA if by < 1 else cv2.INTER_CUBIC
    small = [cv2.resize(each, (width, height), interpolation=how) for each in footage.video]
    return Footage(np.stack(small), footage.fps)


def crop(footage: Footage, away: float, seed: int = 0) -> Footage:
    """Cut `away` of each side off, at a random place."""
    height, width = footage.video.shape[1:3]
    rows, columns = (int(side * (1 - away) / 2) * 2 for side in (height, width))
    rng = np.random.default_rng([8, seed])
    top, left = rng.integers(0, height - rows + 1), rng.integers(0, width - columns + 1)
    return Footage(footage.video[:, top : top + rows, left : left + columns], footage.fps)


def half_rate(footage: Footage) -> Footage:
    return Footage(footage.video[::2], footage.fps / 2)


def flip(footage: Footage) -> Footage:
    return Footage(footage.video[:, :, ::-1], footage.fps)


def rotate(footage: Footage, degrees: float) -> Footage:
    height, width = footage.video.shape[1:3]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    turned = [cv2.warpAffine(each, matrix, (width, height)) for each in footage.video]
    return Footage(np.stack(turned), footage.fps)


def trim(footage: Footage, seconds: float) -> Footage:
    return Footage(footage.video[round(seconds * footage.fps) :], footage.fps)


def together(footage: Footage, seed: int) -> Footage:
    return half_rate(crop(scale(footage, 0.5), 0.1, seed))


Attack = Callable[[Footage, int], Footage]

ATTACKS: dict[str, Attack] = {
    "crf 18": lambda clip, n: encode(clip, 18),
    "crf 23": lambda clip, n: encode(clip, 23),
    "crf 28": lambda clip, n: encode(clip, 28),
    "crf 35": lambda clip, n: encode(clip, 35),
    "scale 50 %": lambda clip, n: encode(scale(clip, 0.5), 23),
    "crop 10 %": lambda clip, n: encode(crop(clip, 0.1, n), 23),
    "crop 50 %": lambda clip, n: encode(crop(clip, 0.5, n), 23),
    "half rate": lambda clip, n: encode(half_rate(clip), 23),
    "flip": lambda clip, n: encode(flip(clip), 23),
    "rotate 3 degrees": lambda clip, n: encode(rotate(clip, 3 if n % 2 else -3), 23),
    "scale, crop, half rate, crf 28": lambda clip, n: encode(together(clip, n), 28),
    "360p, crf 28": lambda clip, n: encode(scale(clip, 0.5), 28),
    "start cut off (no bar)": lambda clip, n: encode(trim(clip, 0.37), 23),
}
