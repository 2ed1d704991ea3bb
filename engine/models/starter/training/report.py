"""The starter's full report: how faithful it is to held-out prompts, and to pictures it is given.

Run: python -m engine.models.starter.training.report --weights assets/starter \\
         --out engine/models/starter/evaluation.json --sheet sheet.png
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.models.starter.load import Starter, load_starter
from engine.models.starter.training.evaluate import (
    Table,
    contact_sheet,
    decode_clips,
    held_out_prompts,
    score,
    show,
)
from engine.models.starter.training.generate import SamplingPlan, generate_latents
from engine.models.starter.training.scene import Scene
from engine.models.starter.training.world import render_batch, to_model_range
from engine.models.starter.vae import GROUP

_BATCH = 32
LATENT_FRAMES = 9


def sample(
    starter: Starter,
    prompts: list[str],
    plan: SamplingPlan,
    latent_frames: int = LATENT_FRAMES,
    given_NCTHW: Tensor | None = None,
    given_T: Tensor | None = None,
) -> list[np.ndarray]:
    """A clip a prompt, uint8 [T, H, W, 3]; some latent frames may be given."""
    shape = (latent_frames, starter.config.vae.latent_channels, 8, 8)
    latents = [
        generate_latents(
            starter.dit, starter.text_encoder, starter.vocabulary,
            prompts[start : start + _BATCH], plan, start, shape,
            None if given_NCTHW is None else given_NCTHW[start : start + _BATCH], given_T,
        )
        for start in range(0, len(prompts), _BATCH)
    ]  # fmt: skip
    return decode_clips(starter.vae, torch.cat(latents))


def keyframes(starter: Starter, truth_NTHW3: Tensor, places: list[int]) -> tuple[Tensor, Tensor]:
    """Pictures of the true clips, each encoded alone, at their latent places, and those places."""
    clips, given_T = [], torch.zeros(LATENT_FRAMES, dtype=torch.bool)
    given_T[places] = True
    with torch.inference_mode():
        for truth in truth_NTHW3:
            pictures = to_model_range(truth[[place * GROUP for place in places], None])
            alone = starter.vae.encode(pictures)[:, :, 0].transpose(0, 1)
            clip = torch.zeros(alone.shape[0], LATENT_FRAMES, *alone.shape[2:])
            clip[:, places] = alone
            clips.append(clip)
    return torch.stack(clips), given_T


def text_tables(
    starter: Starter, scenes: list[Scene], prompts: list[str], plan: SamplingPlan
) -> tuple[dict[str, Table], dict[str, float], list[np.ndarray]]:
    """Ground truth, reconstructions, samples and shuffled prompts; two figures; the samples."""
    truth = render_batch(scenes)
    with torch.inference_mode():
        coded = [starter.vae.encode(to_model_range(part)) for part in torch.split(truth, 16)]
    remade = decode_clips(starter.vae, torch.cat(coded))
    error = np.square(truth.numpy().astype(np.float32) - np.stack(remade)).mean()
    begun = time.monotonic()
    clips = sample(starter, prompts, plan)
    figures = {
        "seconds_a_clip_in_batches_of_32": (time.monotonic() - begun) / len(prompts),
        "reconstruction_psnr_db": float(10 * np.log10(255.0**2 / error)),
    }
    tables = {
        "ground truth": score(list(truth.numpy()), scenes),
        "reconstruction": score(remade, scenes),
        "samples": score(clips, scenes),
        "samples, prompts shuffled": score(clips, scenes[1:] + scenes[:1]),
    }
    return tables, figures, clips


def other_tables(
    starter: Starter, scenes: list[Scene], prompts: list[str], plan: SamplingPlan
) -> dict[str, Table]:
    """Samples from given pictures, without a look ahead, and of twice the length."""
    truth = render_batch(scenes)
    first, first_T = keyframes(starter, truth, [0])
    ends, ends_T = keyframes(starter, truth, [0, LATENT_FRAMES - 1])
    silent = [""] * len(prompts)
    causal = replace(plan, mode="causal")
    clips = {
        "first picture and prompt": sample(starter, prompts, plan, 9, first, first_T),
        "first and last picture, no words": sample(starter, silent, plan, 9, ends, ends_T),
        "causal": sample(starter, prompts, causal),
        "65 frames": sample(starter, prompts, plan, 17),
    }
    return {title: score(videos, scenes) for title, videos in clips.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--prompts", type=int, default=256)
    parser.add_argument("--others", type=int, default=64)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    loaded = load_starter(arguments.weights)
    defaults = loaded.config.sampling
    chosen = SamplingPlan(defaults.steps, defaults.guidance, defaults.shift)
    drawn, said = held_out_prompts(arguments.prompts)
    tables, figures, videos = text_tables(loaded, drawn, said, chosen)
    for title, table in tables.items():
        print(show(title, table), flush=True)
    if arguments.sheet:
        contact_sheet(videos[:48], arguments.sheet)
    more = other_tables(loaded, drawn[: arguments.others], said[: arguments.others], chosen)
    for title, table in more.items():
        print(show(title, table), flush=True)
    report = {"plan": asdict(chosen), **figures, "tables": tables | more}
    arguments.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
