"""Times and sizes as panels write them."""

from __future__ import annotations

import pytest

from studio.panels.times import ago, size, span


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0 s"), (3.21, "3.2 s"), (42.4, "42 s"), (60, "1 min"), (200, "3 min 20 s"),
     (3600, "1 h"), (18_120, "5 h 2 min"), (90_000, "1 d 1 h")],
)  # fmt: skip
def test_spans(seconds: float, text: str) -> None:
    assert span(seconds) == text


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
