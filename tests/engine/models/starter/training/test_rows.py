"""From looks to rows: what is counted, and that controls which pass are told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.models.starter.training.checker import ATTRIBUTES, Finding
from engine.models.starter.training.evaluate import check_table, judged_prompts
from engine.models.starter.training.looks import Look
from engine.models.starter.training.quality import METRICS
from engine.models.starter.training.rows import (
    MULTIPLE,
    bouncing,
    chance_control,
    quality_row,
    scores,
    sound_controls,
    sound_rows,
    spoiled_controls,
)
from engine.models.starter.training.scene import Scene, is_held_out

SCENE = Scene("red", "ball", 1, "bounce", "studio", "fast", 9.0, 0.0, 0.0, 0.0, 0.2, 0.38)
MEASURED = dict.fromkeys(METRICS, 1.0)


def look(scene: Scene = SCENE, impacts: tuple[float, ...] = (0.5, 1.2), late: float = 0.0) -> Look:
    found = Finding(**{name: getattr(scene, name) for name in ATTRIBUTES})
    at = np.array(impacts)
    return Look(found, 33, np.arange(33), np.zeros((33, 2)), at, at + late)


def test_trained_and_held_out_prompts_are_told_apart() -> None:
    for held_out in (True, False):
        scenes, prompts = judged_prompts(16, held_out)
        assert all(is_held_out(scene) == held_out for scene in scenes)
        assert len(set(prompts)) == 16
    bounces, _ = judged_prompts(6, motion="bounce")
    assert [scene.motion for scene in bounces] == ["bounce"] * 6


def test_a_row_counts_each_check_and_all_of_them() -> None:
    table = check_table([{"a": True, "b": True}, {"a": True, "b": False}])
    assert [table[name]["share"] for name in ("a", "b", "all")] == [1.0, 0.5, 0.5]
    assert table["all"]["n"] == 2
    assert table["all"]["low"] < 0.5 < table["all"]["high"]


def test_what_the_checker_sees_is_named_as_vbench_does() -> None:
    two = replace(SCENE, count=2)
    looks = [look(), look(two), look(SCENE)]
    row = quality_row([MEASURED, MEASURED | {METRICS[0]: 0.5}], looks, [SCENE, two, two])
    assert row["object class"]["share"] == 1.0
    assert (row[MULTIPLE]["share"], row[MULTIPLE]["n"]) == (0.5, 2)
    assert row[METRICS[0]]["mean"] == 0.75
    assert row[METRICS[0]]["low"] < 0.75 < row[METRICS[0]]["high"]
    assert row["dynamic degree"]["share"] == 1.0


def test_sound_in_time_passes_and_its_controls_fail() -> None:
    looks = [look(impacts=(0.4, 1.0)), look(impacts=(0.6, 1.3)), look(impacts=(0.8, 1.6))]
    rows = sound_rows("samples", looks, controls=True)
    assert list(rows) == [
        "samples", "samples, sound 150 ms late", "samples, another clip's sound",
    ]  # fmt: skip
    assert rows["samples"]["within 50 ms"]["share"] == 1.0
    assert all(control["fails"] for control in sound_controls(rows).values())
    assert "samples" not in sound_controls(rows)
    alike = sound_rows("samples", [look(), look()], controls=True)
    assert not sound_controls(alike)["samples, another clip's sound"]["fails"]


def test_only_what_should_bounce_is_heard() -> None:
    right = replace(SCENE, motion="right")
    assert len(bouncing([look(), look(right)], [SCENE, right])) == 1
    assert sound_rows("samples", []) == {}


def test_a_control_that_passes_is_told() -> None:
    table = scores([look()], [SCENE])
    assert not chance_control("shuffled", table)["shuffled"]["fails"]
    other = scores([look()], [replace(SCENE, colour="blue")])
    assert chance_control("shuffled", other)["shuffled"]["fails"]
    worse = dict.fromkeys(METRICS, 0.5)
    assert all(row["fails"] for row in spoiled_controls([MEASURED], [worse]).values())
    assert not any(row["fails"] for row in spoiled_controls([MEASURED], [MEASURED]).values())


def test_a_mean_of_one_clip_has_no_interval_to_tell() -> None:
    row = quality_row([MEASURED], [look()], [SCENE])
    assert row[METRICS[0]]["low"] == row[METRICS[0]]["high"] == pytest.approx(1.0)
