"""Which video encoder to use, opened for a clip; hardware where it works, else software."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, get_args

import av
from av.codec.codec import UnknownCodecError
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from engine.errors import InvalidInput
from engine.media.settings import Codec, Preset, VideoSettings

_PRESETS: tuple[Preset, ...] = get_args(Preset)
KEYFRAME_EVERY: Final = 2
"""Seconds that are decoded at most to seek; for a panned texture 22 % more bytes than with none."""

# The speed that x264's words stand for in encoders that count; same order as Preset.
_SVT_PRESETS = (12, 11, 10, 9, 8, 7, 5, 4, 3)
_VP9_CPU_USED = (8, 7, 6, 5, 5, 4, 3, 2, 1)
_NVENC_PRESETS = ("p1", "p1", "p2", "p3", "p4", "p4", "p5", "p6", "p7")
_X264_AVX2 = "MMX2,SSE2Fast,SSSE3,SSE4.2,AVX,FMA3,BMI2,AVX2"
_X265_CODING_UNIT = 64
# libx265 and SVT-AV1 accept smaller pictures and then write outside their memory.
_SMALLEST_SIDE: dict[Codec, int] = {"hevc": 64, "av1": 64}


@dataclass(frozen=True)
class Encoder:
    """An encoder by its library name, the pixel format it wants, and its options."""

    name: str
    pixel_format: str
    options: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Geometry:
    """Encoded size in pixels (even, see `to_ycbcr.py`) and the exact frame rate."""

    width: int
    height: int
    fps: Fraction


def choose_encoder(settings: VideoSettings, geometry: Geometry, frames: int) -> Encoder:
    """The first hardware encoder that opens for this size if allowed, else the software one.

    `frames` is the length of the clip.
    Raises InvalidInput for a size that is too small for the codec.
    """
    smallest = _SMALLEST_SIDE.get(settings.codec, 1)
    if min(geometry.width, geometry.height) < smallest:
        raise InvalidInput(
            f"{settings.codec} needs at least {smallest} pixels a side, and the clip has "
            f"{geometry.width}x{geometry.height}.",
            remedy="Resize the clip, or choose h264 or vp9.",
        )
    if settings.hardware == "auto":
        for encoder in _hardware_encoders(settings):
            if _works(encoder, geometry):
                return encoder
    return _software_encoder(settings, geometry, frames)


def open_encoder(context: VideoCodecContext, encoder: Encoder, geometry: Geometry) -> None:
    """Open a context with size, rate, threads and colour tags (BT.709, limited range).

    Raises InvalidInput when the encoder does not take such a video.
    """
    context.width = geometry.width
    context.height = geometry.height
    context.pix_fmt = encoder.pixel_format
    context.framerate = geometry.fps
    context.time_base = 1 / geometry.fps
    context.gop_size = max(1, round(geometry.fps * KEYFRAME_EVERY))
    context.color_range = ColorRange.MPEG
    context.color_primaries = ColorPrimaries.BT709
    context.color_trc = ColorTrc.BT709
    context.colorspace = Colorspace.ITU709
    # The binding's default, slice threads, makes x264 both slower and worse.
    context.thread_type = "FRAME"
    context.options = encoder.options
    os.environ.setdefault("SVT_LOG", "0")  # the only way to keep SVT-AV1 off the terminal
    try:
        context.open()
    except av.FFmpegError as error:
        raise InvalidInput(
            f"{encoder.name} cannot encode {geometry.width}x{geometry.height} pixels at "
            f"{float(geometry.fps):g} frames a second.",
            remedy="Resize the clip or choose another codec.",
        ) from error


@lru_cache(maxsize=64)
def _works(encoder: Encoder, geometry: Geometry) -> bool:
    """Try it: a listed encoder may lack its driver, its chip, or room for this size."""
    try:
        open_encoder(av.CodecContext.create(encoder.name, "w"), encoder, geometry)
    except (UnknownCodecError, InvalidInput):
        return False
    return True


def _software_encoder(settings: VideoSettings, geometry: Geometry, frames: int) -> Encoder:
    step = _PRESETS.index(settings.preset)
    crf = str(settings.quality)
    by_codec: dict[Codec, tuple[str, dict[str, str]]] = {
        "h264": ("libx264", {"preset": settings.preset, "crf": crf, **_x264_options()}),
        "hevc": (
            "libx265",
            {
                "preset": settings.preset,
                "crf": crf,
                "x265-params": _x265_parameters(geometry, frames),
            },
        ),
        "av1": ("libsvtav1", {"preset": str(_SVT_PRESETS[step]), "crf": crf}),
        "vp9": (
            "libvpx-vp9",
            {"crf": crf, "b": "0", "cpu-used": str(_VP9_CPU_USED[step]), "row-mt": "1"},
        ),
    }
    name, options = by_codec[settings.codec]
    return Encoder(name, settings.pixel_format, options)


@cache
def _x264_options() -> dict[str, str]:
    """Keep x264 off AVX-512: its lookahead then depends on stray memory in narrow pictures.

    The same clip must give the same file, and AVX2 is no slower.
    """
    try:
        avx512 = " avx512" in Path("/proc/cpuinfo").read_text("ascii", "replace")
    except OSError:
        return {}
    return {"x264-params": f"asm={_X264_AVX2}"} if avx512 else {}


def _x265_parameters(geometry: Geometry, frames: int) -> str:
    """Keep x265 quiet, and away from where it reads stray memory.

    It does so in a picture of a single coding unit, and for the decoding times of one or two
    frames that it could have reordered.
    """
    parameters = ["log-level=none"]
    if max(geometry.width, geometry.height) <= _X265_CODING_UNIT:
        parameters.append(f"ctu={_X265_CODING_UNIT // 2}")
    if frames <= 2:
        parameters.append("bframes=0")
    return ":".join(parameters)


def _hardware_encoders(settings: VideoSettings) -> Iterator[Encoder]:
    """NVIDIA's, then Intel's; these take 4:2:0 in their own layouts."""
    if settings.codec == "vp9" or settings.pixel_format == "yuv444p":
        return
    deep = settings.pixel_format == "yuv420p10le"
    layout = "p010le" if deep else "nv12"
    crf = str(settings.quality)
    if not (deep and settings.codec == "h264"):
        preset = _NVENC_PRESETS[_PRESETS.index(settings.preset)]
        options = {"preset": preset, "rc": "vbr", "cq": crf, "b": "0"}
        yield Encoder(f"{settings.codec}_nvenc", layout, options)
        yield Encoder(f"{settings.codec}_qsv", layout, {"global_quality": crf})
