"""The precision 'fit': narrow only where wide weights would be slow, one in all of a sample."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from engine.models.diffusion import family as sampling
from engine.models.families import family_in
from engine.models.loading import components
from engine.models.memory import settling
from engine.models.memory.fitting import HELD_IN
from engine.models.memory.plan import Need, Part, stays
from engine.values import Adapter
from tests.engine.models.conftest import TinyModel
from tests.engine.models.diffusion.test_family import FAMILIES
from tests.engine.models.sampling_runs import (
    assert_resumes,
    assert_same,
    keyframe,
    loaded,
    request_of,
    states_of,
)

pytestmark = pytest.mark.filterwarnings("ignore:In CPU autocast:UserWarning")

AMPLE = 1 << 40
FRAMES = 5


@pytest.fixture
def folder(tiny_model: TinyModel, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settling, "LEAST_DECODING", 0)
    return tiny_model("wan", kind="experts")


def fitting(folder: Path, monkeypatch: pytest.MonkeyPatch, *, free: int, later: int = AMPLE) -> Any:
    """A model read while so much is free, of which `later` is left when a sample begins."""
    monkeypatch.setattr(components, "free_memory", lambda device: free)
    monkeypatch.setattr(sampling, "free_memory", lambda device: later)
    return loaded("wan", folder, "fit")


def wide_bytes(folder: Path) -> int:
    return int(loaded("wan", folder).nbytes)


def test_with_room_nothing_is_narrowed_and_nothing_said(folder: Path, monkeypatch: Any) -> None:
    model = fitting(folder, monkeypatch, free=AMPLE)
    request = request_of(model, FRAMES)
    assert model.settle_memory(request) is None
    states = states_of(model, request)
    assert {state.scalars[HELD_IN] for state in states} == {"wide"}
    plain = loaded("wan", folder)
    for state, expected in zip(states, states_of(plain, request), strict=True):
        assert torch.equal(state.tensors["latent"], expected.tensors["latent"])


@pytest.mark.parametrize("when", ["read", "settled"])
def test_without_it_the_sample_is_that_of_int8_and_it_is_said(
    folder: Path, monkeypatch: Any, when: str
) -> None:
    """Whether the weights alone are too much when they are read, or with a sample beside them."""
    little = wide_bytes(folder) // 2
    model = fitting(
        folder,
        monkeypatch,
        free=little if when == "read" else AMPLE,
        later=AMPLE if when == "read" else 0,
    )
    assert model.parts.narrow == (when == "read")
    request = request_of(model, FRAMES)
    said = model.settle_memory(request)
    assert said is not None
    assert said.startswith("Precision: int8, for wider weights would not stay")
    states = states_of(model, request)
    assert {state.scalars[HELD_IN] for state in states} == {"int8"}
    forced = loaded("wan", folder, "int8")
    for state, expected in zip(states, states_of(forced, request), strict=True):
        assert torch.equal(state.tensors["latent"], expected.tensors["latent"])
    assert_resumes(model, request, states)


@pytest.mark.parametrize("begun", ["wide", "int8"])
def test_a_sample_goes_on_in_what_it_was_begun_in_whatever_is_free(
    folder: Path, monkeypatch: Any, tmp_path: Path, begun: str
) -> None:
    """With a LoRA on, which is fused into wide weights and added beside narrow ones."""
    little = wide_bytes(folder) // 2
    lora = tmp_path / "lora.safetensors"
    stem = "transformer.blocks.0.attn1.to_q.lora_"
    save_file(
        {f"{stem}A.weight": torch.ones(2, 24), f"{stem}B.weight": torch.ones(24, 2) / 8}, lora
    )

    def model_of(free: int) -> Any:
        model = fitting(folder, monkeypatch, free=free)
        model.adapt(model.handle.with_adapter(Adapter(str(lora), "")))
        return model

    first = model_of(AMPLE if begun == "wide" else little)
    request = request_of(first, FRAMES)
    states = states_of(first, request)
    assert states[1].scalars[HELD_IN] == begun
    other = model_of(little if begun == "wide" else AMPLE)
    assert other.parts.narrow != first.parts.narrow, "this one would have been begun otherwise"
    said = other.settle_memory(request, states[1])
    assert other.parts.narrow == first.parts.narrow
    assert said == (None if begun == "wide" else "Precision: int8, in which this sample was begun.")
    assert_same(other.step(request, other.restore(request, states[1])), states[2])
    again = model_of(little if begun == "wide" else AMPLE)
    assert_same(again.step(request, again.restore(request, states[1])), states[2])


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_can_be_fitted(
    family: str, tiny_model: TinyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    options, frames, takes_picture = FAMILIES[family]
    folder = tiny_model(family, **options)
    monkeypatch.setattr(sampling, "free_memory", lambda device: 0)
    model = loaded(family_in(folder), folder, "fit")
    keyframes = (keyframe(0, 0),) if takes_picture else ()
    request = request_of(model, frames, keyframes=keyframes, negative=None)
    assert not model.parts.narrow
    wide = model.nbytes
    assert "Precision: int8" in (model.settle_memory(request) or "")
    assert model.nbytes < wide
    assert model.begin(request).scalars[HELD_IN] == "int8"


def test_other_precisions_are_told_by_the_fingerprint_alone(folder: Path) -> None:
    model = loaded("wan", folder, "int8")
    assert HELD_IN not in model.begin(request_of(model, FRAMES)).scalars


def test_a_part_that_goes_while_another_works_is_not_worth_other_bits() -> None:
    parts = (Part("text_encoder", "encode", 100, 10), Part("transformer", "sample", 60, 6))
    need = Need(parts, {"sample": 5}, tiled=0)
    assert stays(need, 165, moves=False)
    assert not stays(need, 164, moves=False), "a CPU has but one memory"
    assert stays(need, 100, moves=True)
    assert stays(need, 65, moves=True), "the text encoder in blocks moves once a prompt"
    assert not stays(need, 64, moves=True), "the denoiser's blocks would move at every step"
