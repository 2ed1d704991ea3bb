from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from engine.errors import InvalidInput
from engine.media.settings import CODECS, VideoSettings, require_rate


@pytest.mark.parametrize("container", CODECS)
def test_the_suffix_decides_when_nothing_else_does(container: str) -> None:
    settings = VideoSettings.for_path(Path(f"clip.{container.upper()}"))
    assert settings.container == container
    assert settings.codec == CODECS[settings.container][0]


def test_an_unknown_suffix_is_refused_with_those_that_work() -> None:
    with pytest.raises(InvalidInput, match=r"'clip\.exe'.*\.mp4, \.mov"):
        VideoSettings.for_path(Path("clip.exe"))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("container", "avi", "container 'avi'"),
        ("codec", "vp9", "codec 'vp9' is not possible in mp4"),
        ("preset", "warp", "preset 'warp'"),
        ("pixel_format", "rgb24", "pixel_format 'rgb24' is not possible with h264"),
        ("hardware", "maybe", "hardware 'maybe'"),
        ("crf", 52, "crf 52 is outside 0 to 51"),
        ("crf", -1, "crf -1"),
    ],
)
def test_what_is_not_possible_is_named_with_the_way_out(
    field: str, value: object, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message) as failure:
        VideoSettings(**{field: value})  # type: ignore[arg-type]
    assert failure.value.remedy


@pytest.mark.parametrize("fps", [Fraction(23.976), Fraction(0), Fraction(-24), Fraction(10**4)])
def test_a_rate_that_no_file_can_state_is_refused(fps: Fraction) -> None:
    with pytest.raises(InvalidInput, match="cannot be written exactly") as failure:
        require_rate(fps)
    assert "24000/1001" in failure.value.remedy


@pytest.mark.parametrize(
    "fps", [Fraction(24000, 1001), Fraction(16), Fraction(1, 10), Fraction(240)]
)
def test_usual_rates_are_fine(fps: Fraction) -> None:
    require_rate(fps)
