"""Distils the denoiser to a few steps with guidance baked in, as a continuous-time consistency
model.

Run: python -m engine.models.starter.training.distil --folder FOLDER --steps 1500
FOLDER holds latents/. It begins with the weights in --start (and with what the model in --like
learned, where one was distilled from weights that these went on from), goes on from
FOLDER/turbo_state.safetensors where that exists, and leaves the averaged denoiser in
FOLDER/turbo.safetensors.

On the way x_t = (1 - t) clean + t noise, which a guided teacher walks with velocity u, the student
says where it ends: f = x_t - t v. All points of one way end in one place when df/dt = 0, that is

    v = u - t dv/dt, dv/dt the derivative of v along the way, (dx, dt) = (u, 1)

After sCM (arXiv:2410.11081): the derivative is exact, by forward-mode differentiation, of the
student as it is; what v is off, g = u - v - r t dv/dt, is scaled to unit size; r rises from 0 to 1,
so that the student first learns the guided velocity and then to go far. And v must depend
on the level slowly (`slow_levels.py`): with waves of the level up to 6 radians g falls to a 30th in
140 steps on a tiny model; with waves up to 60 radians it doubles.

rCM (arXiv:2510.08431) does so for video, and adds distribution matching with a third network
against blur at one or two steps, which is left out here: four are the aim. What ships was trained
so (the model card has its scores).

Why not the seed's progressive scheme (50, 25, 12, 6, 4 steps): it takes a student a halving, each
of which learns the faults of the one before, whole ways of the teacher to be kept, and losses on
pixels. This takes one student, and one look of the teacher a step at states of training clips; its
steps are the Euler steps of the product, with a guidance of 1 and as many as are wanted.

Shapes: B clips, C latent channels, T latent frames, A latents of sound, D its channels.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.autograd import forward_ad
from torch.nn.attention import SDPBackend, sdpa_kernel

from engine.models.sampling import guided
from engine.models.starter.config import SamplingDefaults
from engine.models.starter.difference import with_difference
from engine.models.starter.dit import StarterDiT
from engine.models.starter.load import WEIGHTS, Starter, load_starter
from engine.models.starter.sound_stream import SoundInput
from engine.models.starter.training.latents import LatentSet, load_latents
from engine.models.starter.training.precision import quickest
from engine.models.starter.training.progress import Course, load_tensors, named, save_tensors
from engine.models.starter.training.prompts import write_prompt
from engine.models.starter.training.slow_levels import forget_fast_levels
from engine.models.starter.training.train_dit import draw_levels
from engine.models.starter.training.world import FRAME_RATE

BATCH: Final = 16
RATE, DECAY = 1e-4, 0.99
RISING: Final = 400  # steps until r is 1
GIVEN_SHARES: Final = (0.15, 0.1)  # of the batches: the first frame given, the first and the last
_LEAST: Final = 0.1  # added to the size of g: what is nearly right is left alone
_SEED: Final = 42_000_000


@dataclass(frozen=True)
class States:
    """Places on the way of one batch: video, and sound where there is any, all at one level each;
    frames in `known_T` are clean. `text` is that of the prompts and then of no words.
    """

    streams: list[Tensor]
    level_B: Tensor
    known_T: Tensor
    text: tuple[Tensor, Tensor, Tensor]

    @property
    def said(self) -> tuple[Tensor, Tensor, Tensor]:
        """The prompts alone."""
        words, mask, pooled = (part[: len(self.level_B)] for part in self.text)
        return words, mask, pooled


def draw_states(starter: Starter, data: LatentSet, number: int, batch: int = BATCH) -> States:
    """The states of one batch, decided by its number."""
    rng = np.random.default_rng(_SEED + number)
    generator = torch.Generator().manual_seed(_SEED + number)
    rows = torch.from_numpy(rng.integers(len(data.scenes), size=batch))
    clean = [data.latents_NCGHW[rows].float()]
    if starter.dit.sound is not None:
        clean.append(data.sounds_NAC[rows].float())
    level_B = torch.from_numpy(draw_levels(rng, batch)).float()
    streams = [
        torch.lerp(x, torch.randn(x.shape, generator=generator), _beside(level_B, x)) for x in clean
    ]
    known_T = torch.zeros(streams[0].shape[2], dtype=torch.bool)
    chance = rng.random()
    if chance < sum(GIVEN_SHARES):
        known_T[[0] if chance < GIVEN_SHARES[0] else [0, -1]] = True
        stills = data.stills_NCGHW[rows].float()
        streams[0] = torch.where(known_T[:, None, None], stills, streams[0])
    prompts = [write_prompt(data.scenes[row], rng) for row in rows.tolist()]
    tokens, mask = starter.vocabulary.encode([*prompts, *([""] * batch)])
    with torch.no_grad():
        words, pooled = starter.text_encoder(tokens, mask)
    return States(streams, level_B, known_T, (words, mask, pooled))


def velocity_of(
    dit: StarterDiT,
    streams: Sequence[Tensor],
    level_B: Tensor,
    known_T: Tensor,
    text: tuple[Tensor, Tensor, Tensor],
) -> list[Tensor]:
    """The velocity of each stream, led by the text; of frames that are known it is zero."""
    free_T = (~known_T).to(level_B.dtype)
    levels_BT = level_B[:, None] * free_T
    if len(streams) == 1:
        made = [dit(streams[0], levels_BT, *text)]
    else:
        levels_BA = level_B[:, None].expand(streams[1].shape[:2])
        sound = SoundInput(streams[1], levels_BA, float(FRAME_RATE))
        made = [*dit.joint(streams[0], levels_BT, text, sound)]
    made[0] = made[0] * free_T[:, None, None]
    return made


@torch.no_grad()
def guided_velocity(dit: StarterDiT, states: States, guidance: float) -> list[Tensor]:
    """The teacher's velocity u."""
    twice = [torch.cat([stream, stream]) for stream in states.streams]
    levels = states.level_B.repeat(2)
    made = velocity_of(dit, twice, levels, states.known_T, states.text)
    pairs = [stream.float().chunk(2) for stream in made]
    return [guided(said, unsaid, guidance) for said, unsaid in pairs]


@torch.no_grad()
def derivative_along(
    dit: StarterDiT, states: States, tangents: Sequence[Tensor]
) -> tuple[list[Tensor], list[Tensor]]:
    """The student's velocity and its derivative as x moves by `tangents` and the level by 1."""
    with forward_ad.dual_level(), sdpa_kernel(SDPBackend.MATH):  # no other kernel has it
        streams = [
            forward_ad.make_dual(x, dx) for x, dx in zip(states.streams, tangents, strict=True)
        ]
        level_B = forward_ad.make_dual(states.level_B, torch.ones_like(states.level_B))
        made = velocity_of(dit, streams, level_B, states.known_T, states.said)
        pairs = [forward_ad.unpack_dual(part) for part in made]
        return [pair.primal.clone() for pair in pairs], [pair.tangent.clone() for pair in pairs]


def what_is_off(
    student: StarterDiT, states: States, teacher: Sequence[Tensor], risen: float
) -> tuple[list[Tensor], list[Tensor]]:
    """The student's v, and g = u - v - r t dv/dt, of each stream."""
    velocity, slope = derivative_along(student, states, teacher)
    off = [
        u - v - risen * _beside(states.level_B, v) * dv
        for u, v, dv in zip(teacher, velocity, slope, strict=True)
    ]
    return velocity, off


def consistency_loss(
    student: StarterDiT, states: States, teacher: Sequence[Tensor], risen: float
) -> Tensor:
    """How far the student is from itself moved by g of unit size, of both streams."""
    before, off = what_is_off(student, states, teacher, risen)
    with quickest():
        now = velocity_of(student, states.streams, states.level_B, states.known_T, states.said)
    losses = []
    for made, v, g in zip(now, before, off, strict=True):
        size_B = g.square().flatten(1).mean(1).sqrt()
        losses.append((made.float() - (v + g / _beside(size_B + _LEAST, g))).square().mean())
    return torch.stack(losses).sum()


def inconsistency(student: StarterDiT, states: States, teacher: Sequence[Tensor]) -> float:
    """The mean square of g at r = 1: what training is to bring down."""
    _, off = what_is_off(student, states, teacher, 1.0)
    return float(sum(g.square().mean() for g in off))


def student_of(teacher: StarterDiT, apart: Mapping[str, Tensor] | None = None) -> StarterDiT:
    """A copy to train, which neither has nor learns fast waves of the level.

    `apart` is what an earlier student differs by from its teacher (`difference.py`): where this
    teacher went on from that one, much of what was learned holds.
    """
    student = deepcopy(teacher).requires_grad_(True)
    if apart is not None:
        student.load_state_dict(with_difference(teacher.state_dict(), apart))
    for name, parameter in student.named_parameters():
        if name.endswith(("space.gain", "time.gain")):
            parameter.requires_grad_(False)
    forget_fast_levels(student)
    return student


def risen_at(step: int) -> float:
    """r at a step."""
    return min(1.0, step / RISING)


def _beside(x_B: Tensor, other: Tensor) -> Tensor:
    """One number a clip, shaped to go with what has more dimensions."""
    return x_B.view(-1, *[1] * (other.ndim - 1))


def distil(
    folder: Path, starter: Starter, data: LatentSet, steps: int, like: Path | None = None
) -> None:
    """Train until `steps` are done in all; `like` is the folder of a model distilled before."""
    apart = named(load_tensors(like / WEIGHTS)[0], "dit.") if like else None
    student = student_of(starter.dit, apart)
    course = Course(folder / "turbo_state.safetensors", student, RATE, DECAY)
    fixed = draw_states(starter, data, -1)
    wanted = guided_velocity(starter.dit, fixed, SamplingDefaults.guidance)

    def loss_of(step: int) -> Tensor:
        states = draw_states(starter, data, step)
        with quickest():
            teacher = guided_velocity(starter.dit, states, SamplingDefaults.guidance)
        return consistency_loss(student, states, teacher, risen_at(step))

    def save() -> str:
        course.save()
        averaged = {f"dit.{name}": value for name, value in course.average.tensors.items()}
        save_tensors(folder / "turbo.safetensors", averaged, {"step": course.step})
        return f"inconsistency {inconsistency(student, fixed, wanted):.5f}"

    course.run(steps, loss_of, save)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--start", type=Path, default=Path("assets/starter"))
    parser.add_argument("--like", type=Path, help="a model distilled before, to begin like it")
    parser.add_argument("--steps", type=int, default=1500)
    given = parser.parse_args()
    torch.set_num_threads(2)
    data = load_latents(given.folder)
    distil(given.folder, load_starter(given.start), data, given.steps, given.like)
