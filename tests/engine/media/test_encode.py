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
