"""What kind of file a name stands for."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.viewer.media import Kind, Media, kind_of
from studio.viewer.meter import Meter


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.mp4", "video"),
        ("a.GIF", "video"),
        ("a.PNG", "image"),
        ("a.wav", "audio"),
        ("a", "video"),
    ],
)
def test_kinds(name: str, kind: Kind) -> None:
    assert kind_of(Path(name)) == kind


def test_a_file_without_a_title_is_called_by_its_name() -> None:
    assert Media.of(Path("/x/a.mp4")) == Media(Path("/x/a.mp4"), "a.mp4", "video")
    assert Media.of(Path("/x/a.mp4"), "Seed 4").title == "Seed 4"


def test_the_meter_counts_and_tells_the_rate() -> None:
    meter = Meter()
    assert meter.rate == 0
    for n in range(100):
        meter.present(n / 24, skipped=n == 50)
    assert (meter.presented, meter.dropped) == (100, 1)
    assert meter.rate == pytest.approx(24)
    meter.begin()
    assert (meter.presented, meter.dropped, meter.rate) == (0, 0, 0)
