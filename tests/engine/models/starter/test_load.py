"""The shipped weights: whole, small, faithful; and damaged ones refused in one sentence."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from engine.errors import InvalidWeights
from engine.models.starter.load import SETTINGS, WEIGHTS, Starter, load_starter
from engine.models.starter.training.checker import check_clip
from engine.models.starter.training.evaluate import decode_clips
from engine.models.starter.training.generate import SamplingPlan, generate_latents

SHIPPED = Path("assets/starter").resolve()


@pytest.fixture(scope="module")
def starter() -> Starter:
    return load_starter(SHIPPED)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (WEIGHTS, SETTINGS):
        shutil.copy(SHIPPED / name, tmp_path / name)
    return tmp_path


def test_the_shipped_model_shows_what_it_is_told(starter: Starter) -> None:
    told = {
        "a red ball moving fast to the left over the sea": ("red", "left", "sea"),
        "a yellow star drifting slowly down at night": ("yellow", "down", "night"),
        "a blue cube flying quickly up and to the right in the desert": (
            "blue", "up right", "desert",
        ),
        "a green ring gliding right fast in a studio": ("green", "right", "studio"),
    }  # fmt: skip
    latents, *_ = generate_latents(starter, list(told), SamplingPlan(), range(1, 5))
    for video, expected in zip(decode_clips(starter.vae, latents), told.values(), strict=True):
        found = check_clip(video)
        assert (found.colour, found.motion, found.background) == expected


def test_the_same_seed_gives_the_same_bits(starter: Starter) -> None:
    def make() -> torch.Tensor:
        return torch.cat(
            [x.flatten() for x in generate_latents(starter, ["a red ball"], SamplingPlan(2), [5])]
        )

    assert torch.equal(make(), make())


def test_weights_are_frozen_and_float32(starter: Starter) -> None:
    for network in (starter.dit, starter.text_encoder, starter.vae):
        for parameter in network.parameters():
            assert not parameter.requires_grad
            assert parameter.dtype == torch.float32


def test_a_truncated_file_is_refused(folder: Path) -> None:
    whole = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InvalidWeights, match="cut off"):
        load_starter(folder)


def test_a_pickle_is_refused(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes(b"\x80\x04" + b"x" * 100)
    with pytest.raises(InvalidWeights, match="pickle"):
        load_starter(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"words": [], "config": {}}'])
def test_damaged_settings_are_refused(folder: Path, text: str) -> None:
    (folder / SETTINGS).write_text(text)
    with pytest.raises(InvalidWeights, match="damaged"):
        load_starter(folder)


def test_settings_of_another_size_are_refused(folder: Path) -> None:
    settings = (folder / SETTINGS).read_text()
    (folder / SETTINGS).write_text(settings.replace('"num_layers": 6', '"num_layers": 5'))
    with pytest.raises(InvalidWeights, match="'dit' weights do not fit"):
        load_starter(folder)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidWeights, match="cannot be read"):
        load_starter(tmp_path)
