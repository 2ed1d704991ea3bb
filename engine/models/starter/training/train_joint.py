"""Teaches a trained video denoiser to make sound with it: adds the stream of sound and trains both.

Run: python -m engine.models.starter.training.train_joint --folder FOLDER --steps 4000 \\
         --start assets/starter
FOLDER holds latents/. It begins with the denoiser and text encoder in START (words that are new to
it are added), goes on from FOLDER/joint_state.safetensors where that exists, and leaves the
averaged weights in FOLDER/joint.safetensors. B clips, K latent frames, A latents of sound.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.models.starter.config import DitConfig, SoundConfig, TextConfig
from engine.models.starter.load import Starter, load_starter
from engine.models.starter.sound_stream import SoundInput
from engine.models.starter.text import Vocabulary
from engine.models.starter.training.latents import LatentSet, load_latents
from engine.models.starter.training.muon import Muon
from engine.models.starter.training.precision import quickest
from engine.models.starter.training.prompts import all_words
from engine.models.starter.training.slow_levels import forget_fast_levels
from engine.models.starter.training.text_pretraining import pretrain_text
from engine.models.starter.training.train_dit import (
    ATTRIBUTE_WEIGHT,
    NUM_LATENT_FRAMES,
    Batch,
    Run,
    StarterTrainee,
    draw_batch,
    draw_levels,
    noised,
    video_losses,
)
from engine.models.starter.training.world import FRAME_RATE

BATCH = 16
SILENT_SHARE = 0.2  # batches without sound: the video must do without it, too
# Of clips with sound: both at one level of noise, the video given, the sound given; else any
# levels.
SHARED, VIDEO_GIVEN, SOUND_GIVEN = 0.5, 0.25, 0.1
SOUND_WEIGHT, NEAR_IMPACT_WEIGHT, POSITION_WEIGHT = 1.0, 3.0, 3.0
BOUNCES = 0.3  # bouncing is what sound has to meet: it comes more often than in the world
NEW_WORDS_STEPS = 500  # of sentences alone, where words are new
# Learning rates of the blocks' matrices and of the rest: what is new, and what has learned already.
NEW_RATES, OLD_RATES = (3e-3, 1e-3), (2e-3, 6e-4)


@dataclass(frozen=True)
class SoundBatch:
    """The sound of a batch; clips at level 0 are given and left out of its loss."""

    latents_BAC: Tensor
    levels_B: Tensor
    weight_BA: Tensor


def add_sound(data: LatentSet, batch: Batch, seed: int) -> tuple[Batch, SoundBatch]:
    """The sound of a batch's clips, and the batch with some clips' videos given whole."""
    rng = np.random.default_rng(seed)
    count = len(batch.rows_B)
    kind = rng.random(count)
    video_level = batch.levels_BK.amax(1)
    levels = torch.from_numpy(draw_levels(rng, count)).float()
    levels = torch.where(torch.from_numpy(kind < SHARED), video_level, levels)
    after = SHARED + VIDEO_GIVEN
    given = torch.from_numpy((kind >= SHARED) & (kind < after))[:, None]
    heard = torch.from_numpy((kind >= after) & (kind < after + SOUND_GIVEN))
    levels = torch.where(heard, torch.zeros(()), levels)
    watched = replace(
        batch,
        clean_BK=batch.clean_BK | given,
        levels_BK=torch.where(given, torch.zeros(()), batch.levels_BK),
    )
    near = data.near_NA[batch.rows_B].float()
    weight = (1 + NEAR_IMPACT_WEIGHT * near) * ~heard[:, None]
    return watched, SoundBatch(data.sounds_NAC[batch.rows_B].float(), levels, weight)


def joint_loss(
    model: StarterTrainee, batch: Batch, sound: SoundBatch | None, seed: int
) -> tuple[Tensor, tuple[float, float, float]]:
    """The loss to go down, and its parts: video, sound, position."""
    noise, noisy = noised(batch, seed)
    words, pooled = model.text(batch.tokens_BL, batch.mask_BL)
    tapped: list[Tensor] = []
    text = (words, batch.mask_BL, pooled)
    heard = noise.new_zeros(())
    with quickest():
        if sound is None:
            velocity = model.dit(
                noisy, batch.levels_BK, *text, batch.mode,
                share_BT=batch.share_BK, position_T=batch.position_K, tapped=tapped,
            )  # fmt: skip
        else:
            velocity, heard = _with_sound(model, batch, noisy, text, sound, seed, tapped)
        track = model.position(tapped[0].flatten(2))
    flow, position = video_losses(batch, velocity.float(), noise, track.float())
    attributes = model.attributes.loss(pooled[batch.said_B], batch.classes_BA[batch.said_B])
    total = flow + SOUND_WEIGHT * heard + POSITION_WEIGHT * position
    parts = (flow.item(), heard.item(), position.item())
    return total + ATTRIBUTE_WEIGHT * attributes, parts


def _with_sound(
    model: StarterTrainee,
    batch: Batch,
    noisy_BCKHW: Tensor,
    text: tuple[Tensor, Tensor, Tensor],
    sound: SoundBatch,
    seed: int,
    tapped: list[Tensor],
) -> tuple[Tensor, Tensor]:
    """The video's velocity and the sound's loss."""
    generator = torch.Generator().manual_seed(seed + 500_000_000)
    noise = torch.randn(sound.latents_BAC.shape, generator=generator)
    level = sound.levels_B[:, None, None]
    given = SoundInput(
        sound.latents_BAC * (1 - level) + noise * level,
        level[:, :, 0].expand(sound.weight_BA.shape),
        FRAME_RATE,
    )
    velocity, said = model.dit.joint(
        noisy_BCKHW, batch.levels_BK, text, given, batch.mode, tapped=tapped
    )
    error = (said.float() - (noise - sound.latents_BAC)).square().mean(2)
    return velocity, (error * sound.weight_BA).sum() / sound.weight_BA.sum().clamp_min(1.0)


def begin_with(model: StarterTrainee, vocabulary: Vocabulary, start: Starter) -> None:
    """Take the weights of a video model; what it has not (new words, the sound) stays as it is."""
    known = start.text_encoder.state_dict()
    words = model.text.words.weight.detach().clone()
    words[:3] = known["words.weight"][:3]
    for index, word in enumerate(start.vocabulary.words):
        if word in vocabulary.words:
            words[3 + vocabulary.words.index(word)] = known["words.weight"][3 + index]
    model.text.load_state_dict({**known, "words.weight": words})
    missing = model.dit.load_state_dict(start.dit.state_dict(), strict=False)
    assert not missing.unexpected_keys
    assert all(name.startswith("sound.") for name in missing.missing_keys)


class JointRun(Run):
    """A run that begins with a trained video model."""

    state_file, result_file = "joint_state.safetensors", "joint.safetensors"

    def __init__(
        self, folder: Path, text: TextConfig, dit: DitConfig, vocabulary: Vocabulary, start: Path
    ) -> None:
        self.start = start
        super().__init__(folder, text, dit, vocabulary)

    def begin(self) -> None:
        start = load_starter(self.start)
        begin_with(self.model, self.vocabulary, start)
        if set(self.vocabulary.words) - set(start.vocabulary.words):
            # Left to the video's course alone, new words are not yet told apart after 1,500 steps.
            text = self.model.text, self.model.attributes
            pretrain_text(*text, self.vocabulary, NEW_WORDS_STEPS)
        forget_fast_levels(self.model.dit)

    def restore(self, path: Path) -> None:
        super().restore(path)
        forget_fast_levels(self.model.dit)

    def make_optimizers(self) -> tuple[torch.optim.Optimizer, torch.optim.Optimizer]:
        """Muon for the blocks' matrices, AdamW for the rest; new parts and old at own rates."""
        groups: dict[tuple[bool, bool], list[torch.nn.Parameter]] = {}
        for name, parameter in self.model.named_parameters():
            matrix = name.startswith("dit.") and "blocks" in name and parameter.ndim == 2
            new = not name.startswith(("dit.", "text.")) or name.startswith("dit.sound.")
            key = (matrix and "modulation" not in name, new)
            groups.setdefault(key, []).append(parameter)
        muon, adam = (
            [
                {"params": groups[matrix, new], "peak": rates[index]}
                for new, rates in ((True, NEW_RATES), (False, OLD_RATES))
                if (matrix, new) in groups
            ]
            for index, matrix in enumerate((True, False))
        )
        return (
            Muon(muon),
            torch.optim.AdamW(adam, lr=1e-3, betas=(0.9, 0.95), weight_decay=0.0),
        )

    def joint_step(self, data: LatentSet, share: float) -> tuple[float, float, float]:
        """One batch at `share` of the course; returns the losses of video, sound, position."""
        factor = min(1.0, (self.step + 1) / 50) * min(1.0, max(0.01, (1 - share) / 0.5))
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * factor
        seed = 9_500_000 + self.step
        batch = draw_batch(data, self.vocabulary, NUM_LATENT_FRAMES, BATCH, seed, BOUNCES)
        sound = None
        if not batch.stretched and np.random.default_rng(seed).random() >= SILENT_SHARE:
            batch, sound = add_sound(data, batch, seed)
        total, parts = joint_loss(self.model, batch, sound, seed)
        self.learn(total, BATCH)
        return parts

    def course(self, data: LatentSet, steps: int) -> Iterator[tuple[float, float, float]]:
        """The losses of each step until `steps` are done in all, saved every three minutes."""
        last_saved = time.monotonic()
        while self.step < steps:
            yield self.joint_step(data, self.step / steps)
            if time.monotonic() - last_saved > 180:
                last_saved = time.monotonic()
                self.save()
        self.save()


def joint_run(folder: Path, start: Path) -> JointRun:
    """The run as it ships: the sizes of the video model, and a stream of sound beside it."""
    vocabulary = Vocabulary(tuple(all_words()))
    text = TextConfig(vocabulary_size=len(vocabulary), max_words=vocabulary.max_words)
    return JointRun(folder, text, DitConfig(sound=SoundConfig()), vocabulary, start)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--start", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    run = joint_run(arguments.folder, arguments.start)
    sums = np.zeros((2, 3))
    for losses in run.course(load_latents(arguments.folder), arguments.steps):
        sums += np.array([losses, np.array(losses) > 0])
        if run.step % 50 == 0:
            video, sound_loss, place = sums[0] / np.maximum(sums[1], 1)
            print(
                f"step {run.step} video {video:.4f} sound {sound_loss:.4f} position {place:.4f}",
                flush=True,
            )
            sums[:] = 0
    print("done", flush=True)
