"""Weights told as what they differ by: little is lost, and never on other weights than theirs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from engine.errors import InvalidWeights
from engine.models.starter.difference import SCALE, difference, with_difference
from engine.models.starter.load import BASE, SETTINGS, WEIGHTS, load_starter
from engine.models.starter.training.export_turbo import GUIDANCE, STEPS, export_turbo
from engine.models.starter.training.progress import load_tensors, save_tensors

SHIPPED = Path("assets/starter").resolve()


def some(seed: int, scale: float = 1.0) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    shapes = {"matrix": (8, 5), "filters": (4, 3, 3, 3), "vector": (7,), "one": ()}
    return {k: scale * torch.randn(shape, generator=generator) for k, shape in shapes.items()}


def test_rounding_loses_half_a_step_of_each_row_at_most() -> None:
    base, change = some(1), some(2, 1e-2)
    own = {name: base[name] + change[name] for name in base}
    told = difference(own, base)
    assert told["matrix"].dtype == torch.int8
    made = with_difference(base, told)
    for name in ("matrix", "filters"):
        off = (made[name] - own[name]).flatten(1).abs().amax(1)
        assert (off <= 0.51 * told[name + SCALE] + 1e-7).all()
        assert off.max() > 0
    assert torch.allclose(made["vector"], own["vector"], atol=1e-4)
    assert made["one"].shape == ()


def test_what_did_not_change_stays_to_the_bit() -> None:
    base = some(1)
    made = with_difference(base, difference(base, base))
    assert all(torch.equal(made[name], base[name]) for name in base)


def test_what_is_not_told_of_stays() -> None:
    base = some(1)
    told = difference({"matrix": base["matrix"] + 1}, base)
    assert torch.equal(with_difference(base, told)["filters"], base["filters"])


@pytest.fixture
def turbo(tmp_path: Path) -> Path:
    """A model that went on from the one that ships, which lies beside it."""
    shutil.copytree(SHIPPED, tmp_path / "base")
    state = load_starter(SHIPPED).dit.state_dict()
    student = {f"dit.{name}": tensor * 1.01 for name, tensor in state.items()}
    save_tensors(tmp_path / "turbo.safetensors", student, {"step": 7})
    export_turbo(tmp_path, tmp_path / "base", tmp_path / "turbo")
    return tmp_path / "turbo"


def test_a_model_that_went_on_is_loaded_on_its_base(turbo: Path) -> None:
    base, made = load_starter(SHIPPED), load_starter(turbo)
    assert (made.config.sampling.steps, made.config.sampling.guidance) == (STEPS, GUIDANCE)
    for name, tensor in base.dit.state_dict().items():
        step = 0.01 * tensor.abs().max() / 100
        assert torch.allclose(made.dit.state_dict()[name], 1.01 * tensor, atol=float(step) + 1e-6)
    one, other = (each.vae.state_dict() for each in (base, made))
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert (turbo / WEIGHTS).stat().st_size < 0.55 * (SHIPPED / WEIGHTS).stat().st_size


def test_it_is_refused_on_other_weights(turbo: Path) -> None:
    tensors, about = load_tensors(turbo.parent / "base" / WEIGHTS)
    save_tensors(turbo.parent / "base" / WEIGHTS, {**tensors, "more": torch.ones(1)}, about)
    with pytest.raises(InvalidWeights, match="go on from others"):
        load_starter(turbo)


def test_it_is_refused_without_its_base(turbo: Path) -> None:
    shutil.rmtree(turbo.parent / "base")
    with pytest.raises(InvalidWeights):
        load_starter(turbo)


@pytest.mark.parametrize("base", [7, {}, "starter", {"folder": 1, "sha256": ""}, []])
def test_a_damaged_word_about_its_base_is_refused(turbo: Path, base: Any) -> None:
    document = json.loads((turbo / SETTINGS).read_text())
    (turbo / SETTINGS).write_text(json.dumps({**document, BASE: base}))
    with pytest.raises(InvalidWeights, match="damaged"):
        load_starter(turbo)


@pytest.mark.parametrize("name", ["dit.unknown", "dit.patch_in.weight"])
def test_a_difference_that_does_not_fit_is_refused(turbo: Path, name: str) -> None:
    tensors, about = load_tensors(turbo / WEIGHTS)
    save_tensors(turbo / WEIGHTS, {**tensors, name: torch.ones(3, 1, dtype=torch.int8)}, about)
    with pytest.raises(InvalidWeights, match="damaged"):
        load_starter(turbo)
