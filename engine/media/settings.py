"""How a video file is to be written: container, codec, quality and speed."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal, get_args

from engine.errors import InvalidInput

Container = Literal["mp4", "mov", "mkv", "webm"]
Codec = Literal["h264", "hevc", "av1", "vp9"]
PixelFormat = Literal["yuv420p", "yuv420p10le", "yuv444p"]
Preset = Literal[
    "ultrafast",
    "superfast",
    "veryfast",
    "faster",
    "fast",
    "medium",
    "slow",
    "slower",
    "veryslow",
]
Hardware = Literal["auto", "off"]

# Which codecs a container holds; the first is what it gets when nothing is asked for.
CODECS: dict[Container, tuple[Codec, ...]] = {
    "mp4": ("h264", "hevc", "av1"),
    "mov": ("h264", "hevc"),
    "mkv": ("h264", "hevc", "av1", "vp9"),
    "webm": ("vp9", "av1"),
}
_PIXEL_FORMATS: dict[Codec, tuple[PixelFormat, ...]] = {
    "h264": ("yuv420p", "yuv420p10le", "yuv444p"),
    "hevc": ("yuv420p", "yuv420p10le", "yuv444p"),
    "av1": ("yuv420p", "yuv420p10le"),
    "vp9": ("yuv420p", "yuv444p"),
}
# Visually the same quality: each codec counts on a scale of its own.
_CRF: dict[Codec, int] = {"h264": 18, "hevc": 20, "av1": 27, "vp9": 27}
_LARGEST_INTEGER = 2**31 - 1
_SLOWEST, _FASTEST = Fraction(1, 1000), Fraction(1000)
_CRF_LIMIT: dict[Codec, int] = {"h264": 51, "hevc": 51, "av1": 63, "vp9": 63}


@dataclass(frozen=True)
class VideoSettings:
    """What `write_video` is to make; invalid combinations raise InvalidInput.

    `crf` is the constant quality, 0 (best) to 51 (H.264, HEVC) or 63 (AV1, VP9); None takes a
    visually clean default.  `preset` trades time for size in x264's words, whatever the codec.
    `hardware` 'auto' takes a hardware encoder where one opens, 'off' never does.
    """

    container: Container = "mp4"
    codec: Codec = "h264"
    crf: int | None = None
    preset: Preset = "medium"
    pixel_format: PixelFormat = "yuv420p"
    hardware: Hardware = "auto"

    def __post_init__(self) -> None:
        _require("container", self.container, get_args(Container))
        _require("codec", self.codec, CODECS[self.container], f" in {self.container}")
        _require("preset", self.preset, get_args(Preset))
        _require(
            "pixel_format", self.pixel_format, _PIXEL_FORMATS[self.codec], f" with {self.codec}"
        )
        _require("hardware", self.hardware, get_args(Hardware))
        if not 0 <= self.quality <= _CRF_LIMIT[self.codec]:
            raise InvalidInput(
                f"crf {self.crf} is outside 0 to {_CRF_LIMIT[self.codec]} for {self.codec}.",
                remedy="Lower is better; leave it empty for a clean default.",
            )

    @property
    def quality(self) -> int:
        """The constant quality to encode with, on the codec's own scale."""
        return _CRF[self.codec] if self.crf is None else self.crf

    @staticmethod
    def for_path(path: Path) -> VideoSettings:
        """The usual settings for a file of this name, by its suffix."""
        for container, codecs in CODECS.items():
            if path.suffix.lower() == f".{container}":
                return VideoSettings(container=container, codec=codecs[0])
        raise InvalidInput(
            f"'{path.name}' does not end like a video file.",
            remedy=f"Use one of {', '.join(f'.{container}' for container in CODECS)}.",
        )


def require_rate(fps: Fraction) -> None:
    """Raise InvalidInput for a frame rate that no container can state exactly."""
    exact = max(fps.numerator, fps.denominator) <= _LARGEST_INTEGER
    if not (exact and _SLOWEST <= fps <= _FASTEST):
        raise InvalidInput(
            f"A frame rate of {fps} cannot be written exactly.",
            remedy="Use a whole number or a fraction such as 24000/1001.",
        )


def _require(field: str, value: str, allowed: tuple[str, ...], where: str = "") -> None:
    if value not in allowed:
        raise InvalidInput(
            f"{field} '{value}' is not possible{where}.", remedy=f"Use {', '.join(allowed)}."
        )
