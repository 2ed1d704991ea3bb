"""Distils the denoiser to four steps with guidance baked in.

Run: python -m engine.models.starter.training.distil --folder FOLDER --minutes 12
FOLDER holds joint.safetensors, vae.safetensors, audio_vae.safetensors and latents/. The teacher's
paths from noise to clip are kept in FOLDER/paths; the student learns to go each quarter of a path
in one step: it regresses the mean velocity of four guided Euler steps (progressive distillation,
arXiv:2202.00512, in its velocity form, with the teacher's own states as inputs, so that training
sees what sampling will). It goes on from FOLDER/turbo_state.safetensors where that exists and
leaves the averaged weights in FOLDER/turbo.safetensors. The modulations and the text encoder stay
the teacher's: they need not ship twice. B clips, S states of a path.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.models.sampling import shifted_sigmas
from engine.models.starter.config import DitConfig, SamplingDefaults, StarterConfig, TextConfig
from engine.models.starter.dit import StarterDiT
from engine.models.starter.load import Starter
from engine.models.starter.sound_stream import SoundInput
from engine.models.starter.text import StarterTextEncoder, Vocabulary
from engine.models.starter.training.generate import (
    LATENT_FRAMES,
    SamplingPlan,
    led_by,
    noise_for,
)
from engine.models.starter.training.latents import LatentSet, load_latents, load_vae
from engine.models.starter.training.progress import load_tensors, named, save_tensors
from engine.models.starter.training.prompts import write_prompt
from engine.models.starter.training.train_audio_vae import load_audio_vae
from engine.models.starter.training.train_dit import Run, StarterTrainee
from engine.models.starter.training.world import FRAME_RATE

STEPS, SUBSTEPS = 4, 4
BATCH = 32
GIVEN_SHARES = (0.15, 0.1)  # of the paths: the first frame given, and the first and the last
MATRIX_RATE, REST_RATE = 1e-3, 3e-4


@dataclass(frozen=True)
class Paths:
    """Teacher's paths of one batch: states after 0, 4, 8, 12 and 16 of its steps."""

    videos_SBCTHW: Tensor
    sounds_SBAD: Tensor
    known_T: Tensor
    prompts: list[str]


def load_teacher(folder: Path) -> Starter:
    """The averaged model that the joint run left behind."""
    tensors, state = load_tensors(folder / "joint.safetensors")
    vocabulary = Vocabulary(tuple(state["words"]))
    text, dit = TextConfig(**state["text"]), DitConfig.from_json(state["dit"])
    vae = load_vae(folder / "vae.safetensors")
    audio_vae = load_audio_vae(folder / "audio_vae.safetensors")
    nets = StarterTextEncoder(text), StarterDiT(dit)
    for net, name in zip(nets, ("text.", "dit."), strict=True):
        net.load_state_dict(named(tensors, name))
        net.eval().requires_grad_(False)
    config = StarterConfig(vae.config, text, dit, SamplingDefaults(), FRAME_RATE, audio_vae.config)
    return Starter(config, vocabulary, *nets, vae, audio_vae)


@torch.inference_mode()
def draw_paths(teacher: Starter, data: LatentSet, number: int) -> Paths:
    """The paths of one batch, decided by its number."""
    rng = np.random.default_rng(40_000_000 + number)
    rows = rng.integers(len(data.scenes), size=BATCH)
    prompts = [write_prompt(data.scenes[row], rng) for row in rows]
    known_T = torch.zeros(LATENT_FRAMES, dtype=torch.bool)
    chance = rng.random()
    if chance < sum(GIVEN_SHARES):
        known_T[[0] if chance < GIVEN_SHARES[0] else [0, -1]] = True
    streams = noise_for(teacher, BATCH, True, seed=40_000_000 + number)
    streams[0] = torch.where(known_T[:, None, None], data.stills_NCGHW[rows].float(), streams[0])
    plan = SamplingPlan(steps=STEPS * SUBSTEPS)
    velocity = led_by(teacher, prompts, plan, known_T)
    states = [streams]
    for now, after in pairwise(shifted_sigmas(plan.steps, plan.shift)):
        with torch.autocast("cpu", torch.bfloat16):
            moves = velocity(streams, now)
        streams = [x + (after - now) * v.float() for x, v in zip(streams, moves, strict=True)]
        states.append(streams)
    kept = states[::SUBSTEPS]
    videos, sounds = (torch.stack([state[i] for state in kept]) for i in range(2))
    return Paths(videos, sounds, known_T, prompts)


def make_paths(folder: Path, teacher: Starter, data: LatentSet, minutes: float) -> None:
    """Keep paths, batch after batch, until the time is over."""
    end = time.monotonic() + minutes * 60
    for number in range(1_000_000):
        path = folder / "paths" / f"{number:04d}.safetensors"
        if path.exists():
            continue
        if time.monotonic() > end:
            return
        paths = draw_paths(teacher, data, number)
        tensors = {"videos": paths.videos_SBCTHW.half(), "sounds": paths.sounds_SBAD.half()}
        save_tensors(path, {**tensors, "known": paths.known_T}, {"prompts": paths.prompts})
        print(f"paths {number}", flush=True)


def load_paths(folder: Path) -> list[Paths]:
    """All paths that are kept, in order."""
    found = []
    for path in sorted((folder / "paths").glob("*.safetensors")):
        tensors, state = load_tensors(path)
        found.append(
            Paths(
                tensors["videos"].float(), tensors["sounds"].float(), tensors["known"],
                state["prompts"],
            )
        )  # fmt: skip
    return found


class TurboRun(Run):
    """The student's training, which begins with the teacher."""

    state_file, result_file = "turbo_state.safetensors", "turbo.safetensors"
    decay = 0.99

    def __init__(self, folder: Path, teacher: Starter) -> None:
        self.teacher = teacher
        config = teacher.config
        super().__init__(folder, config.text, config.dit, teacher.vocabulary)

    def begin(self) -> None:
        self.model.text.load_state_dict(self.teacher.text_encoder.state_dict())
        self.model.dit.load_state_dict(self.teacher.dit.state_dict())

    def make_optimizers(self) -> tuple[torch.optim.Optimizer, torch.optim.Optimizer]:
        """Of the denoiser's weights, all but the modulations."""
        parts: tuple[list[torch.nn.Parameter], list[torch.nn.Parameter]] = ([], [])
        self.model.requires_grad_(False)
        for name, parameter in self.model.dit.named_parameters():
            if "modulation" not in name and "gain" not in name:
                parameter.requires_grad_(True)
                parts["blocks" not in name or parameter.ndim != 2].append(parameter)
        muon = torch.optim.Muon(
            parts[0], lr=MATRIX_RATE, weight_decay=0.0, momentum=0.95,
            adjust_lr_fn="match_rms_adamw",
        )  # fmt: skip
        adam = torch.optim.AdamW(parts[1], lr=REST_RATE, betas=(0.9, 0.95), weight_decay=0.0)
        return muon, adam

    def turbo_step(self, paths: list[Paths], share: float) -> float:
        """One batch at `share` of the whole time; returns the loss."""
        factor = min(1.0, (self.step + 1) / 20) * max(0.02, 1 - share)
        for optimizer, rate in zip(self.optimizers, (MATRIX_RATE, REST_RATE), strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * factor
        rng = np.random.default_rng(41_000_000 + self.step)
        loss = turbo_loss(self.model, self.vocabulary, paths[rng.integers(len(paths))], rng)
        self.learn(loss, BATCH)
        return loss.item()

    def course(self, paths: list[Paths], minutes: float) -> None:
        """Until `minutes` are spent in all."""
        begun, last_saved = time.monotonic() - self.spent, self.spent
        losses: list[float] = []
        while self.spent < minutes * 60:
            losses.append(self.turbo_step(paths, self.spent / (minutes * 60)))
            self.spent = time.monotonic() - begun
            if self.step % 25 == 0:
                print(f"step {self.step} loss {np.mean(losses):.5f} {self.spent:.0f}", flush=True)
                losses.clear()
            if self.spent - last_saved > 120:
                last_saved = self.spent
                self.save()
        self.save()


def turbo_loss(
    model: StarterTrainee, vocabulary: Vocabulary, paths: Paths, rng: np.random.Generator
) -> Tensor:
    """How far the student's velocity at a state is from the straight way to the next one."""
    levels = torch.tensor(shifted_sigmas(STEPS, SamplingDefaults.shift))
    quarter_B = torch.from_numpy(rng.integers(STEPS, size=BATCH))
    here = torch.arange(BATCH)
    now_B, after_B = levels[quarter_B], levels[quarter_B + 1]
    ends = [
        (states[quarter_B, here], states[quarter_B + 1, here])
        for states in (paths.videos_SBCTHW, paths.sounds_SBAD)
    ]
    wanted = [
        (start - end) / (now_B - after_B).view(-1, *[1] * (start.ndim - 1)) for start, end in ends
    ]
    with torch.no_grad():
        tokens, mask = vocabulary.encode(paths.prompts)
        words, pooled = model.text(tokens, mask)
    levels_BT = torch.where(paths.known_T, 0.0, now_B[:, None])
    sound = SoundInput(ends[1][0], now_B[:, None].expand(ends[1][0].shape[:2]), FRAME_RATE)
    with torch.autocast("cpu", torch.bfloat16):
        made = model.dit.joint(ends[0][0], levels_BT, (words, mask, pooled), sound)
    free_T = (~paths.known_T).float().view(-1, 1, 1)
    video = ((made[0].float() - wanted[0]).square() * free_T).mean() / free_T.mean()
    return video + (made[1].float() - wanted[1]).square().mean()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--path-minutes", type=float, default=6.0)
    parser.add_argument("--minutes", type=float, default=6.0)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    guide = load_teacher(arguments.folder)
    make_paths(arguments.folder, guide, load_latents(arguments.folder), arguments.path_minutes)
    TurboRun(arguments.folder, guide).course(load_paths(arguments.folder), arguments.minutes)
