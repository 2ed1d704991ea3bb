"""Distillation: the derivative along the way is the true one, and what is off goes down."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch
from torch import Tensor

from engine.models.starter.config import (
    DitConfig,
    SoundConfig,
    StarterConfig,
    TextConfig,
    VaeConfig,
)
from engine.models.starter.difference import difference
from engine.models.starter.dit import StarterDiT
from engine.models.starter.layers import HIGHEST_LEVEL, wave_frequencies
from engine.models.starter.load import Starter
from engine.models.starter.text import StarterTextEncoder, Vocabulary
from engine.models.starter.training import distil
from engine.models.starter.training.latents import LatentSet, known_state, near_impacts
from engine.models.starter.training.prompts import all_words
from engine.models.starter.training.scene import draw_scenes
from engine.models.starter.training.slow_levels import FASTEST
from engine.models.starter.vae import StarterVAE

# PyTorch's own forward mode compiles its formulas in a way that it calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")

WORDS = Vocabulary(tuple(all_words()))
TEXT = TextConfig(vocabulary_size=len(WORDS), width=16, num_layers=1, num_heads=2)
SOUND = SoundConfig(latent_channels=3, width=16, num_heads=2)
DIT = DitConfig(latent_channels=2, width=32, num_layers=2, num_heads=2, text_width=16, sound=SOUND)


@pytest.fixture(scope="module")
def teacher() -> Starter:
    torch.manual_seed(0)
    nets = StarterTextEncoder(TEXT), StarterDiT(DIT), StarterVAE(VaeConfig(fine_width=8))
    for net in nets[:2]:
        for parameter in net.eval().requires_grad_(False).parameters():
            parameter.add_(torch.randn_like(parameter) * 0.08)
    return Starter(StarterConfig(text=TEXT, dit=DIT), WORDS, *nets)


@pytest.fixture(scope="module")
def data() -> LatentSet:
    scenes = draw_scenes(6, seed=1)
    generator = torch.Generator().manual_seed(0)
    clips = torch.randn((6, 2, 3, 4, 4), generator=generator).half()
    sounds = torch.randn((6, 12, 3), generator=generator).half()
    return LatentSet(scenes, clips, clips, *known_state(scenes), sounds, near_impacts(scenes))


def given_first(teacher: Starter, data: LatentSet) -> distil.States:
    """States of which the first frame is given."""
    number = next(n for n in range(99) if distil.draw_states(teacher, data, n, 2).known_T.any())
    return distil.draw_states(teacher, data, number, 2)


def test_states_depend_on_their_number_alone_and_given_frames_are_clean(
    teacher: Starter, data: LatentSet
) -> None:
    states, again = given_first(teacher, data), given_first(teacher, data)
    assert all(torch.equal(a, b) for a, b in zip(states.streams, again.streams, strict=True))
    held = {tuple(clip[:, 0].flatten().tolist()) for clip in data.stills_NCGHW.float()}
    assert {tuple(clip[:, 0].flatten().tolist()) for clip in states.streams[0]} <= held
    u = distil.guided_velocity(teacher.dit, states, 2.0)
    v = distil.velocity_of(teacher.dit, states.streams, states.level_B, states.known_T, states.said)
    for made in (u, v):
        assert not made[0][:, :, states.known_T].any()
        assert made[0][:, :, ~states.known_T].any()


def test_with_a_guidance_of_one_the_teacher_is_the_network_itself(
    teacher: Starter, data: LatentSet
) -> None:
    states = given_first(teacher, data)
    u = distil.guided_velocity(teacher.dit, states, 1.0)
    v = distil.velocity_of(teacher.dit, states.streams, states.level_B, states.known_T, states.said)
    for one, other in zip(u, v, strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_the_derivative_is_that_of_finite_differences(teacher: Starter, data: LatentSet) -> None:
    states = given_first(teacher, data)
    dit = distil.student_of(teacher.dit)
    generator = torch.Generator().manual_seed(3)
    tangents = [torch.randn(x.shape, generator=generator) for x in states.streams]
    velocity, slope = distil.derivative_along(dit, states, tangents)
    near = 1e-3

    def moved(by: float) -> list[Tensor]:
        streams = [x + by * dx for x, dx in zip(states.streams, tangents, strict=True)]
        with torch.no_grad():
            return distil.velocity_of(
                dit, streams, states.level_B + by, states.known_T, states.said
            )

    still = distil.velocity_of(dit, states.streams, states.level_B, states.known_T, states.said)
    for found, here, same, after, before in zip(
        slope, velocity, still, moved(near), moved(-near), strict=True
    ):
        expected = (after - before) / (2 * near)
        assert (found - expected).norm() < 0.02 * expected.norm()
        assert torch.allclose(here, same, atol=1e-4)


def test_the_student_has_no_fast_waves_and_learns_none(teacher: Starter, data: LatentSet) -> None:
    student = distil.student_of(teacher.dit)
    fast_W = (wave_frequencies(HIGHEST_LEVEL) > FASTEST).repeat(2)
    states = distil.draw_states(teacher, data, 0, 2)
    made = distil.velocity_of(student, states.streams, states.level_B, states.known_T, states.said)
    sum(part.square().mean() for part in made).backward()
    assert student.sound is not None
    for layer in (student.level_in, student.sound.level_in):
        assert not layer.weight[:, fast_W].any()
        assert layer.weight[:, ~fast_W].all()
        assert layer.weight.grad is not None
        assert not layer.weight.grad[:, fast_W].any()
        assert layer.weight.grad[:, ~fast_W].any()
    assert teacher.dit.level_in.weight[:, fast_W].all()


def test_a_student_begins_with_what_one_before_it_learned(teacher: Starter) -> None:
    torch.manual_seed(3)
    before, learned = deepcopy(teacher.dit), deepcopy(teacher.dit)
    for parameter in [*before.parameters(), *learned.parameters()]:
        parameter.add_(torch.randn_like(parameter) * 0.02)
    apart = difference(learned.state_dict(), before.state_dict())
    student = distil.student_of(teacher.dit, apart).state_dict()
    for name, tensor in teacher.dit.state_dict().items():
        if "level" in name:  # whose fast waves are left out
            continue
        wanted = tensor + learned.state_dict()[name] - before.state_dict()[name]
        assert (student[name] - wanted).abs().max() < 0.002, name


def test_a_velocity_that_is_the_same_everywhere_is_consistent(data: LatentSet) -> None:
    still = Starter(
        StarterConfig(text=TEXT, dit=DIT), WORDS, StarterTextEncoder(TEXT), StarterDiT(DIT),
        StarterVAE(VaeConfig(fine_width=8)),
    )  # fmt: skip
    states = distil.draw_states(still, data, 0, 2)
    u = distil.guided_velocity(still.dit, states, 2.0)
    assert distil.inconsistency(still.dit, states, u) == 0
    assert distil.consistency_loss(still.dit, states, u, 1.0) == 0


def test_training_brings_down_what_is_off(teacher: Starter, data: LatentSet) -> None:
    torch.manual_seed(0)
    student = distil.student_of(teacher.dit)
    optimizer = torch.optim.AdamW(student.parameters(), lr=5e-4, betas=(0.9, 0.95))
    fixed = distil.draw_states(teacher, data, -1, 12)
    wanted = distil.guided_velocity(teacher.dit, fixed, 3.0)
    before = distil.inconsistency(student, fixed, wanted)
    for step in range(24):
        states = distil.draw_states(teacher, data, step, 6)
        u = distil.guided_velocity(teacher.dit, states, 3.0)
        loss = distil.consistency_loss(student, states, u, min(1.0, step / 12))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert distil.inconsistency(student, fixed, wanted) < 0.3 * before
