"""The shipped weights in 8 bits, products and all: how far one pass is off; what stays exact."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
import torch
from torch import Tensor

from engine.models.family import SampleRequest
from engine.models.loading.int8_linear import Int8Linear
from engine.models.starter.family import StarterFamily, load
from engine.models.starter.load import load_starter
from engine.values import VideoModel

SHIPPED = Path("assets/starter").resolve()


def family(precision: str) -> StarterFamily:
    return load(VideoModel("starter", "starter", "0", precision), SHIPPED, "cpu")


@pytest.fixture(scope="module")
def narrow() -> StarterFamily:
    return family("int8")


def stepped(model: StarterFamily) -> dict[str, Tensor]:
    """What one step makes of noise: picture and sound."""
    request = SampleRequest(
        model.encode_prompt("a red ball moving left over the sea"), None,
        width=64, height=64, frames=33, fps=Fraction(16), steps=16, guidance=2.0, seed=3,
    )  # fmt: skip
    begun = model.begin(request)
    made = model.step(request, begun)
    return {name: made.tensors[name] - begun.tensors[name] for name in ("latent", "audio")}


def test_one_pass_is_near_float32_and_not_equal(narrow: StarterFamily) -> None:
    found, exact = stepped(narrow), stepped(family("float32"))
    for name, bar in (("latent", 0.02), ("audio", 0.03)):
        off = (found[name] - exact[name]).norm() / exact[name].norm()
        assert 1e-4 < off < bar, name


def test_blocks_of_both_streams_rest_in_8_bits_and_take_less_memory(narrow: StarterFamily) -> None:
    wide = family("auto")
    assert narrow.nbytes < 0.5 * wide.nbytes
    for network in (narrow._nets.dit.blocks, narrow._nets.dit.sound):
        kinds = {type(layer) for layer in network.modules() if hasattr(layer, "in_features")}
        assert Int8Linear in kinds
    assert not any(isinstance(layer, Int8Linear) for layer in wide._nets.dit.modules())


def test_the_other_precisions_read_what_the_file_holds() -> None:
    stored = load_starter(SHIPPED).dit.state_dict()
    held = family("auto")._nets.dit.state_dict()
    assert all(torch.equal(stored[name], held[name]) for name in stored)
