"""Putting LoRAs on a model: only the handle changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import InvalidInput, InvalidWeights
from engine.values import Adapter, VideoModel
from nodes.model.add_lora import AddLora
from tests.nodes.recording import RecordingContext

MODEL = VideoModel("wan", "wan2.1-t2v-1.3b", "0f")


@pytest.fixture
def lora(tmp_path: Path) -> Path:
    import torch
    from safetensors.torch import save_file

    file = tmp_path / "lora.safetensors"
    save_file({"transformer.x.lora_A.weight": torch.ones(1, 1)}, file)
    return file


def add(context: RecordingContext, model: VideoModel, path: object, **params: object) -> VideoModel:
    given = {"strength": 1.0, "expert": "all"} | params
    return AddLora(model=model, path=str(path), **given).run(context)


def test_several_add_up_in_order_with_their_strengths(context: RecordingContext, lora) -> None:
    model = add(context, MODEL, lora, strength=0.5)
    model = add(context, model, lora, strength=-0.25, expert="low noise")
    first, second = model.adapters
    assert first == Adapter(str(lora), first.digest, 0.5, "")
    assert (second.strength, second.part) == (-0.25, "transformer_2")
    assert model.base == MODEL
    assert len({MODEL.identity, model.identity, add(context, MODEL, lora).identity}) == 3


def test_a_lora_of_no_strength_changes_nothing(context: RecordingContext, lora) -> None:
    assert add(context, MODEL, lora, strength=0.0) == MODEL


def test_what_is_no_lora_is_named(context: RecordingContext, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="No LoRA is chosen"):
        add(context, MODEL, "")
    with pytest.raises(InvalidInput, match=r"none\.safetensors' does not exist"):
        add(context, MODEL, tmp_path / "none.safetensors")
    (tmp_path / "lora.ckpt").touch()
    with pytest.raises(InvalidWeights, match="reelwright models convert"):
        add(context, MODEL, tmp_path / "lora.ckpt")
    (tmp_path / "cut.safetensors").write_bytes(b"\x10")
    with pytest.raises(InvalidWeights, match=r"cut\.safetensors' is no safetensors file"):
        add(context, MODEL, tmp_path / "cut.safetensors")
