"""Trains the starter's video autoencoder on rendered clips.

Run: python -m engine.models.starter.training.train_vae --folder FOLDER --minutes 20 It goes on from
FOLDER/vae_state.safetensors where that exists, and leaves the averaged weights in
FOLDER/vae.safetensors.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.models.starter.config import VaeConfig
from engine.models.starter.training.backdrops import paint_background
from engine.models.starter.training.progress import (
    MovingAverage,
    load_tensors,
    optimizer_tensors,
    restore_optimizer,
    save_tensors,
)
from engine.models.starter.training.scene import Scene, draw_scenes
from engine.models.starter.training.world import render_batch, to_model_range
from engine.models.starter.vae import GROUP, SPACE, StarterVAE, split_groups

BATCH = 16
CROP_FRAMES = 17
POOL_CLIPS = 3000
LEARNING_RATE = 2e-3
LATENT_NOISE = 0.05  # in deviations of the latent: the decoder learns to forgive the sampler
FOREGROUND_WEIGHT = 6.0


class ClipPool:
    """Clips rendered once, cut anew for every batch: rendering would take a third of the training
    time.
    """

    def __init__(self, num_clips: int = POOL_CLIPS) -> None:
        self.scenes = draw_scenes(num_clips, seed=1_000_000)
        self.video_NTHW3 = render_batch(self.scenes)

    def batch(self, seed: int) -> tuple[Tensor, Tensor]:
        """Clips [B, 3, 17, 64, 64] in -1..1 and the weight of each pixel [B, 1, 17, 64, 64]."""
        generator = torch.Generator().manual_seed(seed)
        rows = torch.randint(0, len(self.scenes), (BATCH,), generator=generator)
        start = int(torch.randint(0, 33 - CROP_FRAMES + 1, (1,), generator=generator))
        video = to_model_range(self.video_NTHW3[rows, start : start + CROP_FRAMES])
        subject = foreground(video, [self.scenes[row] for row in rows.tolist()])
        return video, 1.0 + FOREGROUND_WEIGHT * subject


def foreground(video_BCTHW: Tensor, scenes: list[Scene]) -> Tensor:
    """1 within two pixels of where a clip differs from its empty background, else 0; [B, 1, T, H,
    W].
    """
    height, width = video_BCTHW.shape[-2:]
    empty = torch.stack(
        [torch.tensor(paint_background(s.background, height, width)) for s in scenes]
    )
    empty_BCTHW = empty.permute(0, 3, 1, 2)[:, :, None] / 127.5 - 1.0
    differs = ((video_BCTHW - empty_BCTHW).abs().amax(1) > 0.04).float()
    return F.max_pool2d(differs, 5, stride=1, padding=2)[:, None]


def start_from_principal_components(vae: StarterVAE, num_clips: int = 96) -> None:
    """Set both linear paths to the best linear code of 4x8x8 blocks: training starts at about 25
    dB, not at 5.
    """
    video = to_model_range(render_batch(draw_scenes(num_clips, seed=991)))
    first = video[:, :, :1].expand(-1, -1, GROUP - 1, -1, -1)
    blocks = (
        split_groups(torch.cat([first, video], 2), SPACE)
        .permute(0, 1, 3, 4, 2)
        .flatten(0, 3)
        .double()
    )
    mean = blocks.mean(0)
    values, vectors = torch.linalg.eigh((blocks - mean).T @ (blocks - mean) / len(blocks))
    channels = vae.config.latent_channels
    basis = vectors.flip(1)[:, :channels].T  # [C, 768]
    scale = values.flip(0)[:channels].sqrt()[:, None]
    code, back = vae.encoder.linear, vae.decoder.linear
    with torch.no_grad():
        code.weight.copy_((basis / scale)[..., None, None])
        code.bias.copy_(-(basis / scale) @ mean)  # type: ignore[union-attr]
        back.weight.copy_((basis * scale).T[..., None, None])
        back.bias.copy_(mean)  # type: ignore[union-attr]
        for layer in (vae.encoder.out[2], vae.decoder.out[2]):
            for parameter in layer.parameters():
                parameter.zero_()


def reconstruction_loss(made: Tensor, video: Tensor, weight: Tensor) -> Tensor:
    """Weighted mean absolute error of pixels and of their differences to the right and below."""
    error = made - video
    across, down = error.diff(dim=-1), error.diff(dim=-2)
    loss = (error.abs() * weight).mean() + 0.25 * (error.square() * weight).mean()
    return (
        loss
        + 0.25 * (across.abs() * weight[..., 1:]).mean()
        + 0.25 * (down.abs() * weight[..., 1:, :]).mean()
    )


def training_step(
    vae: StarterVAE, video: Tensor, weight: Tensor, generator: torch.Generator
) -> Tensor:
    """The loss of one batch: a variational bottleneck of fixed relative noise, with a faint pull to
    zero.
    """
    with torch.autocast("cpu", torch.bfloat16):
        latent = vae.encode_raw(video)
        deviation = latent.detach().float().std(dim=(0, 1, 3, 4), keepdim=True)
        noise = torch.randn(latent.shape, generator=generator) * deviation * LATENT_NOISE
        made = vae.decode_raw(latent + noise.to(latent.dtype))
    return reconstruction_loss(made.float(), video, weight) + 1e-6 * latent.float().square().mean()


@torch.no_grad()
def measure_latents(vae: StarterVAE) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each latent channel over whole clips."""
    latents = [
        vae.encode_raw(to_model_range(render_batch(draw_scenes(16, seed))))
        for seed in range(70_000, 70_008)
    ]
    flat = torch.cat(latents).transpose(1, 2).transpose(0, 1).flatten(1)
    return flat.mean(1), flat.std(1)


@torch.no_grad()
def reconstruction_psnr(vae: StarterVAE, num_clips: int = 48) -> float:
    """Decibels over whole held-out clips, the decoder streaming, in float32."""
    video = to_model_range(render_batch(draw_scenes(num_clips, seed=123, held_out=True)))
    error = (vae.decode(vae.encode(video)) - video).square().mean()
    return float(10 * torch.log10(4.0 / error))


def export_average(
    config: VaeConfig, average: MovingAverage, path: Path, metadata: dict[str, object]
) -> StarterVAE:
    """Measure the normalisation of the averaged weights and write them; returns that model."""
    vae = StarterVAE(config).eval()
    vae.load_state_dict(average.tensors)
    vae.mean_C.copy_(torch.zeros_like(vae.mean_C))
    vae.deviation_C.copy_(torch.ones_like(vae.deviation_C))
    mean, deviation = measure_latents(vae)
    vae.mean_C.copy_(mean)
    vae.deviation_C.copy_(deviation)
    save_tensors(path, vae.state_dict(), {"config": asdict(config), **metadata})
    return vae


def train(folder: Path, minutes: float, config: VaeConfig) -> None:
    """Train for `minutes` of wall clock, learning rate falling to nothing at the end."""
    torch.manual_seed(0)
    vae = StarterVAE(config)
    start_from_principal_components(vae)
    optimizer = torch.optim.AdamW(
        vae.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.95), weight_decay=0.0
    )
    average = MovingAverage(vae, 0.998)
    step, spent = 0, 0.0
    state_path = folder / "vae_state.safetensors"
    if state_path.exists():
        tensors, state = load_tensors(state_path)
        vae.load_state_dict({k[6:]: v for k, v in tensors.items() if k.startswith("model.")})
        average.tensors = {k[4:]: v for k, v in tensors.items() if k.startswith("ema.")}
        restore_optimizer(optimizer, tensors, "adam")
        step, spent = int(str(state["step"])), float(str(state["spent"]))
    pool = ClipPool()
    begun = time.monotonic() - spent
    last_saved = spent
    while (spent := time.monotonic() - begun) < minutes * 60:
        share = spent / (minutes * 60)
        for group in optimizer.param_groups:
            group["lr"] = (
                LEARNING_RATE * min(1.0, (step + 1) / 100) * min(1.0, max(0.02, (1 - share) / 0.5))
            )
        video, weight = pool.batch(seed=1_000_000 + step)
        loss = training_step(vae, video, weight, torch.Generator().manual_seed(step))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        optimizer.step()
        step += 1
        average.update(vae, step)
        if step % 50 == 0:
            print(
                f"step {step} clips {step * BATCH} seconds {spent:.0f} loss {loss.item():.4f}",
                flush=True,
            )
        if spent - last_saved > 120 or step == 100:
            last_saved = spent
            tensors = {f"model.{k}": v for k, v in vae.state_dict().items()}
            tensors |= {f"ema.{k}": v for k, v in average.tensors.items()} | optimizer_tensors(
                optimizer, "adam"
            )
            save_tensors(state_path, tensors, {"step": step, "spent": spent})
            exported = export_average(config, average, folder / "vae.safetensors", {"step": step})
            print(f"step {step} psnr {reconstruction_psnr(exported):.2f} dB", flush=True)
    exported = export_average(config, average, folder / "vae.safetensors", {"step": step})
    print(
        f"done step {step} clips {step * BATCH} psnr {reconstruction_psnr(exported):.2f} dB",
        flush=True,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--channels", type=int, default=8)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    train(arguments.folder, arguments.minutes, VaeConfig(latent_channels=arguments.channels))
