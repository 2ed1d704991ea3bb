"""Previews by a tiny decoder: the published network's own picture, and a sample's same bits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional as F

from engine.errors import InvalidWeights
from engine.models.diffusion.tiny_decoder import read_decoder
from engine.models.family import Capabilities
from tests.engine.models.conftest import TinyModel
from tests.engine.models.diffusion.test_family import FAMILIES, a_request
from tests.engine.models.sampling_runs import (
    SIDE,
    assert_same,
    loaded,
    request_of,
    states_of,
)

pytestmark = pytest.mark.filterwarnings("ignore:In CPU autocast:UserWarning")

PUBLISHED = {
    "wan": "taew2_1",
    "ltx2": "taeltx2_3",
    "cogvideox": "taecvx",
    "mochi": "taem1",
    "hunyuan": "taehv",
    "hunyuan15": "taehv1_5",
    "opensora": "taehv",
}
"""By family; what is left out has none."""
GROWTHS = {1: (1, 1, 1), 4: (1, 2, 2), 6: (1, 2, 3), 8: (2, 2, 2)}
"""How the published stages share their growth in time, by their product."""
WIDTHS = (6, 5, 4, 4)


def weights_for(likes: Capabilities) -> dict[str, Tensor]:
    """Random weights of a whole autoencoder, thinner than the published ones, under their names."""
    draw = torch.Generator().manual_seed(0)
    weights: dict[str, Tensor] = {"encoder.0.weight": torch.zeros(4, 3, 3, 3)}

    def add(name: str, taken: int, given: int, side: int = 3, bias: bool = True) -> None:
        shape = (given, taken, side, side)
        weights[f"decoder.{name}.weight"] = torch.randn(shape, generator=draw) / taken**0.5 / side
        if bias:
            weights[f"decoder.{name}.bias"] = 0.2 * torch.randn(given, generator=draw)

    add("1", likes.latent_channels, WIDTHS[0])
    for stage, growth in enumerate(GROWTHS[likes.temporal_factor]):
        width = WIDTHS[stage]
        first = 3 + 6 * stage
        for block in range(first, first + 3):
            add(f"{block}.conv.0", 2 * width, width)
            add(f"{block}.conv.2", width, width)
            add(f"{block}.conv.4", width, width)
        add(f"{first + 4}.conv", width, width * growth, side=1, bias=False)
        add(f"{first + 5}", width, WIDTHS[stage + 1], bias=False)
    add("22", WIDTHS[-1], 3 * (likes.spatial_factor // 8) ** 2)
    return weights


def published_picture(weights: dict[str, Tensor], latent_CHW: Tensor, sizes: int = 3) -> Tensor:
    """What the published code makes of a video of one latent, its growth in time turned off: then
    it keeps the kernels of the last frame; `sizes` of its three growths in space are on.
    """
    held = {name.removeprefix("decoder."): weight.double() for name, weight in weights.items()}

    def convolved(x: Tensor, layer: str) -> Tensor:
        weight = held[f"{layer}.weight"]
        return F.conv2d(x, weight, held.get(f"{layer}.bias"), padding=weight.shape[-1] // 2)

    x = convolved(3 * torch.tanh(latent_CHW[None].double() / 3), "1").relu()
    for stage in range(3):
        first = 3 + 6 * stage
        for block in range(first, first + 3):
            made = torch.cat([x, 0 * x], dim=1)  # the frame before the first is empty
            made = convolved(convolved(made, f"{block}.conv.0").relu(), f"{block}.conv.2").relu()
            x = (convolved(made, f"{block}.conv.4") + x).relu()
        if stage < sizes:
            x = F.interpolate(x, scale_factor=2, mode="nearest")
        x = convolved(x, f"{first + 4}.conv")[:, -x.shape[1] :]
        x = convolved(x, f"{first + 5}")
    x = convolved(x.relu(), "22")
    return F.pixel_shuffle(x, round((x.shape[1] / 3) ** 0.5)).clamp(0, 1)[0]


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a user puts tiny decoders."""
    monkeypatch.setenv("REELWRIGHT_MODELS", str(tmp_path))
    (tmp_path / "previews").mkdir()
    return tmp_path / "previews"


def put(shelf: Path, model: Any, **of_another: int) -> Path:
    likes = replace(model.capabilities, **of_another)
    file = shelf / f"{model.tiny_decoder}.safetensors"
    save_file(weights_for(likes), str(file))
    return file


def side_without(model: Any) -> int:
    return SIDE // int(model.capabilities.spatial_factor)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_preview_is_what_the_published_decoder_makes_of_the_middle_frame(
    family: str, tiny_model: TinyModel, shelf: Path
) -> None:
    model = loaded(family, tiny_model(family, **FAMILIES[family][0]))
    assert model.tiny_decoder == PUBLISHED.get(family, "")
    state = model.begin(a_request(model))
    if family not in PUBLISHED:
        assert model.preview(state).pixels_HWC.shape[0] == side_without(model)
        return
    put(shelf, model)
    latent_CTHW = model.latent_of(state.tensors)[0]
    middle = latent_CTHW[:, latent_CTHW.shape[1] // 2]
    picture_3HW = published_picture(weights_for(model.capabilities), middle)
    assert picture_3HW.std() > 0.05, "a picture, and not one colour"
    expected = (picture_3HW.permute(1, 2, 0) * 255).numpy()
    shown = model.preview(state).pixels_HWC
    assert shown.shape == (SIDE, SIDE, 3)
    assert np.abs(shown - expected).max() < 0.51, "but for rounding to bytes"


def test_the_large_wan_has_another_decoder_than_the_small_one(
    tiny_model: TinyModel, shelf: Path
) -> None:
    small = loaded("wan", tiny_model("wan", kind="small"))
    assert small.tiny_decoder == "taew2_2"
    put(shelf, small)
    state = small.begin(request_of(small, 5))
    assert small.preview(state).pixels_HWC.shape == (SIDE, SIDE, 3)


def test_the_decoder_is_the_published_one_number_for_number(
    tiny_model: TinyModel, shelf: Path
) -> None:
    model = loaded("wan", tiny_model("wan"))
    before = torch.random.get_rng_state()
    decoder = read_decoder(put(shelf, model), model.capabilities, "cpu").double()
    assert torch.equal(torch.random.get_rng_state(), before), "nothing is drawn"
    weights = weights_for(model.capabilities)
    latent_CHW = 3 * torch.randn(model.capabilities.latent_channels, 6, 5)
    made = decoder(latent_CHW)[0, :, 0] / 2 + 0.5
    assert (made - published_picture(weights, latent_CHW)).abs().max() < 1e-12
    large_CHW = torch.randn(model.capabilities.latent_channels, 80, 81)
    made = decoder(large_CHW)[0, :, 0] / 2 + 0.5
    assert made.shape == (3, 320, 324), "640 x 648 is more than a look needs"
    assert (made - published_picture(weights, large_CHW, sizes=2)).abs().max() < 1e-12


def test_a_sample_is_the_same_with_a_decoder_and_its_previews_follow_it(
    tiny_model: TinyModel, shelf: Path
) -> None:
    folder = tiny_model("wan")
    without = loaded("wan", folder)
    expected = states_of(without, a_request(without))
    assert without.preview(expected[0]).pixels_HWC.shape[0] == side_without(without)
    model = loaded("wan", folder)
    put(shelf, model)
    request = a_request(model)
    assert model.settle_memory(request) is None
    state = model.begin(request)
    shown = [model.preview(state).pixels_HWC]
    for after in expected[1:]:
        state = model.step(request, state)
        shown.append(model.preview(state).pixels_HWC)
        assert_same(state, after)
    assert all((one != next_one).any() for one, next_one in pairwise(shown))


def cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-4])


def pickled(file: Path) -> None:
    torch.save({"decoder.1.weight": torch.zeros(1)}, file)


def of_something_else(file: Path) -> None:
    save_file({"weight": torch.zeros(1)}, str(file))


def incomplete(file: Path) -> None:
    save_file({n: w for n, w in load_file(str(file)).items() if "10.conv.2" not in n}, str(file))


@pytest.mark.parametrize(
    ("damage", "of_another", "said"),
    [
        (cut_off, {}, "is cut off"),
        (pickled, {}, "is a pickle in disguise"),
        (of_something_else, {}, "holds no decoder of TAEHV"),
        (incomplete, {}, "lacks 2 of the weights of a TinyDecoder, 'decoder.10.conv.2.weight'"),
        (None, {"latent_channels": 12}, "12 channels, 4 frames and 8 pixels; this model has 4"),
        (None, {"temporal_factor": 8}, "4 channels, 8 frames and 8 pixels; this model has 4"),
        (None, {"spatial_factor": 16}, "4 channels, 4 frames and 16 pixels; this model has 4"),
    ],
)
def test_one_that_cannot_be_used_is_told_once_and_previews_are_in_colours(
    damage: Callable[[Path], None] | None,
    of_another: dict[str, int],
    said: str,
    tiny_model: TinyModel,
    shelf: Path,
) -> None:
    model = loaded("wan", tiny_model("wan"))
    file = put(shelf, model, **of_another)
    if damage is not None:
        damage(file)
    with pytest.raises(InvalidWeights, match=said):
        read_decoder(file, model.capabilities, "cpu")
    request = a_request(model)
    note = model.settle_memory(request)
    assert note.startswith("Previews show colours only: ")
    assert said in note
    assert model.settle_memory(request) is None, "once"
    assert model.preview(model.begin(request)).pixels_HWC.shape[0] == side_without(model)
