"""A kept state that is of another sample, or not whole, is refused with a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from engine.errors import InvalidInput
from engine.models.family import SampleState
from tests.engine.models.conftest import TinyModel
from tests.engine.models.sampling_runs import clip_of, loaded, request_of

Change = Callable[[SampleState], SampleState]


@pytest.fixture(scope="module")
def model(tiny_model: TinyModel) -> Any:
    return loaded("wan", tiny_model("wan", scheduler="unipc"))


@pytest.fixture(scope="module")
def kept(model: Any) -> SampleState:
    request = request_of(model, 5)
    state: SampleState = model.step(request, model.begin(request))
    return state


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"width": 128}, "at 64x64, 5 frames.*not of Wan at 128x64"),
        ({"frames": 9}, "5 frames.*not of.*9 frames"),
        ({"steps": 4}, "3 steps.*not of.*4 steps"),
        ({"solver": "euler"}, "'auto'.*not of.*'euler'"),
        ({"source": clip_of(5)}, "3 steps.*not of.*2 steps"),
    ],
)
def test_a_state_of_another_sample_is_refused(
    model: Any, kept: SampleState, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        model.restore(request_of(model, **{"frames": 5, **changes}), kept)
    assert "--fresh" in refused.value.remedy


def with_tensor(name: str, make: Callable[[torch.Tensor], torch.Tensor]) -> Change:
    def change(state: SampleState) -> SampleState:
        return replace(state, tensors={**state.tensors, name: make(state.tensors[name])})

    return change


def with_scalar(name: str, value: int | str) -> Change:
    return lambda state: replace(state, scalars={**state.scalars, name: value})


def without_scalar(name: str) -> Change:
    return lambda state: replace(
        state, scalars={key: value for key, value in state.scalars.items() if key != name}
    )


HISTORY = "scheduler.model_outputs.1"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (with_tensor("latent", lambda t: t[..., :4]), "the form of 'latent'"),
        (with_tensor("latent", lambda t: t.double()), "the form of 'latent'"),
        (with_tensor(HISTORY, lambda t: t[:, :1]), f"the form of '{HISTORY}'"),
        (with_tensor("generator", lambda t: t[:9]), "the form of 'generator'"),
        (with_tensor("generator", torch.zeros_like), "damaged"),
        (with_scalar("scheduler", "{"), "damaged"),
        (with_scalar("scheduler", json.dumps({"timesteps": {"tensor": "elsewhere"}})), "damaged"),
        (with_scalar("scheduler", "[]"), "damaged"),
        (with_scalar("steps", 2), "damaged"),
        (without_scalar("steps"), "damaged"),
        (without_scalar("sample"), "of an older version"),
        (lambda state: replace(state, step=4), "damaged"),
        (lambda state: replace(state, step=-1), "damaged"),
    ],
)
def test_a_state_that_is_not_whole_is_refused(
    model: Any, kept: SampleState, change: Change, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        model.restore(request_of(model, 5), change(kept))


def test_no_tensor_may_be_missing_or_more(model: Any, kept: SampleState) -> None:
    request = request_of(model, 5)
    for name in kept.tensors:
        rest = {key: tensor for key, tensor in kept.tensors.items() if key != name}
        with pytest.raises(InvalidInput, match=f"has lost '{name}'"):
            model.restore(request, replace(kept, tensors=rest))
    more = {**kept.tensors, "stray": torch.zeros(1)}
    with pytest.raises(InvalidInput, match="has lost its list"):
        model.restore(request, replace(kept, tensors=more))
    assert model.step(request, model.restore(request, kept)).step == 2
