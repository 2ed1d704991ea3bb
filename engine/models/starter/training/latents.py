"""Renders the training clips once and keeps their latents: shards of safetensors, each rebuilt from
its number.

Run: python -m engine.models.starter.training.latents --folder FOLDER --shards 16 FOLDER holds
vae.safetensors already. Several processes may share the work: each takes the shards that nobody
has.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.models.starter.config import VaeConfig
from engine.models.starter.training.progress import load_tensors, save_tensors
from engine.models.starter.training.scene import Scene, draw_scenes, subject_centres
from engine.models.starter.training.world import NUM_FRAMES, render_batch, to_model_range
from engine.models.starter.vae import GROUP, SPACE, StarterVAE

SHARD_CLIPS = 2000
_SHARD_SEED = 5_000_000


@dataclass(frozen=True)
class LatentSet:
    """Training clips as latents, with what the simulator knows about them. N clips, G latent
    frames.
    """

    scenes: list[Scene]
    latents_NCGHW: Tensor  # float16
    stills_NCGHW: (
        Tensor  # float16: each latent frame's last picture, encoded alone as a keyframe is
    )
    track_NG2: Tensor  # mean subject position, -1..1 across the picture
    subject_NGHW: Tensor  # bool: latent cells that a subject touches


def load_vae(path: Path) -> StarterVAE:
    """The video autoencoder that `train_vae` left behind."""
    tensors, state = load_tensors(path)
    vae = StarterVAE(VaeConfig(**state["config"]))
    vae.load_state_dict(tensors)
    return vae.eval()


def shard_scenes(shard: int) -> list[Scene]:
    return draw_scenes(SHARD_CLIPS, _SHARD_SEED + shard)


@torch.inference_mode()
def encode_scenes(vae: StarterVAE, scenes: list[Scene], batch: int = 40) -> tuple[Tensor, Tensor]:
    """Normalised latents of clips and of single pictures, both [N, C, 9, 8, 8] in float16."""
    clips, stills = [], []
    for start in range(0, len(scenes), batch):
        video = to_model_range(render_batch(scenes[start : start + batch])).contiguous()
        pictures_NCTHW = video[:, :, ::GROUP].transpose(1, 2).flatten(0, 1)[:, :, None]
        with torch.autocast("cpu", torch.bfloat16):
            clips.append(vae.encode(video).half())
            alone = vae.encode(pictures_NCTHW).half()
        stills.append(
            alone[:, :, 0].view(len(video), -1, *alone.shape[1:2], *alone.shape[3:]).transpose(1, 2)
        )
    return torch.cat(clips), torch.cat(stills)


def make_shards(folder: Path, num_shards: int) -> None:
    """Encode every shard that has neither a file nor a claim."""
    vae = load_vae(folder / "vae.safetensors")
    (folder / "latents").mkdir(exist_ok=True)
    for shard in range(num_shards):
        claim = folder / "latents" / f"{shard:03d}.claim"
        try:
            os.close(os.open(claim, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            continue
        clips, stills = encode_scenes(vae, shard_scenes(shard))
        path = folder / "latents" / f"{shard:03d}.safetensors"
        save_tensors(path, {"clips": clips, "stills": stills}, {"shard": shard})
        print(f"shard {shard} done", flush=True)


def known_state(scenes: list[Scene]) -> tuple[Tensor, Tensor]:
    """(track [N, G, 2], cells a subject touches [N, G, 8, 8]) at the last video frame of each
    latent frame.
    """
    tracks, cells = [], []
    middle = (np.arange(8) + 0.5) * SPACE
    for scene in scenes:
        centres_GK2 = subject_centres(scene, NUM_FRAMES)[::GROUP]
        tracks.append(centres_GK2.mean(1) / 32.0 - 1.0)
        across = np.abs(centres_GK2[:, :, None, None, 0] - middle[None, None, None, :])
        along = np.abs(centres_GK2[:, :, None, None, 1] - middle[None, None, :, None])
        cells.append((np.maximum(across, along) < scene.radius + SPACE / 2 + 1).any(1))
    return torch.from_numpy(np.stack(tracks)).float(), torch.from_numpy(np.stack(cells))


def load_latents(folder: Path) -> LatentSet:
    """Every finished shard, in order."""
    scenes: list[Scene] = []
    clips, stills = [], []
    for path in sorted((folder / "latents").glob("*.safetensors")):
        tensors, state = load_tensors(path)
        clips.append(tensors["clips"])
        stills.append(tensors["stills"])
        scenes.extend(shard_scenes(int(str(state["shard"]))))
    track, subject = known_state(scenes)
    return LatentSet(scenes, torch.cat(clips), torch.cat(stills), track, subject)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--shards", type=int, default=16)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    make_shards(arguments.folder, arguments.shards)
