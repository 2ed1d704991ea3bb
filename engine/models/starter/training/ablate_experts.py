"""Whether a mixture of experts does better than the dense feed-forward: both go on from the shipped
weights, on the same clips, noise and number of steps.

Run: python -m engine.models.starter.training.ablate_experts

Clips are rendered and encoded here. Loss is the velocity's, of the video alone, on clips of
held-out combinations at levels of noise spread over all; differences are between the same clips
with the same noise. In float32, so that it says the same on every processor.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from engine.models.starter.dit import StarterDiT
from engine.models.starter.load import Starter, load_starter
from engine.models.starter.training.experts import experts_of, with_experts
from engine.models.starter.training.latents import LatentSet, known_state, near_impacts
from engine.models.starter.training.prompts import write_prompt
from engine.models.starter.training.scene import Scene, draw_scenes
from engine.models.starter.training.train_dit import (
    NUM_LATENT_FRAMES,
    draw_batch,
    noised,
    video_losses,
)
from engine.models.starter.training.world import render_batch, to_model_range
from engine.models.starter.vae import StarterVAE

VARIANTS: Final[Mapping[str, tuple[int, int]]] = {"dense": (0, 0), "1 of 4 experts": (4, 1)}
BATCH, RATE, BALANCE = 8, 2e-4, 1e-3
TRAIN_SEED, HELD_OUT_SEED = 71, 72


@dataclass(frozen=True)
class HeldOut:
    """Clips that training never saw, with noise, at their levels."""

    clean_NCKHW: Tensor
    noise_NCKHW: Tensor
    levels_N: Tensor
    prompts: Sequence[str]


@torch.inference_mode()
def encoded(vae: StarterVAE, scenes: Sequence[Scene]) -> Tensor:
    """Latents [N, C, K, H, W] of the scenes' clips."""
    parts = [
        vae.encode(to_model_range(render_batch(list(scenes[start : start + 8]))).contiguous())
        for start in range(0, len(scenes), 8)
    ]
    return torch.cat(parts)


def training_clips(starter: Starter, count: int) -> LatentSet:
    """Clips to train on; given frames are taken from the clip, and there is no sound."""
    scenes = draw_scenes(count, TRAIN_SEED)
    clips = encoded(starter.vae, scenes).half()
    silence = torch.zeros(count, 0, 0)
    return LatentSet(scenes, clips, clips, *known_state(scenes), silence, near_impacts(scenes))


def held_out_clips(starter: Starter, count: int) -> HeldOut:
    """Clips of held-out combinations."""
    scenes = draw_scenes(count, HELD_OUT_SEED, held_out=True)
    clean = encoded(starter.vae, scenes)
    generator = torch.Generator().manual_seed(HELD_OUT_SEED)
    rng = np.random.default_rng(HELD_OUT_SEED)
    return HeldOut(
        clean,
        torch.randn(clean.shape, generator=generator),
        (torch.arange(count) + 0.5) / count,
        [write_prompt(scene, rng, complete=True) for scene in scenes],
    )


@torch.inference_mode()
def held_out_losses(starter: Starter, dit: StarterDiT, held: HeldOut) -> Tensor:
    """The velocity's squared error of each clip, [N]."""
    dit.eval()
    tokens, mask = starter.vocabulary.encode(list(held.prompts))
    words, pooled = starter.text_encoder(tokens, mask)
    level = held.levels_N.view(-1, 1, 1, 1, 1)
    noisy = torch.lerp(held.clean_NCKHW, held.noise_NCKHW, level)
    errors = []
    for rows in torch.arange(len(noisy)).split(BATCH):
        levels_BK = held.levels_N[rows, None].expand(-1, NUM_LATENT_FRAMES)
        made = dit(noisy[rows], levels_BK, words[rows], mask[rows], pooled[rows])
        wanted = held.noise_NCKHW[rows] - held.clean_NCKHW[rows]
        errors.append((made - wanted).square().flatten(1).mean(1))
    return torch.cat(errors)


class Contender:
    """One variant on its way."""

    def __init__(self, starter: Starter, count: int, chosen: int, steps: int) -> None:
        torch.manual_seed(0)
        dit = with_experts(starter.dit, count, chosen) if count else deepcopy(starter.dit)
        self.dit = dit.train().requires_grad_(True)
        if self.dit.sound is not None:
            self.dit.sound.requires_grad_(False)
        for name, parameter in self.dit.named_parameters():
            if name.endswith("gain"):
                parameter.requires_grad_(False)
        self.starter, self.steps, self.step, self.seconds = starter, steps, 0, 0.0
        learned = [p for p in self.dit.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(learned, lr=RATE, betas=(0.9, 0.95), weight_decay=0.0)

    def learn(self, data: LatentSet) -> float:
        """One step; which clips and noise it sees depends on its number alone. Returns the loss."""
        begun = time.process_time()
        self.dit.train()
        batch = draw_batch(data, self.starter.vocabulary, NUM_LATENT_FRAMES, BATCH, self.step)
        noise, noisy = noised(batch, seed=self.step)
        with torch.no_grad():
            words, pooled = self.starter.text_encoder(batch.tokens_BL, batch.mask_BL)
        velocity = self.dit(
            noisy, batch.levels_BK, words, batch.mask_BL, pooled, batch.mode,
            share_BT=batch.share_BK, position_T=batch.position_K,
        )  # fmt: skip
        loss, _ = video_losses(batch, velocity, noise, batch.track_BK42.flatten(2))
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.dit.parameters(), 1.0)
        left = 1 - self.step / self.steps
        for group in self.optimizer.param_groups:
            group["lr"] = RATE * min(1.0, (self.step + 1) / 10) * left
        self.optimizer.step()
        for experts in experts_of(self.dit):
            experts.balance(BALANCE)
        self.step += 1
        self.seconds += time.process_time() - begun
        return loss.item()

    @property
    def busiest(self) -> float:
        """The greatest load of an expert in the last step, over its share."""
        loads = [experts.load_E for experts in experts_of(self.dit)]
        return max((float(load.max() / load.mean()) for load in loads), default=1.0)


def compare(starter: Starter, steps: int, clips: int, held_clips: int, every: int) -> None:
    """Train all variants side by side, and print what they come to."""
    data, held = training_clips(starter, clips), held_out_clips(starter, held_clips)
    before = held_out_losses(starter, starter.dit, held)
    print(f"shipped weights: held-out loss {before.mean():.4f}, {held_clips} clips", flush=True)
    contenders = {name: Contender(starter, *n, steps) for name, n in VARIANTS.items()}
    for step in range(1, steps + 1):
        for contender in contenders.values():
            contender.learn(data)
        if step % every and step != steps:
            continue
        dense = contenders["dense"]
        reference = held_out_losses(starter, dense.dit, held)
        for name, contender in contenders.items():
            losses = held_out_losses(starter, contender.dit, held)
            apart = losses - reference
            half = 1.96 * apart.std() / held_clips**0.5
            print(
                f"step {step}, {name}: held-out loss {losses.mean():.4f}, over dense "
                f"{apart.mean():+.5f} +- {half:.5f}, {contender.seconds / dense.seconds:.2f} of "
                f"dense's time, busiest expert {contender.busiest:.2f} of its share, "
                f"{sum(p.numel() for p in contender.dit.parameters()) / 1e6:.2f}M parameters",
                flush=True,
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=Path("assets/starter"))
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--clips", type=int, default=96)
    parser.add_argument("--held-out", type=int, default=48)
    parser.add_argument("--every", type=int, default=10)
    given = parser.parse_args()
    torch.set_num_threads(1)
    compare(load_starter(given.weights), given.steps, given.clips, given.held_out, given.every)
