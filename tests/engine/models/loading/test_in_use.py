"""Families run on what was loaded: with adapters and packed weights, and resumed with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from engine.models.families import loader
from engine.values import Adapter, SwappedPart, VideoModel
from tests.engine.models.conftest import TinyModel
from tests.engine.models.loading.conftest import makers_names, scaled_fp8, weights
from tests.engine.models.sampling_runs import assert_resumes, loaded, request_of, states_of

FRAMES = 5


def load(folder: Path, **changes: Any) -> Any:
    return loader("wan")(VideoModel("wan", str(folder), "", **changes), folder, "cpu")


def final(model: Any) -> Tensor:
    return states_of(model, request_of(model, FRAMES))[-1].tensors["latent"]


@pytest.fixture
def lora(tiny_model: TinyModel, tmp_path: Path) -> Path:
    tensors: dict[str, Tensor] = {}
    for name, weight in weights(tiny_model("wan", kind="experts") / "transformer").items():
        if ".attn1.to_q.weight" in name:
            stem = f"transformer.{name.removesuffix('.weight')}"
            tensors[f"{stem}.lora_A.weight"] = torch.ones(2, weight.shape[1])
            tensors[f"{stem}.lora_B.weight"] = torch.ones(weight.shape[0], 2) * 0.05
    save_file(tensors, tmp_path / "lora.safetensors")
    return tmp_path / "lora.safetensors"


def test_a_lora_on_one_expert_changes_the_sample_and_resumes(
    tiny_model: TinyModel, lora: Path
) -> None:
    folder = tiny_model("wan", kind="experts")
    plain = final(loaded("wan", folder))
    model = load(folder, adapters=(Adapter(str(lora), "", 1.0, "transformer_2"),))
    request = request_of(model, FRAMES)
    states = states_of(model, request)
    assert not torch.equal(states[-1].tensors["latent"], plain)
    assert_resumes(model, request, states)


def test_adapters_are_exchanged_on_a_loaded_model(tiny_model: TinyModel, lora: Path) -> None:
    """What the residency does instead of loading the model again."""
    folder = tiny_model("wan", kind="experts")
    plain = load(folder)
    before = final(plain)
    model = load(folder, adapters=(Adapter(str(lora), ""),))
    assert not torch.equal(final(model), before)
    model.adapt(plain.handle)
    assert model.handle == plain.handle
    assert torch.equal(final(model), before)


@pytest.mark.proves("wan", "fp8")
def test_packed_weights_sample_and_resume(tiny_model: TinyModel, tmp_path: Path) -> None:
    folder = tiny_model("wan")
    file = tmp_path / "fp8.safetensors"
    save_file(scaled_fp8(makers_names(weights(folder / "transformer"))), file)
    model = load(folder, parts=(SwappedPart("transformer", str(file), ""),))
    request = request_of(model, FRAMES)
    states = states_of(model, request)
    plain = final(loaded("wan", folder))
    assert_resumes(model, request, states)
    assert 0 < (states[-1].tensors["latent"] - plain).abs().mean() < 0.5 * plain.abs().mean()
