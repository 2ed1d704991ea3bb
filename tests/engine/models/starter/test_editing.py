"""Videos that the starter is given: one it changes, one it goes on from; on random weights."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch

from engine.errors import InvalidInput
from engine.models.sampling import seeded_noise
from engine.models.starter.family import StarterFamily
from engine.values import Clip
from tests.engine.models.starter.test_family import random_family, request_of, sample


@pytest.fixture(scope="module")
def family() -> StarterFamily:
    return random_family()


def clip_of(frames: int, height: int = 16, width: int = 32) -> Clip:
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 255, (frames, height, width, 3)).astype(np.uint8)
    return Clip(lambda: iter([pixels]), frames, height, width, Fraction(16))


def test_a_weak_change_leaves_out_the_first_steps_and_stays_nearer(family: StarterFamily) -> None:
    source = clip_of(9)
    kept = family.encode(source).video_BCTHW
    weak, strong = (
        request_of(family, source=source, strength=strength) for strength in (0.25, 0.75)
    )
    assert (family.begin(weak).step, family.begin(strong).step) == (3, 1)
    near, far = (
        float((family.begin(request).tensors["latent"] - kept).square().mean())
        for request in (weak, strong)
    )
    assert near < far


def test_a_full_change_begins_with_noise_alone(family: StarterFamily) -> None:
    request = request_of(family, source=clip_of(9), strength=1.0)
    state = family.begin(request)
    assert state.step == 0
    noise = seeded_noise(tuple(state.tensors["latent"].shape), request.seed)
    assert torch.equal(state.tensors["latent"], noise)


def test_a_changed_video_is_of_the_asked_size_and_has_no_sound(family: StarterFamily) -> None:
    request = request_of(family, source=clip_of(11, height=40, width=24), strength=0.5)
    state = family.begin(request)
    assert "audio" not in state.tensors
    while state.step < state.steps:
        state = family.step(request, family.restore(request, state))
    assert family.finish(request, state).video_BCTHW.shape == (1, 4, 3, 2, 4)


@pytest.mark.parametrize(
    ("frames", "strength", "said"),
    [(5, 0.8, "5 frames cannot become one of 9"), (9, 0.1, "leaves none of 4 steps")],
)
def test_what_cannot_be_changed_is_refused(
    family: StarterFamily, frames: int, strength: float, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        family.begin(request_of(family, source=clip_of(frames), strength=strength))


def test_a_clip_that_is_gone_on_from_stands_at_the_beginning(family: StarterFamily) -> None:
    beginning = clip_of(6)  # five frames fill latent frames, the sixth does not
    pixels = next(iter(beginning))[:5]
    kept = family.encode(replace(beginning, stream=lambda: iter([pixels]), frames=5)).video_BCTHW
    led = sample(family, request_of(family, beginning=beginning)).tensors["latent"]
    alone = sample(family, request_of(family)).tensors["latent"]
    assert torch.equal(led[:, :, :2], kept)
    assert not torch.equal(led[:, :, 2:], alone[:, :, 2:])


def test_a_beginning_that_fills_the_clip_is_refused(family: StarterFamily) -> None:
    with pytest.raises(InvalidInput, match="leaves nothing of 9"):
        family.begin(request_of(family, beginning=clip_of(9)))
