"""Renders the training clips once and keeps their latents: shards of safetensors, each rebuilt from
its number.

Run: python -m engine.models.starter.training.latents --folder FOLDER --shards 4
FOLDER holds vae.safetensors and audio_vae.safetensors already. Several processes may share the
work: each takes the shards that nobody has.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.models.starter.audio_vae import SAMPLES, AudioVAE
from engine.models.starter.config import VaeConfig
from engine.models.starter.sound_stream import LATENTS_A_SECOND
from engine.models.starter.training.paths import subject_centres, view
from engine.models.starter.training.precision import quickest
from engine.models.starter.training.progress import load_tensors, save_tensors
from engine.models.starter.training.scene import Scene, draw_scenes, is_fine
from engine.models.starter.training.sounds import impact_times, num_samples
from engine.models.starter.training.train_audio_vae import load_audio_vae, sounds_of
from engine.models.starter.training.world import NUM_FRAMES, render_batch, to_model_range
from engine.models.starter.vae import GROUP, SPACE, StarterVAE

SHARD_CLIPS = 1500
NEAR_IMPACT = 0.06  # seconds
# Several subjects are harder, most of all those with fine outlines: they come more often than in
# the world.
COUNT_WEIGHTS = (0.5, 0.26, 0.24)
FINE_SHARE = 0.35
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
    track_NG42: Tensor  # mean subject position in each latent frame's four frames, -1..1
    subject_NGHW: Tensor  # bool: latent cells that a subject touches
    sounds_NAC: Tensor  # float16: latents of the sound
    near_NA: Tensor  # bool: latents of sound that are near an impact


def load_vae(path: Path) -> StarterVAE:
    """The video autoencoder that `train_vae` left behind."""
    tensors, state = load_tensors(path)
    vae = StarterVAE(VaeConfig(**state["config"]))
    vae.load_state_dict(tensors)
    return vae.eval()


def shard_scenes(shard: int) -> list[Scene]:
    drawn = draw_scenes(3 * SHARD_CLIPS, _SHARD_SEED + shard, count_weights=COUNT_WEIGHTS)
    num_fine = round(FINE_SHARE * SHARD_CLIPS)
    fine = [scene for scene in drawn if is_fine(scene)][:num_fine]
    others = [scene for scene in drawn if not is_fine(scene)][: SHARD_CLIPS - num_fine]
    mixed = np.random.default_rng(shard).permutation(SHARD_CLIPS)
    return [(fine + others)[row] for row in mixed]


@torch.inference_mode()
def encode_scenes(vae: StarterVAE, scenes: list[Scene], batch: int = 40) -> tuple[Tensor, Tensor]:
    """Normalised latents of clips and of single pictures, both [N, C, 9, 8, 8] in float16."""
    clips, stills = [], []
    for start in range(0, len(scenes), batch):
        video = to_model_range(render_batch(scenes[start : start + batch])).contiguous()
        pictures_NCTHW = video[:, :, ::GROUP].transpose(1, 2).flatten(0, 1)[:, :, None]
        with quickest():
            clips.append(vae.encode(video).half())
            alone = vae.encode(pictures_NCTHW).half()
        stills.append(
            alone[:, :, 0].view(len(video), -1, *alone.shape[1:2], *alone.shape[3:]).transpose(1, 2)
        )
    return torch.cat(clips), torch.cat(stills)


@torch.inference_mode()
def encode_sounds(vae: AudioVAE, scenes: list[Scene], seed: int, batch: int = 100) -> Tensor:
    """Normalised latents of the scenes' sounds, [N, A, C] in float16."""
    parts = [
        vae.encode(sounds_of(scenes[start : start + batch], seed + start)).half()
        for start in range(0, len(scenes), batch)
    ]
    return torch.cat(parts)


def make_shards(folder: Path, num_shards: int) -> None:
    """Encode every shard that has neither a file nor a claim."""
    vae = load_vae(folder / "vae.safetensors")
    audio_vae = load_audio_vae(folder / "audio_vae.safetensors")
    (folder / "latents").mkdir(exist_ok=True)
    for shard in range(num_shards):
        claim = folder / "latents" / f"{shard:03d}.claim"
        try:
            os.close(os.open(claim, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            continue
        scenes = shard_scenes(shard)
        clips, stills = encode_scenes(vae, scenes)
        sounds = encode_sounds(audio_vae, scenes, seed=SHARD_CLIPS * shard)
        path = folder / "latents" / f"{shard:03d}.safetensors"
        save_tensors(path, {"clips": clips, "stills": stills, "sounds": sounds}, {"shard": shard})
        print(f"shard {shard} done", flush=True)


def known_state(scenes: list[Scene]) -> tuple[Tensor, Tensor]:
    """(track [N, G, 4, 2], cells a subject touches at the last of the four frames [N, G, 8, 8])."""
    tracks, cells = [], []
    middle = (np.arange(8) + 0.5) * SPACE
    for scene in scenes:
        centres_TK2 = subject_centres(scene, NUM_FRAMES)
        alone = np.repeat(centres_TK2[:1], GROUP - 1, axis=0)
        four_G4K2 = np.concatenate([alone, centres_TK2]).reshape(-1, GROUP, scene.count, 2)
        tracks.append(four_G4K2.mean(2) / 32.0 - 1.0)
        last_GK2 = four_G4K2[:, -1]
        across = np.abs(last_GK2[:, :, None, None, 0] - middle[None, None, None, :])
        along = np.abs(last_GK2[:, :, None, None, 1] - middle[None, None, :, None])
        reach = scene.radius * view(scene.camera, NUM_FRAMES).zoom_T[::GROUP] + SPACE / 2 + 1
        cells.append((np.maximum(across, along) < reach[:, None, None, None]).any(1))
    return torch.from_numpy(np.stack(tracks)).float(), torch.from_numpy(np.stack(cells))


def near_impacts(scenes: list[Scene]) -> Tensor:
    """Which latents of sound lie within 60 ms of an impact, bool [N, A]."""
    count = -(-num_samples() // SAMPLES)
    middle_A = (np.arange(count) + 0.5) / LATENTS_A_SECOND
    reach = NEAR_IMPACT + 0.5 / LATENTS_A_SECOND
    rows = [
        (np.abs(middle_A[:, None] - impact_times(scene)[None]) < reach).any(1) for scene in scenes
    ]
    return torch.from_numpy(np.stack(rows))


def load_latents(folder: Path) -> LatentSet:
    """Every finished shard, in order."""
    scenes: list[Scene] = []
    parts: dict[str, list[Tensor]] = {"clips": [], "stills": [], "sounds": []}
    for path in sorted((folder / "latents").glob("*.safetensors")):
        tensors, state = load_tensors(path)
        for name, tensor in tensors.items():
            parts[name].append(tensor)
        scenes.extend(shard_scenes(int(str(state["shard"]))))
    clips, stills, sounds = (torch.cat(tensors) for tensors in parts.values())
    return LatentSet(scenes, clips, stills, *known_state(scenes), sounds, near_impacts(scenes))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--shards", type=int, default=16)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    make_shards(arguments.folder, arguments.shards)
