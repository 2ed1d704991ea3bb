"""Measuring a model from a graph."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import InvalidInput
from engine.models import catalog
from nodes.model.benchmark_model import BenchmarkModel
from tests.nodes.recording import RecordingContext


def node(**changes: object) -> BenchmarkModel:
    fields: dict[str, object] = {
        "model": catalog.handle("starter"),
        "steps": 2,
        "guidance": 0.0,
        "width": 0,
        "height": 0,
        "frames": 0,
        "picture": False,
        "warm": False,
        "against_diffusers": False,
    }
    return BenchmarkModel(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELWRIGHT_STATE", str(tmp_path / "state"))


def test_the_report_tells_seconds_memory_and_the_share_of_the_device(
    context: RecordingContext,
) -> None:
    report = node().run(context)
    assert report.title == "Speed on cpu in float32"
    assert report.assessed
    for stage in ("load", "text", "steps", "decode", "write"):
        assert float(report.findings[stage]) >= 0
    assert float(report.findings["MFU"]) > 0
    assert not list(context.workspace.iterdir()), "the video is not kept"


def test_what_diffusers_does_not_sample_is_not_compared(context: RecordingContext) -> None:
    with pytest.raises(InvalidInput, match="not a model that diffusers samples"):
        node(against_diffusers=True).run(context)
