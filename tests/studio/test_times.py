"""Times and sizes as the whole studio writes them."""

from __future__ import annotations

import pytest

from studio.times import ago, left, size, span


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0.0 s"), (3.21, "3.2 s"), (9.97, "10 s"), (42.4, "42 s"), (59.6, "1:00"),
     (200, "3:20"), (3599.6, "1:00:00"), (18_125, "5:02:05"), (1_036_800, "12 days")],
)  # fmt: skip
def test_spans(seconds: float, text: str) -> None:
    assert span(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "1 s"), (5.2, "6 s"), (59.01, "1:00"), (184.2, "3:05")],
)  # fmt: skip
def test_what_is_left_is_told_in_whole_seconds(seconds: float, text: str) -> None:
    assert left(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(3, "just now"), (-5, "just now"), (300, "5 min ago"), (7200, "2 h ago"),
     (100_000, "yesterday"), (300_000, "3 days ago")],
)  # fmt: skip
def test_how_long_ago(seconds: float, text: str) -> None:
    assert ago(seconds) == text


def test_sizes() -> None:
    assert [size(n << 20) for n in (0, 812, 1434, 142_336)] == [
        "0 MiB",
        "812 MiB",
        "1.4 GiB",
        "139 GiB",
    ]
