"""The starter's full report: how faithful it is to held-out prompts, and to pictures it is given,
and whether its sound is in time.

Run: python -m engine.models.starter.training.report --weights assets/starter \\
         --out engine/models/starter/evaluation.json --sheet sheet.png
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass, replace
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
from engine.models.starter.training.generate import (
    LATENT_FRAMES,
    Given,
    SamplingPlan,
    generate_latents,
)
from engine.models.starter.training.scene import Scene
from engine.models.starter.training.sounds import num_samples
from engine.models.starter.training.sync import compare
from engine.models.starter.training.timing import stage_seconds
from engine.models.starter.training.train_audio_vae import sounds_of
from engine.models.starter.training.world import render_batch, to_model_range
from engine.models.starter.vae import GROUP

_BATCH = 32


@dataclass(frozen=True)
class Clips:
    """Sampled clips, uint8 [T, H, W, 3] each, and their sounds, float32 [N] each, or none."""

    videos: list[np.ndarray]
    sounds: list[np.ndarray]


def sample(
    starter: Starter,
    prompts: list[str],
    plan: SamplingPlan,
    frames: int = LATENT_FRAMES,
    given: Given | None = None,
) -> Clips:
    """A clip a prompt, uint8 [T, H, W, 3], and its sound [N], if it has one."""
    clips = Clips([], [])
    for start in range(0, len(prompts), _BATCH):
        part = slice(start, start + _BATCH)
        some = None if given is None else Given(given.latents_BCTHW[part], given.known_T)
        video, *audio = generate_latents(starter, prompts[part], plan, start, frames, some)
        clips.videos.extend(decode_clips(starter.vae, video))
        for latent_BAD in audio:
            clips.sounds.extend(decode_sounds(starter, latent_BAD, len(clips.videos[-1])))
    return clips


def decode_sounds(starter: Starter, latent_BAD: Tensor, frames: int) -> list[np.ndarray]:
    """Sounds as long as their frames are shown."""
    assert starter.audio_vae is not None
    with torch.inference_mode():
        return list(starter.audio_vae.decode(latent_BAD)[:, : num_samples(frames)].numpy())


def keyframes(starter: Starter, truth_NTHW3: Tensor, places: list[int]) -> Given:
    """Pictures of the true clips, each encoded alone, at their latent places."""
    clips, given_T = [], torch.zeros(LATENT_FRAMES, dtype=torch.bool)
    given_T[places] = True
    with torch.inference_mode():
        for truth in truth_NTHW3:
            pictures = to_model_range(truth[[place * GROUP for place in places], None])
            alone = starter.vae.encode(pictures)[:, :, 0].transpose(0, 1)
            clip = torch.zeros(alone.shape[0], LATENT_FRAMES, *alone.shape[2:])
            clip[:, places] = alone
            clips.append(clip)
    return Given(torch.stack(clips), given_T)


def text_tables(
    starter: Starter, scenes: list[Scene], prompts: list[str], plan: SamplingPlan
) -> tuple[dict[str, Table], dict[str, float], Clips]:
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
        "samples": score(clips.videos, scenes),
        "samples, prompts shuffled": score(clips.videos, scenes[1:] + scenes[:1]),
    }
    return tables, figures, clips


def other_tables(
    starter: Starter, scenes: list[Scene], prompts: list[str], plan: SamplingPlan
) -> dict[str, Table]:
    """Samples from given pictures, without a look ahead, and of twice the length."""
    truth = render_batch(scenes)
    first = keyframes(starter, truth, [0])
    ends = keyframes(starter, truth, [0, LATENT_FRAMES - 1])
    unsaid = [""] * len(prompts)
    clips = {
        "without sound": sample(starter, prompts, replace(plan, audio=False)),
        "first picture and prompt": sample(starter, prompts, plan, given=first),
        "first and last picture, no words": sample(starter, unsaid, plan, given=ends),
        "causal": sample(starter, prompts, replace(plan, mode="causal")),
        "65 frames": sample(starter, prompts, plan, 17),
    }
    return {title: score(made.videos, scenes) for title, made in clips.items()}


def step_tables(
    starter: Starter, scenes: list[Scene], prompts: list[str], plan: SamplingPlan
) -> dict[str, Table]:
    """Many steps and few."""
    made = {
        f"{steps} steps": sample(starter, prompts, replace(plan, steps=steps))
        for steps in (50, 8, 4)
    }
    return {title: score(clips.videos, scenes) for title, clips in made.items()}


def sound_tables(starter: Starter, plan: SamplingPlan, num_clips: int) -> dict[str, object]:
    """How impacts that are seen meet onsets that are heard, in bouncing clips of held-out
    combinations; with controls.
    """
    scenes, prompts = held_out_prompts(num_clips, motion="bounce")
    truth = list(render_batch(scenes).numpy())
    true_sounds = sounds_of(scenes, seed=1)
    assert starter.audio_vae is not None
    with torch.inference_mode():
        coded = starter.audio_vae.encode(true_sounds)
    made = sample(starter, prompts, plan)
    others = made.sounds[1:] + made.sounds[:1]
    frames = len(truth[0])
    return {
        "ground truth": compare(truth, list(true_sounds[:, : num_samples(frames)].numpy())),
        "reconstructed sound": compare(truth, decode_sounds(starter, coded, frames)),
        "samples": compare(made.videos, made.sounds),
        "samples, sound 150 ms late": compare(made.videos, made.sounds, shift=0.15),
        "samples, another clip's sound": compare(made.videos, others),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--prompts", type=int, default=256)
    parser.add_argument("--others", type=int, default=64)
    parser.add_argument("--bounces", type=int, default=128)
    parser.add_argument("--steps", type=int, default=128)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    loaded = load_starter(arguments.weights)
    defaults = loaded.config.sampling
    chosen = SamplingPlan(defaults.steps, defaults.guidance, defaults.shift)
    drawn, said = held_out_prompts(arguments.prompts)
    tables, figures, clips = text_tables(loaded, drawn, said, chosen)
    for title, table in tables.items():
        print(show(title, table), flush=True)
    if arguments.sheet:
        contact_sheet(clips.videos[:48], arguments.sheet)
    more = other_tables(loaded, drawn[: arguments.others], said[: arguments.others], chosen)
    for title, table in more.items():
        print(show(title, table), flush=True)
    sounds = sound_tables(loaded, chosen, arguments.bounces) if loaded.audio_vae else {}
    for title, judged in sounds.items():
        print(title, judged, flush=True)
    quick = step_tables(loaded, drawn[: arguments.steps], said[: arguments.steps], chosen)
    for title, table in quick.items():
        print(show(title, table), flush=True)
    more |= quick
    seconds = {
        f"{steps} steps": stage_seconds(arguments.weights, steps) for steps in (chosen.steps, 8, 4)
    }
    print(seconds, flush=True)
    report = {
        "plan": asdict(chosen), **figures, "tables": tables | more, "sound": sounds,
        "seconds a clip": seconds,
    }  # fmt: skip
    arguments.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
