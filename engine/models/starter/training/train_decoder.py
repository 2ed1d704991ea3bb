"""Polishes the video decoder while the encoder, and so every latent, stays as it is.

Run: python -m engine.models.starter.training.train_decoder --folder FOLDER --minutes 12
It reads FOLDER/vae.safetensors and latents/, and leaves the averaged weights in
FOLDER/decoder.safetensors, in the same form; `export` prefers that file. The denoiser need not be
trained again, so this may run after it. Clips are decoded from their beginning, as they always
are when they stream.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
from torch import Tensor

from engine.models.starter.training.latents import LatentSet, load_latents, load_vae
from engine.models.starter.training.progress import (
    MovingAverage,
    load_tensors,
    optimizer_tensors,
    restore_optimizer,
    save_tensors,
)
from engine.models.starter.training.train_vae import (
    BATCH,
    CROP_FRAMES,
    FOREGROUND_WEIGHT,
    foreground,
    reconstruction_loss,
    reconstruction_psnr,
)
from engine.models.starter.training.world import render_batch, to_model_range
from engine.models.starter.vae import GROUP, StarterVAE

LEARNING_RATE = 2e-3
LATENT_NOISE = 0.07
POOL_CLIPS = 2000


class DecoderRun:
    """A polishing run that can be put down and taken up again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.vae: StarterVAE = load_vae(folder / "vae.safetensors").train()
        self.vae.encoder.requires_grad_(False)
        decoder = self.vae.decoder
        self.optimizer = torch.optim.AdamW(
            decoder.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.95), weight_decay=0.0
        )
        self.average = MovingAverage(decoder, 0.998)
        self.step, self.spent = 0, 0.0
        path = folder / "decoder_state.safetensors"
        if path.exists():
            tensors, state = load_tensors(path)
            decoder.load_state_dict(_named(tensors, "model."))
            self.average.tensors = _named(tensors, "ema.")
            restore_optimizer(self.optimizer, tensors, "adam")
            self.step, self.spent = int(state["step"]), float(state["spent"])

    def save(self) -> float:
        """The state to go on from, and the averaged weights; returns their decibels."""
        decoder = self.vae.decoder
        tensors = {f"model.{name}": value for name, value in decoder.state_dict().items()}
        tensors |= {f"ema.{name}": value for name, value in self.average.tensors.items()}
        tensors |= optimizer_tensors(self.optimizer, "adam")
        progress = {"step": self.step, "spent": self.spent}
        save_tensors(self.folder / "decoder_state.safetensors", tensors, progress)
        averaged, state = load_tensors(self.folder / "vae.safetensors")
        averaged |= {f"decoder.{name}": value for name, value in self.average.tensors.items()}
        save_tensors(self.folder / "decoder.safetensors", averaged, {**state, **progress})
        return reconstruction_psnr(load_vae(self.folder / "decoder.safetensors"), num_clips=24)

    def take_step(self, data: LatentSet, video_NTHW3: Tensor, share: float) -> float:
        """One batch of 17 frames at `share` of the whole time; returns the loss."""
        falling = min(1.0, max(0.02, (1 - share) / 0.7))
        for group in self.optimizer.param_groups:
            group["lr"] = LEARNING_RATE * min(1.0, (self.step + 1) / 100) * falling
        generator = torch.Generator().manual_seed(self.step)
        rows = torch.randint(0, len(video_NTHW3), (BATCH,), generator=generator)
        video = to_model_range(video_NTHW3[rows, :CROP_FRAMES]).contiguous()
        weight = 1 + FOREGROUND_WEIGHT * foreground(video, [data.scenes[i] for i in rows.tolist()])
        latent = data.latents_NCGHW[rows, :, : 1 + CROP_FRAMES // GROUP].float()
        noisy = latent + LATENT_NOISE * torch.randn(latent.shape, generator=generator)
        scale, middle = self.vae.deviation_C.view(-1, 1, 1), self.vae.mean_C.view(-1, 1, 1)
        with torch.autocast("cpu", torch.bfloat16):
            made = self.vae.decode_raw(noisy.transpose(1, 2) * scale + middle)
        loss = reconstruction_loss(made.float(), video, weight)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.vae.decoder.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        self.average.update(self.vae.decoder, self.step)
        return loss.item()

    def train(self, data: LatentSet, minutes: float) -> None:
        """Until `minutes` are spent in all, learning rate falling to nothing at the end."""
        video_NTHW3 = render_batch(data.scenes[:POOL_CLIPS])
        begun, last_saved = time.monotonic() - self.spent, self.spent
        while self.spent < minutes * 60:
            loss = self.take_step(data, video_NTHW3, self.spent / (minutes * 60))
            self.spent = time.monotonic() - begun
            if self.step % 50 == 0:
                print(f"step {self.step} seconds {self.spent:.0f} loss {loss:.4f}", flush=True)
            if self.spent - last_saved > 150:
                last_saved = self.spent
                print(f"step {self.step} psnr {self.save():.2f} dB", flush=True)
        print(f"done step {self.step} psnr {self.save():.2f} dB", flush=True)


def _named(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=12.0)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    DecoderRun(arguments.folder).train(load_latents(arguments.folder), arguments.minutes)
