"""Trains the starter's denoiser and text encoder on cached latents.

Run: python -m engine.models.starter.training.train_dit --folder FOLDER --steps 6000
FOLDER holds vae.safetensors and latents/. It goes on from FOLDER/dit_state.safetensors where that
exists, and leaves the averaged weights in FOLDER/dit.safetensors every few minutes.

The course has three parts: single latent frames (cheap; what things look like and where they are at
which moment), then three frames of a clip, then whole clips. B clips, K latent frames of a clip's
nine.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from engine.models.attention import TemporalMode
from engine.models.starter.config import DitConfig, TextConfig
from engine.models.starter.dit import StarterDiT
from engine.models.starter.text import StarterTextEncoder, Vocabulary
from engine.models.starter.training.latents import LatentSet, load_latents
from engine.models.starter.training.muon import Muon
from engine.models.starter.training.precision import quickest
from engine.models.starter.training.progress import (
    MovingAverage,
    load_tensors,
    named,
    optimizer_tensors,
    restore_optimizer,
    save_tensors,
)
from engine.models.starter.training.prompts import all_words, write_prompt
from engine.models.starter.training.text_pretraining import (
    AttributeHeads,
    attribute_classes,
    pretrain_text,
)

NUM_LATENT_FRAMES = 9
# (share of the course at which it ends, latent frames, clips in a batch)
COURSE = ((0.07, 1, 256), (0.17, 3, 96), (1.0, 9, 32))
MATRIX_RATE, REST_RATE = 3e-3, 1e-3
# Where pictures are given, words are left out more often: pictures are to be read as well as words.
DROPPED_PROMPTS, DROPPED_WHERE_GIVEN = 0.1, 0.3
CLEAN_SHARE, CAUSAL_SHARE, STRETCHED_SHARE = 0.22, 0.2, 0.2
POSITION_WEIGHT, ATTRIBUTE_WEIGHT, SUBJECT_WEIGHT = 3.0, 0.05, 2.0


class StarterTrainee(nn.Module):
    """The two shipped networks, and the two auxiliary heads that are dropped afterwards."""

    def __init__(self, text: TextConfig, dit: DitConfig) -> None:
        super().__init__()
        self.text = StarterTextEncoder(text)
        self.dit = StarterDiT(dit)
        self.attributes = AttributeHeads(text.width)
        self.position = nn.Sequential(nn.Linear(16 * dit.width, 64), nn.ReLU(), nn.Linear(64, 8))


@dataclass(frozen=True)
class Batch:
    """One batch of the course. `clean_BK` marks frames that are given; their loss is left out.

    `rows_B` are the clips it was made of; `stretched` frames stand for some of a longer clip's.
    """

    rows_B: Tensor
    stretched: bool
    latents_BCKHW: Tensor
    levels_BK: Tensor
    clean_BK: Tensor
    share_BK: Tensor
    position_K: Tensor
    track_BK42: Tensor
    subject_BKHW: Tensor
    tokens_BL: Tensor
    mask_BL: Tensor
    classes_BA: Tensor
    said_B: Tensor
    mode: TemporalMode


def draw_levels(rng: np.random.Generator, count: int) -> np.ndarray:
    """Noise levels: three parts logit-normal shifted towards noise, where the layout is decided,
    one part uniform.
    """
    base = 1 / (1 + np.exp(-rng.normal(0.0, 1.0, count)))
    shifted = 3.0 * base / (1 + 2.0 * base)
    return np.where(rng.random(count) < 0.25, rng.random(count), shifted)


def draw_clean_frames(
    rng: np.random.Generator, batch: int, frames: int
) -> tuple[np.ndarray, np.ndarray]:
    """Which frames are given, [B, K]: the first, first and last, a beginning of any length, or any
    few.

    And which clips [B] are given them as single pictures (keyframes), not as a part of the clip.
    """
    clean = np.zeros((batch, frames), dtype=bool)
    stills = rng.random(batch) < 0.5
    for row in np.flatnonzero(rng.random(batch) < (CLEAN_SHARE if frames > 1 else 0.0)):
        kind = rng.random()
        if kind < 0.45:
            clean[row, 0] = True
        elif kind < 0.65:
            clean[row, [0, -1]] = True
        elif kind < 0.85:
            clean[row, : rng.integers(1, frames)] = True
            stills[row] = False
        else:
            clean[row] = rng.random(frames) < 0.3
    return clean, stills


def draw_batch(
    data: LatentSet,
    vocabulary: Vocabulary,
    frames: int,
    batch: int,
    seed: int,
    bounces: float = 0.0,
) -> Batch:
    """A batch that depends on the data and the seed alone; at least the share `bounces` does."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(len(data.scenes), size=batch)
    bouncing = np.array([row for row, s in enumerate(data.scenes) if s.motion == "bounce"])
    if len(bouncing):
        own = len(bouncing) / len(data.scenes)
        chosen = rng.random(batch) < max(0.0, bounces - own) / (1 - own + 1e-9)
        rows = np.where(chosen, bouncing[rng.integers(len(bouncing), size=batch)], rows)
    if frames == 1:
        picked = rng.integers(NUM_LATENT_FRAMES, size=(batch, 1))
    else:
        picked = np.sort(rng.permutation(NUM_LATENT_FRAMES)[:frames])[None].repeat(batch, 0)
    clean, stills = draw_clean_frames(rng, batch, frames)
    levels = np.where(clean, 0.0, draw_levels(rng, batch)[:, None])
    scenes = [data.scenes[row] for row in rows]
    # Now and then the frames stand for some of a longer clip's, so that far places in time are not
    # new to the model.
    stretch = float(rng.uniform(1.0, 4.0)) if rng.random() < STRETCHED_SHARE else 1.0
    dropped = np.where(clean.any(1), DROPPED_WHERE_GIVEN, DROPPED_PROMPTS)
    said = rng.random(batch) >= dropped
    prompts = [
        write_prompt(scene, rng) if keep else "" for scene, keep in zip(scenes, said, strict=True)
    ]
    tokens, mask = vocabulary.encode(prompts)
    index = torch.from_numpy(rows)[:, None], torch.from_numpy(picked)
    latents_BKCHW = data.latents_NCGHW[index[0], :, index[1]]
    alone_BK = torch.from_numpy(clean & stills[:, None])[..., None, None, None]
    latents_BKCHW = torch.where(alone_BK, data.stills_NCGHW[index[0], :, index[1]], latents_BKCHW)
    return Batch(
        rows_B=index[0][:, 0],
        stretched=stretch != 1.0,
        latents_BCKHW=latents_BKCHW.transpose(1, 2).float(),
        levels_BK=torch.from_numpy(levels).float(),
        clean_BK=torch.from_numpy(clean),
        share_BK=index[1].float() / (NUM_LATENT_FRAMES - 1),
        position_K=index[1][0] * stretch,
        track_BK42=data.track_NG42[index],
        subject_BKHW=data.subject_NGHW[index],
        tokens_BL=tokens,
        mask_BL=mask,
        classes_BA=attribute_classes(scenes),
        said_B=torch.from_numpy(said),
        mode="causal" if frames > 1 and rng.random() < CAUSAL_SHARE else "full",
    )


def batch_loss(model: StarterTrainee, batch: Batch, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """(total, velocity, position) losses of rectified flow: v = noise - clean, t = 1 is noise."""
    noise, noisy = noised(batch, seed)
    words, pooled = model.text(batch.tokens_BL, batch.mask_BL)
    tapped: list[Tensor] = []
    with quickest():
        velocity = model.dit(
            noisy, batch.levels_BK, words, batch.mask_BL, pooled, batch.mode,
            share_BT=batch.share_BK, position_T=batch.position_K, tapped=tapped,
        )  # fmt: skip
        track = model.position(tapped[0].flatten(2))
    flow, position = video_losses(batch, velocity.float(), noise, track.float())
    attributes = model.attributes.loss(pooled[batch.said_B], batch.classes_BA[batch.said_B])
    return flow + POSITION_WEIGHT * position + ATTRIBUTE_WEIGHT * attributes, flow, position


def noised(batch: Batch, seed: int) -> tuple[Tensor, Tensor]:
    """Noise, and the batch's latents with each frame's share of it."""
    noise = torch.randn(batch.latents_BCKHW.shape, generator=torch.Generator().manual_seed(seed))
    level = batch.levels_BK[:, None, :, None, None]
    return noise, batch.latents_BCKHW * (1 - level) + noise * level


def video_losses(
    batch: Batch, velocity_BCKHW: Tensor, noise_BCKHW: Tensor, track_BKE: Tensor
) -> tuple[Tensor, Tensor]:
    """Errors of the velocity, where frames are not given, and of the subjects' positions."""
    weight = (1 + SUBJECT_WEIGHT * batch.subject_BKHW) * ~batch.clean_BK[..., None, None]
    error = (velocity_BCKHW - (noise_BCKHW - batch.latents_BCKHW)).square().mean(1)
    flow = (error * weight).sum() / weight.sum().clamp_min(1.0)
    return flow, (track_BKE - batch.track_BK42.flatten(2)).square().mean()


def make_optimizers(model: StarterTrainee) -> tuple[torch.optim.Optimizer, torch.optim.Optimizer]:
    """Muon for the blocks' matrices, AdamW for everything else."""
    matrices = [
        parameter
        for name, parameter in model.named_parameters()
        if name.startswith("dit.blocks") and parameter.ndim == 2 and "modulation" not in name
    ]
    chosen = {id(parameter) for parameter in matrices}
    rest = [parameter for parameter in model.parameters() if id(parameter) not in chosen]
    return Muon(matrices, lr=MATRIX_RATE), torch.optim.AdamW(
        rest, lr=REST_RATE, betas=(0.9, 0.95), weight_decay=0.0
    )


def rate_factor(share: float, step: int) -> float:
    """Warm up for 100 steps, hold, fall in a straight line over the last 45 % of the time."""
    return min(1.0, (step + 1) / 100) * min(1.0, max(0.01, (1 - share) / 0.45))


class Run:
    """A training run that can be put down and taken up again."""

    state_file, result_file = "dit_state.safetensors", "dit.safetensors"
    decay = 0.999

    def __init__(
        self, folder: Path, text: TextConfig, dit: DitConfig, vocabulary: Vocabulary
    ) -> None:
        self.folder, self.vocabulary = folder, vocabulary
        self.configs = {"text": asdict(text), "dit": asdict(dit)}
        torch.manual_seed(1)
        self.model = StarterTrainee(text, dit)
        self.optimizers = self.make_optimizers()
        self.step, self.clips = 0, 0
        if (folder / self.state_file).exists():
            self.restore(folder / self.state_file)
        else:
            self.begin()
            self.average = MovingAverage(self.model, self.decay)

    def begin(self) -> None:
        """What comes before the first step."""
        pretrain_text(self.model.text, self.model.attributes, self.vocabulary, steps=700)

    def make_optimizers(self) -> tuple[torch.optim.Optimizer, torch.optim.Optimizer]:
        return make_optimizers(self.model)

    def restore(self, path: Path) -> None:
        """Go on from what `save` wrote."""
        tensors, state = load_tensors(path)
        self.model.load_state_dict(named(tensors, "model."))
        self.average = MovingAverage(self.model, self.decay)
        self.average.tensors = named(tensors, "ema.")
        for optimizer, prefix in zip(self.optimizers, ("muon", "adam"), strict=True):
            restore_optimizer(optimizer, tensors, prefix)
        self.step, self.clips = int(state["step"]), int(state["clips"])

    def save(self) -> None:
        """The whole state, to go on from, and the averaged weights, to sample with."""
        tensors = {f"model.{k}": v for k, v in self.model.state_dict().items()}
        tensors |= {f"ema.{k}": v for k, v in self.average.tensors.items()}
        for optimizer, prefix in zip(self.optimizers, ("muon", "adam"), strict=True):
            tensors |= optimizer_tensors(optimizer, prefix)
        progress = {"step": self.step, "clips": self.clips}
        save_tensors(self.folder / self.state_file, tensors, progress)
        shipped = {k: v for k, v in self.average.tensors.items() if k.startswith(("dit.", "text."))}
        about = {**self.configs, **progress, "words": self.vocabulary.words}
        save_tensors(self.folder / self.result_file, shipped, about)

    def take_step(self, data: LatentSet, share: float) -> tuple[int, float, float]:
        """One batch, at `share` of the whole course. Returns (latent frames, velocity loss,
        position loss).
        """
        frames, size = next((frames, size) for end, frames, size in COURSE if share < end)
        for optimizer, rate in zip(self.optimizers, (MATRIX_RATE, REST_RATE), strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * rate_factor(share, self.step)
        batch = draw_batch(data, self.vocabulary, frames, size, seed=9_000_000 + self.step)
        total, flow, position = batch_loss(self.model, batch, seed=self.step)
        self.learn(total, size)
        return frames, flow.item(), position.item()

    def learn(self, loss: Tensor, clips: int) -> None:
        """One step of both optimizers down the loss of so many clips."""
        self.model.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
        self.step, self.clips = self.step + 1, self.clips + clips
        self.average.update(self.model, self.step)

    def train(self, data: LatentSet, steps: int) -> None:
        """Until `steps` are done in all, saved every three minutes."""
        begun = last_saved = time.monotonic()
        sums = np.zeros(3)
        while self.step < steps:
            frames, flow, position = self.take_step(data, self.step / steps)
            now = time.monotonic()
            sums += (flow, position, 1)
            if self.step % 50 == 0:
                print(
                    f"step {self.step} frames {frames} clips {self.clips} "
                    f"seconds {now - begun:.0f} "
                    f"flow {sums[0] / sums[2]:.4f} position {sums[1] / sums[2]:.4f}",
                    flush=True,
                )
                sums[:] = 0
            if now - last_saved > 180:
                last_saved = now
                self.save()
        self.save()
        print("done", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=6000)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    words = Vocabulary(tuple(all_words()))
    text_config = TextConfig(vocabulary_size=len(words), max_words=words.max_words)
    run = Run(arguments.folder, text_config, DitConfig(), words)
    run.train(load_latents(arguments.folder), arguments.steps)
