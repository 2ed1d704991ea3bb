from __future__ import annotations

from fractions import Fraction

import av
import pytest

from engine.errors import InvalidInput
from engine.media.encode import Encoder, Geometry, choose_encoder, open_encoder
from engine.media.settings import VideoSettings

SIZE = Geometry(128, 96, Fraction(24))


@pytest.mark.parametrize("hardware", ["auto", "off"])
@pytest.mark.parametrize("codec", ["h264", "hevc", "av1"])
def test_the_encoder_that_is_chosen_opens(codec: str, hardware: str) -> None:
    settings = VideoSettings(codec=codec, hardware=hardware)  # type: ignore[arg-type]
    encoder = choose_encoder(settings, SIZE, frames=10)
    open_encoder(av.CodecContext.create(encoder.name, "w"), encoder, SIZE)
    if hardware == "off":
        assert encoder.name.startswith("lib")


def test_the_preset_and_quality_reach_the_encoder() -> None:
    settings = VideoSettings(crf=31, preset="veryslow", hardware="off")
    options = choose_encoder(settings, SIZE, frames=10).options
    assert (options["preset"], options["crf"]) == ("veryslow", "31")


def test_an_encoder_that_does_not_open_is_an_error_with_a_way_out() -> None:
    broken = Encoder("libx264", "yuv420p", {"preset": "no-such-preset"})
    with pytest.raises(InvalidInput, match="libx264 cannot encode 128x96") as failure:
        open_encoder(av.CodecContext.create("libx264", "w"), broken, SIZE)
    assert failure.value.remedy


@pytest.mark.parametrize(
    ("side", "frames", "expected"),
    [
        (96, 24, "log-level=none"),
        (96, 2, "log-level=none:bframes=0"),
        (64, 24, "log-level=none:ctu=32"),
        (64, 1, "log-level=none:ctu=32:bframes=0"),
    ],
)
def test_x265_is_kept_from_reading_stray_memory(side: int, frames: int, expected: str) -> None:
    geometry = Geometry(side, side, Fraction(24))
    settings = VideoSettings(codec="hevc", hardware="off")
    assert choose_encoder(settings, geometry, frames).options["x265-params"] == expected
