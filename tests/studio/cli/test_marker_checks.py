"""`doctor` tells of neural markers: that they work and what they cost, or what is wrong."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from engine.trust.watermark.neural.cost import Cost, cost_of
from engine.trust.watermark.neural.described import described_markers
from engine.trust.watermark.neural.marker import neural_marker
from studio.cli.checks import check_markers
from tests.engine.trust.watermark.neural import tiny


@pytest.fixture
def markers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REELWRIGHT_CONFIG", str(tmp_path))
    return tmp_path / "markers"


def test_without_a_marker_nothing_is_said(markers: Path) -> None:
    assert list(check_markers()) == []


def test_what_marks_tells_its_cost_and_what_only_reads_does_not(markers: Path) -> None:
    tiny.describe(markers, "one")
    tiny.describe(markers, "two", use="read", embedder=None, embedder_sha256=None)
    one, two = check_markers()
    assert (one.name, one.state, two.state) == ("marker 'one'", "ok", "ok")
    assert one.detail.startswith("beside our own mark; ")
    assert one.detail.endswith(" ms a frame read")
    assert two.detail == "only read"


def test_one_that_cannot_work_says_why_and_the_others_are_looked_at(markers: Path) -> None:
    tiny.describe(markers, "one", extractor_sha256="0" * 64)
    tiny.describe(markers, "two")
    one, two = check_markers()
    assert (one.state, two.state) == ("fail", "ok")
    assert "another file than described" in one.detail
    assert one.remedy


def test_the_cost_is_that_of_a_frame(markers: Path) -> None:
    tiny.describe(markers, step=4)
    (described,) = described_markers()
    ticks = map(float, count(0, 8))
    assert cost_of(neural_marker(described), lambda: next(ticks)) == Cost(2.0, 8.0)
