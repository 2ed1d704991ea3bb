"""Trains the starter's video autoencoder on rendered clips.

Run: python -m engine.models.starter.training.train_vae --folder FOLDER --steps 2500
It goes on from FOLDER/vae_state.safetensors where that exists, and leaves the averaged weights in
FOLDER/vae.safetensors. `--start assets/starter` begins with the weights that ship; with `--keep` it
learns turns and moving cameras, while what those weights show keeps its latents, so that a denoiser
of theirs still serves.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.models.starter.config import VaeConfig
from engine.models.starter.load import load_starter
from engine.models.starter.training.backdrops import paint_clip
from engine.models.starter.training.precision import quickest
from engine.models.starter.training.progress import Course, MovingAverage, save_tensors
from engine.models.starter.training.scene import (
    EXTENT,
    LIVELY,
    TURNING,
    Extent,
    Scene,
    draw_scenes,
)
from engine.models.starter.training.world import NUM_FRAMES, render_batch, to_model_range
from engine.models.starter.vae import GROUP, SPACE, StarterVAE, split_groups

BATCH = 16
CROP_FRAMES = 17
POOL_CLIPS = 3000
LEARNING_RATE, LATER_RATE = 2e-3, 1.2e-3  # from nothing, and from weights that are good already
LATENT_NOISE = 0.05  # in deviations of the latent: the decoder learns to forgive the sampler
FOREGROUND_WEIGHT, OUTLINE_WEIGHT = 6.0, 8.0
MOVING_CAMERA_WEIGHT = 2.0  # more for all pixels: a background that moves by less is a small error
TURNING_WEIGHT = 2.0  # times as much near what turns: of what is round only a shade does
KEEP_WEIGHT = 3.3
SILHOUETTE_WEIGHT, SILHOUETTE_SCALE = 1.0, 0.27  # the scale is a distance of colours in -1..1
# Several subjects, where outlines are finest, come more often than in the world.
COUNT_WEIGHTS = (0.45, 0.28, 0.27)


@dataclass(frozen=True)
class Clips:
    """Clips in -1..1, their backgrounds without subjects, what each pixel's error counts, and what
    they show.
    """

    video_BCTHW: Tensor
    empty_BCTHW: Tensor
    weight_BCTHW: Tensor  # C is 1
    scenes: list[Scene]


class ClipPool:
    """Clips rendered once, cut anew for every batch: rendering would take a third of the training
    time.
    """

    def __init__(self, num_clips: int = POOL_CLIPS, extent: Extent = EXTENT) -> None:
        self.scenes = draw_scenes(num_clips, 1_000_000, False, COUNT_WEIGHTS, extent)
        self.video_NTHW3 = render_batch(self.scenes)

    def batch(self, seed: int) -> Clips:
        """Crops of 17 frames of 16 clips."""
        generator = torch.Generator().manual_seed(seed)
        rows = torch.randint(0, len(self.scenes), (BATCH,), generator=generator)
        start = int(torch.randint(0, 33 - CROP_FRAMES + 1, (1,), generator=generator))
        video = to_model_range(self.video_NTHW3[rows, start : start + CROP_FRAMES])
        scenes = [self.scenes[row] for row in rows.tolist()]
        return weighed(video, scenes, slice(start, start + CROP_FRAMES))


def weighed(video_BCTHW: Tensor, scenes: list[Scene], part: slice) -> Clips:
    """These frames of clips, with 1 for what is plain background, 7 for what lies within two pixels
    of a subject, and 15 for the pixels on both sides of its outline; more where it turns, or the
    camera moves.
    """
    size = video_BCTHW.shape[-2:]
    empty_BCTHW = torch.stack(
        [torch.tensor(paint_clip(s.background, s.camera, NUM_FRAMES, *size)[part]) for s in scenes]
    ).permute(0, 4, 1, 2, 3)
    empty_BCTHW = empty_BCTHW / 127.5 - 1.0
    differs = ((video_BCTHW - empty_BCTHW).abs().amax(1) > 0.04).float()
    near = F.max_pool2d(differs, 5, stride=1, padding=2)
    outline = F.max_pool2d(differs, 3, stride=1, padding=1) + F.max_pool2d(
        1 - differs, 3, stride=1, padding=1
    )
    turning = torch.tensor([TURNING_WEIGHT if s.motion in TURNING else 1.0 for s in scenes])
    moving = torch.tensor([0.0 if s.camera == "still" else MOVING_CAMERA_WEIGHT for s in scenes])
    near = near * turning[:, None, None, None]
    weight = 1 + moving[:, None, None, None] + FOREGROUND_WEIGHT * near
    weight = weight + OUTLINE_WEIGHT * (outline - 1)
    return Clips(video_BCTHW, empty_BCTHW, weight[:, None], scenes)


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


def reconstruction_loss(made: Tensor, clips: Clips) -> Tensor:
    """Weighted absolute error of pixels, of their differences to the right and below, and of the
    silhouettes.
    """
    error, weight = made - clips.video_BCTHW, clips.weight_BCTHW
    across, down = error.diff(dim=-1), error.diff(dim=-2)
    loss = (error.abs() * weight).mean() + 0.25 * (error.square() * weight).mean()
    shades = silhouette(made, clips.empty_BCTHW) - silhouette(clips.video_BCTHW, clips.empty_BCTHW)
    return (
        loss
        + 0.25 * (across.abs() * weight[..., 1:]).mean()
        + 0.25 * (down.abs() * weight[..., 1:, :]).mean()
        + SILHOUETTE_WEIGHT * (shades.abs() * weight).mean()
    )


def silhouette(video_BCTHW: Tensor, empty_BCTHW: Tensor) -> Tensor:
    """How clearly each pixel stands out from the background, 0 to 1, [B, 1, T, H, W].

    A faint halo, or a gap between two subjects that is half filled, costs little as a colour and
    much as a shape.
    """
    distance = (video_BCTHW - empty_BCTHW).square().sum(1, keepdim=True)
    return distance / (distance + SILHOUETTE_SCALE**2)


@dataclass(frozen=True)
class Kept:
    """The autoencoder as it was, and the world of which the latents are to stay as it made them."""

    vae: StarterVAE
    extent: Extent

    def loss(self, latent_BGCHW: Tensor, clips: Clips) -> Tensor:
        """How far the latents of that world's clips have moved: mean square of a batch, in
        deviations; 0 for other clips.
        """
        rows_B = torch.tensor([self.extent.draws(scene) for scene in clips.scenes])
        if not rows_B.any():
            return latent_BGCHW.new_zeros(())
        with torch.no_grad(), quickest():
            before = self.vae.encode_raw(clips.video_BCTHW[rows_B])
        apart = (latent_BGCHW[rows_B].float() - before.float()) / self.vae.deviation_C.view(
            -1, 1, 1
        )
        return apart.square().mean((1, 2, 3, 4)).sum() / len(rows_B)


def training_step(
    vae: StarterVAE, clips: Clips, generator: torch.Generator, kept: Kept | None = None
) -> Tensor:
    """The loss of one batch: a variational bottleneck of fixed relative noise, with a faint pull to
    zero, and to what is to be kept.
    """
    with quickest():
        latent = vae.encode_raw(clips.video_BCTHW)
        deviation = latent.detach().float().std(dim=(0, 1, 3, 4), keepdim=True)
        noise = torch.randn(latent.shape, generator=generator) * deviation * LATENT_NOISE
        made = vae.decode_raw(latent + noise.to(latent.dtype))
    loss = reconstruction_loss(made.float(), clips) + 1e-6 * latent.float().square().mean()
    return loss if kept is None else loss + KEEP_WEIGHT * kept.loss(latent, clips)


@torch.no_grad()
def measure_latents(vae: StarterVAE) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each latent channel over whole clips."""
    with quickest():
        latents = [
            vae.encode_raw(to_model_range(render_batch(draw_scenes(16, seed))))
            for seed in range(70_000, 70_006)
        ]
    flat = torch.cat(latents).float().transpose(1, 2).transpose(0, 1).flatten(1)
    return flat.mean(1), flat.std(1)


@torch.no_grad()
def reconstruction_psnr(vae: StarterVAE, num_clips: int = 48) -> float:
    """Decibels over whole held-out clips, the decoder streaming."""
    video = to_model_range(render_batch(draw_scenes(num_clips, seed=123, held_out=True)))
    with quickest():
        error = (vae.decode(vae.encode(video)).float() - video).square().mean()
    return float(10 * torch.log10(4.0 / error))


def export_average(
    config: VaeConfig,
    average: MovingAverage,
    path: Path,
    metadata: Mapping[str, object],
    measured: bool = True,
) -> StarterVAE:
    """Measure the normalisation of the averaged weights, unless it is to stay as it is, and write
    them; returns that model.
    """
    vae = StarterVAE(config).eval()
    vae.load_state_dict(average.tensors)
    if measured:
        _normalise(vae)
    save_tensors(path, vae.state_dict(), {"config": asdict(config), **metadata})
    return vae


def _normalise(vae: StarterVAE) -> None:
    vae.mean_C.copy_(torch.zeros_like(vae.mean_C))
    vae.deviation_C.copy_(torch.ones_like(vae.deviation_C))
    mean, deviation = measure_latents(vae)
    vae.mean_C.copy_(mean)
    vae.deviation_C.copy_(deviation)


def grown(learned: StarterVAE, **sizes: int) -> StarterVAE:
    """An autoencoder of other `sizes` (fields of its configuration) that codes and decodes as
    `learned` does: what it has more of changes nothing at first.

    Raises ValueError for sizes in which what was learned has no place.
    """
    vae = StarterVAE(replace(learned.config, **sizes))
    if vae.load_state_dict(learned.state_dict(), strict=False).unexpected_keys:
        raise ValueError(f"{sizes} would not keep what the autoencoder has learned")
    return vae


class VaeRun:
    """The autoencoder's training, from principal components or from weights that ship, of which the
    latents of a world may be kept; `sizes` are fields of the configuration that are to be others.
    """

    def __init__(
        self, folder: Path, start: Path | None = None, keep: Extent | None = None, **sizes: int
    ) -> None:
        self.folder = folder
        self.kept: Kept | None = None
        torch.manual_seed(0)
        if start is None:
            self.vae = StarterVAE(replace(VaeConfig(), **sizes))
            start_from_principal_components(self.vae)
        else:
            learned = load_starter(start).vae
            self.vae = grown(learned, **sizes)
            if keep is not None:
                self.kept = Kept(learned.requires_grad_(False), keep)
        self.config = self.vae.config
        rate = LEARNING_RATE if start is None else LATER_RATE
        self.course = Course(folder / "vae_state.safetensors", self.vae, rate, 0.998)

    def save(self) -> str:
        """The state to go on from, and the averaged weights; says their decibels."""
        self.course.save()
        path, about = self.folder / "vae.safetensors", {"step": self.course.step}
        measured = self.kept is None
        vae = export_average(self.config, self.course.average, path, about, measured)
        return f"psnr {reconstruction_psnr(vae, num_clips=16):.2f} dB"

    def train(self, pool: ClipPool, steps: int) -> None:
        """Until `steps` are done in all."""

        def loss_of(step: int) -> Tensor:
            generator = torch.Generator().manual_seed(step)
            clips = pool.batch(1_000_000 + step)
            return training_step(self.vae, clips, generator, self.kept)

        self.course.run(steps, loss_of, self.save)


SIZES: Final = {
    "encoder_blocks": "num_encoder_blocks",
    "blocks": "num_decoder_blocks",
    "fine_blocks": "num_fine_blocks",
    "detail": "detail_width",
    "detail_blocks": "num_detail_blocks",
}
"""What sizes are called on the command line, and in the configuration."""


def add_sizes(parser: argparse.ArgumentParser) -> None:
    """Let an autoencoder's sizes be asked for."""
    for name in SIZES:
        parser.add_argument("--" + name.replace("_", "-"), type=int)


def sizes_of(arguments: argparse.Namespace) -> dict[str, int]:
    """The sizes that were asked for."""
    asked = {field: getattr(arguments, name) for name, field in SIZES.items()}
    return {field: size for field, size in asked.items() if size is not None}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--start", type=Path)
    parser.add_argument("--keep", action="store_true", help="the latents of what START shows")
    add_sizes(parser)
    arguments = parser.parse_args()
    if arguments.keep and arguments.start is None:
        parser.error("--keep needs --start: there are no latents to keep without it")
    torch.set_num_threads(2)
    keep, extent = (EXTENT, LIVELY) if arguments.keep else (None, EXTENT)
    run = VaeRun(arguments.folder, arguments.start, keep, **sizes_of(arguments))
    run.train(ClipPool(extent=extent), arguments.steps)
