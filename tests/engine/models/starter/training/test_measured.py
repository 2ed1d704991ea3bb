"""A report's file: parts are kept as they are made, and belong to one model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import InvalidInput
from engine.models.starter.training.generate import SamplingPlan
from engine.models.starter.training.measured import Measured, read_report

SHIPPED = Path(__file__).parents[5] / "engine" / "models" / "starter" / "evaluation.json"
ORDER = ("truth", "samples", "trained")
ROW = {"all": {"share": 1.0, "low": 0.5, "high": 1.0, "n": 4}}


def begun(path: Path, weights: str = "one", **kwargs: bool) -> Measured:
    return Measured(path, weights, SamplingPlan(), ORDER, **kwargs)


def test_what_was_kept_is_there_again_for_the_same_weights(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    begun(path).keep("samples", 4, {"tables": {"samples": ROW}}, {"sampling": 1.234})
    again = begun(path)
    assert again.has("samples", 4)
    assert again.has("samples", 3)
    assert not again.has("samples", 5)
    assert not again.has("trained", 1)
    again.keep("trained", 4, {"tables": {"trained": ROW}}, {})
    document = read_report(path)
    assert list(document) == ["weights", "plan", "tables", "parts"]
    assert list(document["tables"]) == ["samples", "trained"]
    assert document["parts"]["samples"] == {
        "clips": 4, "core seconds": {"sampling": 1.2}, "rows": ["samples"],
    }  # fmt: skip
    assert [file.name for file in tmp_path.iterdir()] == ["report.json"]


def test_rows_stand_in_the_order_of_their_parts_whichever_was_ready_first(tmp_path: Path) -> None:
    path, parts = tmp_path / "report.json", [tmp_path / f"{name}.json" for name in ORDER]
    for name, part in zip(ORDER, parts, strict=True):
        begun(part).keep(name, 4, {"tables": {f"{name} 2": ROW, f"{name} 1": ROW}}, {"sampling": 1})
    measured = begun(path)
    for part in (parts[2], parts[0], parts[1]):
        measured.take(part)
    document = read_report(path)
    assert list(document["parts"]) == list(ORDER)
    assert list(document["tables"]) == [f"{name} {row}" for name in ORDER for row in (2, 1)]
    assert document["parts"]["truth"] == read_report(parts[0])["parts"]["truth"]
    assert begun(path).has("trained", 4)


def test_rows_of_other_weights_are_not_mixed_in(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    begun(path).keep("samples", 4, {"tables": {"samples": ROW}}, {})
    with pytest.raises(InvalidInput, match="other weights"):
        begun(path, "two")
    with pytest.raises(InvalidInput, match="another plan"):
        Measured(path, "one", SamplingPlan(steps=4), ORDER)
    replaced = begun(path, "two", replace=True)
    assert not replaced.has("samples", 1)
    assert begun(path).has("samples", 4), "nothing is lost before the first part is there"
    replaced.keep("trained", 4, {"tables": {"trained": ROW}}, {})
    assert list(read_report(path)["tables"]) == ["trained"]


def test_replacing_keeps_rows_of_the_same_weights(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    begun(path).keep("samples", 4, {"tables": {"samples": ROW}}, {})
    assert begun(path, replace=True).has("samples", 4)


def test_the_report_that_ships_is_read() -> None:
    assert "samples" in read_report(SHIPPED)["tables"]


@pytest.mark.parametrize("content", ["", "[]", "{}", json.dumps({"plan": 3}), "\x00"])
def test_what_is_no_report_is_said_in_a_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(content, "utf-8")
    with pytest.raises(InvalidInput, match="holds no report"):
        begun(path)
