"""Which kernel computes attention, and that it computes the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from engine.errors import InvalidInput
from engine.models.speed import attention
from engine.models.speed.attention import (
    Setting,
    chosen,
    chosen_for,
    installed,
    processors_of,
    usable,
)
from engine.values import Speed
from engine.values.model import AttentionKernel
from tests.engine.models.conftest import TinyModel
from tests.engine.models.sampling_runs import assert_same, loaded, request_of, states_of

# On a CPU, flex computes what a compiled kernel would, one thing after the other.
pytestmark = pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
ALL: frozenset[AttentionKernel] = frozenset({"native", "flash", "flash 3", "cudnn", "sage", "flex"})
HOPPER = Setting((9, 0), torch.bfloat16, ALL, masked=False, cudnn=True)
BLACKWELL = replace(HOPPER, capability=(10, 0))
AMPERE = replace(HOPPER, capability=(8, 6))
CPU = Setting((0, 0), torch.float32, frozenset({"native", "flex"}), masked=False)


@pytest.mark.parametrize(
    ("setting", "kernel"),
    [
        (HOPPER, "flash 3"),
        (replace(HOPPER, installed=ALL - {"flash 3"}), "cudnn"),
        (replace(HOPPER, installed=ALL - {"flash 3"}, cudnn=False), "flash"),
        (replace(HOPPER, installed=frozenset({"native", "flex", "sage"})), "native"),
        (replace(HOPPER, dtype=torch.float32), "native"),
        (replace(HOPPER, head=512), "native"),
        (replace(HOPPER, masked=True), "native"),
        (BLACKWELL, "cudnn"),
        (AMPERE, "flash"),
        (replace(AMPERE, capability=(7, 5)), "native"),
        (CPU, "native"),
    ],
)
def test_auto_takes_the_fastest_exact_one(setting: Setting, kernel: AttentionKernel) -> None:
    assert chosen("auto", setting, "Wan") == kernel


def test_one_that_rounds_is_taken_only_where_it_is_asked_for() -> None:
    assert chosen("sage", AMPERE, "Wan") == "sage"
    assert usable(AMPERE)[-1] == "sage"


@pytest.mark.parametrize(
    ("wanted", "setting", "others"),
    [
        ("flash", CPU, "Use.*: flex, native"),
        ("flash 3", AMPERE, "Use.*: flash, native, sage"),
        ("flash", replace(HOPPER, masked=True), "Use.*: cudnn, native"),
        ("sage", replace(HOPPER, installed=ALL - {"sage"}), "Use.*: cudnn, flash, flash 3, native"),
        ("cudnn", replace(HOPPER, cudnn=False), "Use.*: flash, flash 3, native, sage"),
        ("flex", AMPERE, "Compile the model, or use.*: flash, native, sage"),
        ("flex", replace(CPU, compiled=True), "Use.*: native"),
    ],
)
def test_one_that_cannot_be_used_is_refused_with_those_that_can(
    wanted: AttentionKernel, setting: Setting, others: str
) -> None:
    with pytest.raises(InvalidInput, match=f"Wan cannot use the attention '{wanted}'.*{others}"):
        chosen(wanted, setting, "Wan")


def test_flex_is_used_in_blocks_that_are_compiled_for_a_gpu() -> None:
    assert chosen("flex", replace(AMPERE, masked=True, compiled=True), "LTX-Video") == "flex"


def test_what_needs_no_package_is_always_here() -> None:
    assert {"native", "flex"} <= installed()


@pytest.mark.parametrize("family", ["wan", "ltx", "ltx2", "hunyuan", "hunyuan15"])
def test_flex_computes_what_native_computes(tiny_model: TinyModel, family: str) -> None:
    model = loaded(family, tiny_model(family))
    frames = 9 if family.startswith("ltx") else 5
    request = request_of(model, frames, negative=None)
    states = states_of(model, request)
    model.adapt(replace(model.handle, speed=Speed(attention="flex")))
    made = model.step(request, states[0]).tensors["latent"]
    used = {each._attention_backend for each in processors_of(model.parts["transformer"])}
    assert used == {"flex"}
    assert not torch.equal(made, states[1].tensors["latent"])
    assert torch.allclose(made, states[1].tensors["latent"], rtol=0, atol=1e-5)
    assert "attention by 'flex'" in model.settle_memory(request)
    model.adapt(replace(model.handle, speed=Speed()))
    assert_same(states_of(model, request)[-1], states[-1])


def test_another_model_of_the_process_keeps_its_own(tiny_model: TinyModel) -> None:
    one, other = loaded("wan", tiny_model("wan")), loaded("wan", tiny_model("wan"))
    request = request_of(other, 5)
    expected = states_of(other, request)[-1].tensors["latent"]
    one.adapt(replace(one.handle, speed=Speed(attention="flex")))
    states_of(one, request)
    assert torch.equal(states_of(other, request)[-1].tensors["latent"], expected)


def test_a_model_that_computes_it_in_one_way_says_so(tiny_model: TinyModel) -> None:
    model: Any = loaded("cogvideox", tiny_model("cogvideox"))
    for kernel in ("auto", "native"):
        model.adapt(replace(model.handle, speed=Speed(attention=kernel)))
        model.begin(request_of(model, 9))
    model.adapt(replace(model.handle, speed=Speed(attention="flex")))
    with pytest.raises(InvalidInput, match="CogVideoX computes its attention in one way only"):
        model.begin(request_of(model, 9))


def test_what_this_computer_cannot_is_refused_before_anything_is_sampled(
    tiny_model: TinyModel,
) -> None:
    model = loaded("wan", tiny_model("wan"))
    model.adapt(replace(model.handle, speed=Speed(attention="flash 3")))
    with pytest.raises(InvalidInput, match="Use 'auto' or one of: flex, native"):
        model.begin(request_of(model, 5))


def test_it_is_chosen_when_a_model_is_turned_and_not_at_each_step(
    tiny_model: TinyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = loaded("wan", tiny_model("wan"))
    request = request_of(model, 5)
    state = model.begin(request)
    told: list[object] = []

    def counted(*asked: Any) -> AttentionKernel:
        told.append(asked)
        return chosen_for(*asked)

    monkeypatch.setattr(attention, "chosen_for", counted)
    for _ in range(3):
        state = model.step(request, state)
    assert len(told) == 1
    model.adapt(replace(model.handle, speed=Speed(attention="flex")))
    model.step(request, model.begin(request))
    assert len(told) == 3  # when it is checked, and when it is turned
