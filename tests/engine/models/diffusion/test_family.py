"""What every family gets from the common ground, tried on all of them."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from engine.errors import InvalidInput
from engine.models.families import family_in
from engine.models.memory.plan import WAYS, Placement
from engine.values import Clip
from tests.engine.models.conftest import TinyModel
from tests.engine.models.held_memory import HeldMemory
from tests.engine.models.sampling_runs import (
    assert_same,
    clip_of,
    keyframe,
    loaded,
    request_of,
    states_of,
)

pytestmark = pytest.mark.filterwarnings("ignore:In CPU autocast:UserWarning")

# By family: what else the tiny model is built with, frames, whether it takes a first picture.
FAMILIES: dict[str, tuple[dict[str, Any], int, bool]] = {
    "wan": ({}, 5, False),
    "ltx": ({}, 9, True),
    "ltx2": ({}, 9, True),
    "cogvideox": ({"takes_image": True}, 9, True),
    "mochi": ({}, 7, False),
    "hunyuan": ({"image": "token_replace"}, 5, True),
    "hunyuan15": ({"takes_image": True}, 5, True),
    "opensora": ({}, 5, True),
    "latte": ({}, 6, False),
}


STREAMING = {"wan", "cogvideox", "mochi", "hunyuan"}


@pytest.fixture(scope="module", params=FAMILIES)
def folder(request: pytest.FixtureRequest, tiny_model: TinyModel) -> Path:
    return tiny_model(request.param, **FAMILIES[request.param][0])


@pytest.fixture(scope="module")
def model(folder: Path) -> Any:
    return loaded(family_in(folder), folder)


def a_request(model: Any, **changes: Any) -> Any:
    _, frames, takes_picture = FAMILIES[model.handle.family]
    keyframes = (keyframe(0, 0),) if takes_picture else ()
    return request_of(model, frames, keyframes=keyframes, negative=None, steps=2, **changes)


def test_a_clip_goes_through_the_latent_and_comes_back_as_long(model: Any) -> None:
    frames = FAMILIES[model.handle.family][1]
    latent = model.encode(clip_of(frames))
    likes = model.capabilities
    assert latent.video_BCTHW.shape[1] == likes.latent_channels
    assert latent.video_BCTHW.shape[2] == 1 + (frames - 1) // likes.temporal_factor
    assert np.concatenate(list(model.decode(latent))).shape == (frames, 64, 64, 3)


def test_what_was_decoded_in_pieces_changes_nothing_of_what_is_encoded(model: Any) -> None:
    """Of a picture that is larger than a piece; Latte makes no pictures alone."""
    frames = FAMILIES["latte"][1] if model.handle.family == "latte" else 1
    noise = np.random.default_rng(0).integers(0, 256, (frames, 320, 320, 3), np.uint8)
    clip = Clip(lambda: iter([noise]), frames, 320, 320, Fraction(24))
    before = model.encode(clip)
    model.decoding_bytes = 1
    try:
        list(model.decode(before))
    finally:
        model.decoding_bytes = None
    assert torch.equal(model.encode(clip).video_BCTHW, before.video_BCTHW)


@pytest.mark.parametrize("shape", [(70, 64, 9), (64, 41, 9), (500, 64, 9), (64, 64, 11)])
def test_what_it_cannot_make_is_refused_with_the_nearest_that_it_can(
    model: Any, shape: tuple[int, int, int]
) -> None:
    width, height, frames = shape
    likes = model.capabilities
    fitting = frames if frames == 11 else 1 + likes.length_step if likes.group else likes.frames
    with pytest.raises(InvalidInput, match="cannot make") as refused:
        model.begin(replace(a_request(model), width=width, height=height, frames=fitting))
    if size := re.search(r"(\d+)x(\d+) is near", refused.value.remedy):
        near = (int(size[1]), int(size[2]), fitting)
    else:
        (number,) = re.findall(r"(\d+) (?:is near|only)", refused.value.remedy)
        near = (width, height, int(number))
    model.check_shape(*near)
    assert abs(near[0] - width) + abs(near[1] - height) <= likes.size_multiple
    assert abs(near[2] - fitting) <= likes.length_step or not likes.group


def test_every_length_that_is_proposed_can_be_made(model: Any) -> None:
    likes = model.capabilities
    longest = 1 + 8 * likes.length_step if likes.group else likes.frames
    for frames in likes.lengths_to(longest):
        model.check_shape(64, 64, frames)


def test_a_preview_has_the_colours_of_what_is_sampled(model: Any) -> None:
    state = model.begin(a_request(model))
    side = 64 // model.capabilities.spatial_factor
    assert model.preview(state).pixels_HWC.shape == (side, side, 3)


@pytest.mark.proves("{folder}", "flat")
def test_decoding_four_times_as_long_takes_no_more_memory(model: Any) -> None:
    """Where it streams by itself, and in tiles where it does not."""
    likes = model.capabilities
    peaks = []
    model.decoding_bytes = None if model.handle.family in STREAMING else 1
    try:
        for length in (9, 33):
            latent = torch.randn(1, likes.latent_channels, length, 2, 2)
            with torch.inference_mode(), HeldMemory() as held:
                for _ in model.decoded(latent):
                    pass
            peaks.append(held.peak)
    finally:
        model.decoding_bytes = None
    assert peaks[1] <= 1.05 * peaks[0]


@pytest.mark.proves("{folder}", "placed")
def test_each_network_is_there_when_it_works(model: Any) -> None:
    """With each part on the device only while it works, nothing changes in the sample."""
    request = a_request(model)
    expected = states_of(model, request)
    worked: list[str] = []

    def watched(name: str) -> Any:
        def before(*_: Any) -> None:
            worked.append(name)
            assert name in model.placed.here, f"{name} works from afar"

        return before

    networks: dict[str, nn.Module] = dict(model.parts.networks)
    hooks = [network.register_forward_pre_hook(watched(name)) for name, network in networks.items()]
    way = model.placed.way
    model.placed.change(Placement(WAYS[2], 0))
    model.__dict__.pop("_unsaid", None)  # the empty prompt is read again, and in its time
    try:
        state = model.begin(request)
        assert_same(state, expected[0])
        for after in expected[1:]:
            state = model.step(request, state)
            model.preview(state)
            assert_same(state, after)
    finally:
        model.placed.change(Placement(way, 0))
        for hook in hooks:
            hook.remove()
    assert {"transformer"} <= set(worked)
