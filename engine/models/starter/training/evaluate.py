"""Held-out prompts, scores with intervals by the independent checker, and contact sheets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.atomic import replacing
from engine.models.starter.training.checker import ATTRIBUTES, Finding
from engine.models.starter.training.prompts import write_prompt
from engine.models.starter.training.scene import Scene, draw_scenes
from engine.models.starter.training.world import to_pixels
from engine.models.starter.vae import StarterVAE

Row = dict[str, float]
Table = dict[str, Row]
HELD_OUT_SEED = 20_251
NAMES = (*ATTRIBUTES, "all")


def wilson_interval(hits: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % score interval of a proportion (Wilson 1927)."""
    if not trials:
        return 0.0, 1.0
    share, weight = hits / trials, z * z / trials
    middle = (share + weight / 2) / (1 + weight)
    half = z * math.sqrt(share * (1 - share) / trials + weight / (4 * trials)) / (1 + weight)
    return max(0.0, middle - half), min(1.0, middle + half)


def share_row(hits: Sequence[bool]) -> Row:
    """A share with its interval, and of how many."""
    low, high = wilson_interval(sum(hits), len(hits))
    return {"share": sum(hits) / max(1, len(hits)), "low": low, "high": high, "n": len(hits)}


def judged_prompts(
    num_prompts: int, held_out: bool = True, motion: str | None = None
) -> tuple[list[Scene], list[str]]:
    """Scenes of combinations that training never saw, or of those it draws from, and a complete
    sentence for each; all of one motion, if one is named.  Training draws with other seeds.
    """
    drawn = draw_scenes(num_prompts * (12 if motion else 1), HELD_OUT_SEED, held_out=held_out)
    scenes = [scene for scene in drawn if motion in (None, scene.motion)][:num_prompts]
    rng = np.random.default_rng(HELD_OUT_SEED)
    return scenes, [write_prompt(scene, rng, complete=True) for scene in scenes]


def score(findings: Sequence[Finding], scenes: Sequence[Scene]) -> Table:
    """Share of clips that agree with their scene, attribute by attribute, with intervals."""
    agreed = [found.agrees(scene) for found, scene in zip(findings, scenes, strict=True)]
    return check_table(agreed)


def check_table(checks: Sequence[Mapping[str, bool]]) -> Table:
    """Share of clips that pass each check, and all of them, with intervals."""
    names = checks[0] if checks else ()
    table = {name: share_row([passed[name] for passed in checks]) for name in names}
    return table | {"all": share_row([all(passed.values()) for passed in checks])}


def decode_clips(vae: StarterVAE, latents_BCTHW: Tensor) -> list[np.ndarray]:
    """uint8 clips [T, H, W, 3]."""
    with torch.inference_mode():
        return list(to_pixels(vae.decode(latents_BCTHW)).numpy())


def contact_sheet(
    clips: Sequence[np.ndarray], path: Path, columns: int = 4, moments: int = 5
) -> None:
    """A PNG with a few moments of each clip side by side."""
    from PIL import Image

    strips = []
    for clip in clips:
        picks = np.linspace(0, len(clip) - 1, moments).round().astype(int)
        strips.append(np.pad(np.concatenate([clip[i] for i in picks], 1), ((2, 2), (2, 2), (0, 0))))
    strips += [np.zeros_like(strips[0])] * (-len(strips) % columns)
    rows = [np.concatenate(strips[i : i + columns], 1) for i in range(0, len(strips), columns)]
    with replacing(path) as partial:
        Image.fromarray(np.concatenate(rows, 0)).save(partial, format="PNG")
