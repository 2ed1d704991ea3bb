from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.models.drawn import folder as folders
from tests.engine.models.tiny.wan import build

STAGES = ("load", "text", "begin", "steps", "decode", "encode", "write", "together")


def test_people_see_every_stage_and_the_share_of_the_device(cli) -> None:
    result = cli("benchmark", "--steps", "2")
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines()]
    assert result.stdout.startswith("starter  on cpu in float32\n  64 x 64, 33 frames, 2 steps")
    assert [line[0] for line in lines if line and line[0] in STAGES] == list(STAGES)
    (mfu,) = (line[1] for line in lines if line[:1] == ["MFU"])
    assert mfu.endswith("%")
    assert float(mfu[:-1]) > 0
    assert "of the process" in result.stdout
    assert "3.06 GFLOP, " in result.stdout


def test_programs_get_figures_of_a_folder_beside_diffusers(cli, tmp_path: Path) -> None:
    build(tmp_path / "tiny")
    size = ("--width", 64, "--height", 64, "--frames", 9, "--steps", 2, "--guidance", 3)
    result = cli("benchmark", tmp_path / "tiny", *size, "--against", "diffusers", "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert (found["frames"], found["steps"], found["random_weights"]) == (9, 2, False)
    assert found["step_flops"] == 19_090_176
    assert found["diffusers"]["pipeline"] == "WanPipeline"
    assert found["mfu"] > 0
    said = cli("benchmark", tmp_path / "tiny", *size, "--against", "diffusers").stdout
    assert "WanPipeline took" in said
    assert "times as fast" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("wan2.1-t2v-1.3b",), "Fetch them with 'reelwright models pull wan2.1-t2v-1.3b'"),
        (("starter", "--random-weights"), "has its own weights here"),
        (("--against", "diffusers"), "is not a model that diffusers samples"),
        (("--width", "63", "--steps", "1"), "63"),
        (("--steps", "201"), "less than or equal to 200"),
    ],
)
def test_what_cannot_be_measured_is_said_in_a_sentence(cli, arguments, words: str) -> None:
    result = cli("benchmark", *arguments)
    assert result.exit_code == 2
    assert words in result.stderr


def test_a_model_too_large_for_this_computer_is_refused(cli, monkeypatch) -> None:
    monkeypatch.setattr(folders, "free_memory", lambda device: 8 << 30)
    result = cli("benchmark", "wan2.1-t2v-14b", "--random-weights")
    assert result.exit_code == 2
    assert "and 8.0 GiB are free" in result.stderr
