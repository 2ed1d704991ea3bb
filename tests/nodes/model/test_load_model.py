"""Choosing the model."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.errors import InvalidInput
from engine.models.residency import Residency
from nodes.model.load_model import LoadModel
from tests.nodes.recording import RecordingContext


def test_a_folder_becomes_a_handle(context: RecordingContext, weights: Path) -> None:
    handle = LoadModel(model=str(weights), precision="float32").run(context)
    assert (handle.family, handle.source) == ("starter", str(weights))
    assert handle.precision == "float32"
    assert handle.digest == LoadModel.content({"model": str(weights), "precision": "auto"})


def test_other_weights_are_other_work(weights: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(weights, changed)
    before = LoadModel.content({"model": str(changed)})
    path = changed / "starter.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert LoadModel.content({"model": str(changed)}) != before


def test_a_model_that_a_link_names_has_no_content_before_it_runs() -> None:
    assert LoadModel.content({"precision": "auto"}) == ""


def test_an_unknown_model_is_named(context: RecordingContext) -> None:
    with pytest.raises(InvalidInput, match=r"no model 'starter2'"):
        LoadModel(model="starter2", precision="auto").run(context)


def test_the_starter_model_says_that_it_is_small_as_it_is(context: RecordingContext) -> None:
    models = Residency(device="cpu")
    with pytest.raises(InvalidInput, match="cannot be held in fp8: it is small"):
        models.get(LoadModel(model="starter", precision="fp8").run(context))
    for precision in ("fit", "int8"):
        models.get(LoadModel(model="starter", precision=precision).run(context))
