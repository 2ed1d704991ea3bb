"""Held-out prompts, scores with intervals by the independent checker, and contact sheets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.models.starter.training.checker import check_clip
from engine.models.starter.training.prompts import write_prompt
from engine.models.starter.training.scene import Scene, draw_scenes
from engine.models.starter.training.world import to_pixels
from engine.models.starter.vae import StarterVAE

Table = dict[str, dict[str, float]]
HELD_OUT_SEED = 20_251
NAMES = ("colour", "motion", "background", "shape", "count", "speed", "all")


def wilson_interval(hits: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % score interval of a proportion (Wilson 1927)."""
    if not trials:
        return 0.0, 1.0
    share, weight = hits / trials, z * z / trials
    middle = (share + weight / 2) / (1 + weight)
    half = z * math.sqrt(share * (1 - share) / trials + weight / (4 * trials)) / (1 + weight)
    return max(0.0, middle - half), min(1.0, middle + half)


def held_out_prompts(num_prompts: int, motion: str | None = None) -> tuple[list[Scene], list[str]]:
    """Scenes of combinations that training never saw, and a complete sentence for each; all of one
    motion, if one is named.
    """
    drawn = draw_scenes(num_prompts * (8 if motion else 1), HELD_OUT_SEED, held_out=True)
    scenes = [scene for scene in drawn if motion in (None, scene.motion)][:num_prompts]
    rng = np.random.default_rng(HELD_OUT_SEED)
    return scenes, [write_prompt(scene, rng, complete=True) for scene in scenes]


def score(videos: Sequence[np.ndarray], scenes: Sequence[Scene]) -> Table:
    """Share of clips that agree with their scene, attribute by attribute, with intervals."""
    rows = []
    for video, scene in zip(videos, scenes, strict=True):
        agrees = check_clip(video).agrees(scene)
        rows.append({**agrees, "all": all(agrees.values())})
    table: Table = {}
    for name in NAMES:
        hits = sum(row[name] for row in rows)
        low, high = wilson_interval(hits, len(rows))
        table[name] = {"share": hits / len(rows), "low": low, "high": high, "n": len(rows)}
    return table


def decode_clips(vae: StarterVAE, latents_BCTHW: Tensor, batch: int = 16) -> list[np.ndarray]:
    """uint8 clips [T, H, W, 3]."""
    clips: list[np.ndarray] = []
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for part in torch.split(latents_BCTHW, batch):
            clips.extend(to_pixels(vae.decode(part)).numpy())
    return clips


def contact_sheet(
    clips: Sequence[np.ndarray], path: Path, columns: int = 4, moments: int = 5
) -> None:
    """A PNG with a few moments of each clip side by side."""
    from PIL import Image

    strips = []
    for clip in clips:
        picks = np.linspace(0, len(clip) - 1, moments).round().astype(int)
        strips.append(np.pad(np.concatenate([clip[i] for i in picks], 1), ((2, 2), (2, 2), (0, 0))))
    rows = [
        np.concatenate(strips[i : i + columns], 1)
        for i in range(0, len(strips) // columns * columns, columns)
    ]
    Image.fromarray(np.concatenate(rows, 0)).save(path)


def show(title: str, table: Table) -> str:
    cells = [
        f"{name} {row['share']:.1%} [{row['low']:.1%}, {row['high']:.1%}]"
        for name, row in table.items()
    ]
    return f"{title}: " + ", ".join(cells)
