"""Polishes the video decoder while the encoder, and so every latent, stays as it is.

Run: python -m engine.models.starter.training.train_decoder --folder FOLDER --steps 3000 \\
         --blocks 4 --fine-blocks 3 --detail 24
It reads FOLDER/vae.safetensors and latents/, and leaves the averaged weights in
FOLDER/decoder.safetensors, in the same form; `export` prefers that file. The denoiser need not be
trained again, so this may run after it, or beside it. More blocks, and the level of detail (2x2
pixels, frame by frame), change nothing at first. Clips are decoded from their beginning, as they
always are when they stream.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from engine.models.starter.training.latents import LatentSet, load_latents, load_vae
from engine.models.starter.training.precision import quickest
from engine.models.starter.training.progress import Course, load_tensors, save_tensors
from engine.models.starter.training.train_vae import (
    CROP_FRAMES,
    add_sizes,
    grown,
    reconstruction_loss,
    reconstruction_psnr,
    sizes_of,
    weighed,
)
from engine.models.starter.training.world import render_batch, to_model_range
from engine.models.starter.vae import GROUP

LEARNING_RATE, LATER_RATE = 8e-4, 5e-4  # with blocks that are new, and where all have learned
AVERAGED = 1 / 6  # of the course
BATCH = 8
MOST_NOISE = 0.25  # deviations of the latent: what is sampled is off by some, and is to look clean


class DecoderRun:
    """The decoder's polishing, a course of so many `steps`; `sizes` are fields of its configuration
    that are to be others.
    """

    def __init__(self, folder: Path, steps: int, **sizes: int) -> None:
        self.folder, self.steps = folder, steps
        torch.manual_seed(2)
        learned = load_vae(folder / "vae.safetensors")
        self.vae = grown(learned, **sizes)
        self.config = self.vae.config
        self.vae.encoder.requires_grad_(False)
        path = folder / "decoder_state.safetensors"
        rate = LATER_RATE if self.config == learned.config else LEARNING_RATE
        self.course = Course(path, self.vae.decoder, rate, max(0.0, 1 - 1 / (AVERAGED * steps)))

    def save(self) -> str:
        """The state to go on from, and the averaged weights; says their decibels."""
        self.course.save()
        averaged, state = load_tensors(self.folder / "vae.safetensors")
        decoder = self.course.average.tensors.items()
        averaged |= {f"decoder.{name}": value for name, value in decoder}
        about = {**state, "config": asdict(self.config), "decoder_step": self.course.step}
        save_tensors(self.folder / "decoder.safetensors", averaged, about)
        vae = load_vae(self.folder / "decoder.safetensors")
        return f"psnr {reconstruction_psnr(vae, num_clips=24):.2f} dB"

    def loss_of(self, data: LatentSet, step: int) -> Tensor:
        """The loss of the batch of this number, 17 frames of each clip."""
        generator = torch.Generator().manual_seed(step)
        rows = torch.randint(0, len(data.scenes), (BATCH,), generator=generator)
        scenes = [data.scenes[row] for row in rows.tolist()]
        part = slice(0, CROP_FRAMES)
        video = to_model_range(render_batch(scenes, part=part)).contiguous()
        latent = data.latents_NCGHW[rows, :, : 1 + CROP_FRAMES // GROUP].float()
        level = MOST_NOISE * torch.rand((BATCH, 1, 1, 1, 1), generator=generator)
        noisy = latent + level * torch.randn(latent.shape, generator=generator)
        scale, middle = self.vae.deviation_C.view(-1, 1, 1), self.vae.mean_C.view(-1, 1, 1)
        with quickest():
            made = self.vae.decode_raw(noisy.transpose(1, 2) * scale + middle)
        return reconstruction_loss(made.float(), weighed(video, scenes, part))

    def train(self, data: LatentSet) -> None:
        """Until all steps are done."""
        self.course.run(self.steps, lambda step: self.loss_of(data, step), self.save)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=3000)
    add_sizes(parser)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    run = DecoderRun(arguments.folder, arguments.steps, **sizes_of(arguments))
    run.train(load_latents(arguments.folder))
