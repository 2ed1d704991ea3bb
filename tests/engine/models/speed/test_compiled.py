"""Compiled blocks compute the same, once for all blocks of a kind, and rest on disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch._inductor.runtime.cache_dir_utils import default_cache_dir

from engine.models.speed.compiled import FOLDER, FOLDER_VARIABLE, missing_compiler
from engine.values import Speed
from tests.engine.models.conftest import TinyModel
from tests.engine.models.sampling_runs import loaded, request_of, states_of

ROOT = Path(__file__).parents[4]
CPU = torch.device("cpu")
compiles = pytest.mark.skipif(bool(missing_compiler(CPU)), reason="there is no C++ compiler here")


def run(folder: Path, state: Path) -> dict[str, Any]:
    """What a process of its own measures of a tiny Wan (compiled_run.py)."""
    told = subprocess.run(
        [sys.executable, "-m", "tests.engine.models.speed.compiled_run", str(folder)],
        cwd=ROOT,
        env=os.environ | {"REELWRIGHT_STATE": str(state), FOLDER_VARIABLE: default_cache_dir()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr[-3000:]
    return json.loads(told.stdout.splitlines()[-1])


@compiles
@pytest.mark.timeout(900)  # a compiler on a busy computer
def test_blocks_are_compiled_once_and_found_again_by_another_process(
    tiny_model: TinyModel, tmp_path: Path
) -> None:
    folder = tiny_model("wan")
    first = run(folder, tmp_path)
    assert first["difference"] <= 1e-4
    assert first["difference"] > 0  # something else did compute it
    assert first["graphs"] == 1  # for both blocks
    assert first["graphs after another prompt"] == 1
    assert first["resumed"] is True
    assert first["with a cache"] <= 1e-4
    assert first["block by block"] <= 1e-4
    assert first["off again"] == 0
    assert first["found"] == 0
    assert (tmp_path / FOLDER / "fxgraph").is_dir()
    second = run(folder, tmp_path)
    assert second["found"] >= 1
    assert second["made"] == 0
    assert second["latent"] == first["latent"]


def test_without_a_compiler_nothing_is_compiled_and_it_is_said(
    tiny_model: TinyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = loaded("wan", tiny_model("wan"))
    request = request_of(model, 5)
    expected = states_of(model, request)[-1].tensors["latent"]
    monkeypatch.setattr("engine.models.speed.speeding.missing_compiler", lambda _: "a compiler")
    model.adapt(replace(model.handle, speed=Speed(compiled=True)))
    assert model.settle_memory(request) == "Speed: not compiled, as a compiler is missing."
    assert torch.equal(states_of(model, request)[-1].tensors["latent"], expected)
