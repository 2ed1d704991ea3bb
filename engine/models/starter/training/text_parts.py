"""Parts of a report on clips that follow their prompt alone: the truth, samples of trained and of
held-out combinations, controls, ways of sampling, few steps and many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from engine.models.sampling import shifted_sigmas
from engine.models.starter.streaming import CausalStream, sampled_chunks
from engine.models.starter.training.evaluate import contact_sheet, decode_clips, judged_prompts
from engine.models.starter.training.generate import (
    LATENT_FRAMES,
    SamplingPlan,
    led_by,
    noise_for,
)
from engine.models.starter.training.looks import Clip, Look, Sound
from engine.models.starter.training.measured import Results
from engine.models.starter.training.quality import quality_of
from engine.models.starter.training.rows import (
    bouncing,
    chance_control,
    quality_row,
    scores,
    sound_controls,
    sound_rows,
    spoiled_controls,
)
from engine.models.starter.training.sampler import Sampler
from engine.models.starter.training.scene import Scene
from engine.models.starter.training.sounds import num_samples
from engine.models.starter.training.spoiled import controls_of, unlike
from engine.models.starter.training.train_audio_vae import sounds_of

NUM_MEASURED: Final = 128  # clips whose quality is measured
NUM_SPOILED: Final = 32  # clips that are spoiled, and measured again
NUM_SHOWN: Final = 48  # clips of a contact sheet
_SOUNDS_SEED: Final = 1


@dataclass(frozen=True, eq=False)
class _Judged:
    """One clip; `measured` and `spoiled` where that was asked for."""

    look: Look
    measured: dict[str, float] | None = None
    spoiled: dict[str, float] | None = None


@dataclass(frozen=True, eq=False)
class _Truth:
    """A true clip, what the autoencoders make of it, and by how much (mean square) they err."""

    true: _Judged
    remade: _Judged
    error: float


def truth(sampler: Sampler, clips: int) -> Results:
    """What a perfect model would score, and one that were limited by its autoencoders alone."""
    scenes, _ = judged_prompts(clips)

    def work(part: Sequence[int]) -> list[_Truth]:
        some = [scenes[index] for index in part]
        videos = sampler.rendered(some)
        latents = sampler.encoded(videos)
        with sampler.timed("decoding"):
            remade = decode_clips(sampler.starter.vae, latents)
        heard, heard_again = _true_sounds(sampler, some, part, len(videos[0]))
        return [
            _Truth(
                true, again, float(np.square(a.astype(np.float32) - b.astype(np.float32)).mean())
            )
            for true, again, a, b in zip(
                _judged(sampler, part, videos, heard, videos),
                _judged(sampler, part, remade, heard_again, videos),
                videos, remade, strict=True,
            )
        ]  # fmt: skip

    made = sampler.in_batches("truth", clips, work)
    sides = {"ground truth": [m.true for m in made], "reconstruction": [m.remade for m in made]}
    sounds = {"ground truth": "ground truth", "reconstruction": "reconstructed sound"}
    looks = {title: [each.look for each in side] for title, side in sides.items()}
    heard: dict[str, Any] = {}
    if sampler.starter.audio_vae is not None:
        for title, some in looks.items():
            heard |= sound_rows(sounds[title], bouncing(some, scenes))
    error = float(np.mean([m.error for m in made]))
    return {
        "tables": {title: scores(some, scenes) for title, some in looks.items()},
        "sound": heard,
        "quality": {
            title: quality_row(_measured(side), looks[title], scenes)
            for title, side in sides.items()
        },
        "figures": {"reconstruction_psnr_db": float(10 * np.log10(255.0**2 / error))},
    }


def _true_sounds(
    sampler: Sampler, scenes: Sequence[Scene], part: Sequence[int], frames: int
) -> tuple[list[Sound], list[Sound]]:
    """The scenes' sounds, and what the sound's autoencoder makes of them."""
    if sampler.starter.audio_vae is None:
        return [], []
    with sampler.timed("rendering"):
        sounds_BN = sounds_of(list(scenes), _SOUNDS_SEED + part[0])
    with sampler.timed("encoding"), torch.inference_mode():
        latents = sampler.starter.audio_vae.encode(sounds_BN)
    with sampler.timed("decoding"):
        return list(sounds_BN[:, : num_samples(frames)].numpy()), sampler.heard(latents, frames)


def _judged(
    sampler: Sampler,
    part: Sequence[int],
    clips: Sequence[Clip],
    sounds: Sequence[Sound],
    clean: Sequence[Clip],
    others: Sequence[Clip] = (),
) -> list[_Judged]:
    """Looks at clips; the first ones' quality too, and, where there are others to spoil them with,
    that of spoiled ones.
    """
    subjects = sampler.subjects(clips)
    looks = sampler.looks(clips, sounds, subjects)
    made = []
    with sampler.timed("measuring"):
        for place, index in enumerate(part):
            measured = spoiled = None
            if index < NUM_MEASURED:
                measured = quality_of(clips[place], clean[place], subjects[place])
            if index < NUM_SPOILED and others:
                spoiled = controls_of(clips[place], others[place], clean[place], index)
            made.append(_Judged(looks[place], measured, spoiled))
    return made


def _measured(judged: Sequence[_Judged]) -> list[dict[str, float]]:
    return [each.measured for each in judged if each.measured is not None]


def samples(sampler: Sampler, clips: int, sheet: Path | None = None) -> Results:
    """Samples of held-out combinations, and all controls that can be had of them."""
    scenes, prompts = judged_prompts(clips)
    shown: dict[int, Clip] = {}

    def work(part: Sequence[int]) -> list[_Judged]:
        videos, sounds = sampler.sample([prompts[i] for i in part], part)
        shown.update((i, video) for i, video in zip(part, videos, strict=True) if i < NUM_SHOWN)
        clean = sampler.rendered([scenes[i] for i in part])
        others = sampler.rendered([unlike(scenes[i]) for i in part if i < NUM_SPOILED])
        return _judged(sampler, part, videos, sounds, clean, others)

    made = sampler.in_batches("samples", clips, work)
    if sheet is not None:
        contact_sheet([shown[index] for index in sorted(shown)], sheet)
    looks = [each.look for each in made]
    tables = {
        "samples": scores(looks, scenes),
        "samples, prompts shuffled": scores(looks, scenes[1:] + scenes[:1]),
    }
    heard: dict[str, Any] = {}
    if sampler.starter.audio_vae is not None:
        heard = sound_rows("samples", bouncing(looks, scenes), controls=True)
    spoiled = [each.spoiled for each in made if each.spoiled is not None]
    shuffled = "samples, prompts shuffled"
    return {
        "tables": tables,
        "sound": heard,
        "quality": {"samples": quality_row(_measured(made), looks, scenes)},
        "controls": chance_control(shuffled, tables[shuffled])
        | sound_controls(heard)
        | spoiled_controls(_measured(made)[: len(spoiled)], spoiled),
    }


def show_samples(sampler: Sampler, sheet: Path) -> None:
    """A contact sheet of the first samples, as `samples` makes them."""
    _, prompts = judged_prompts(NUM_SHOWN)

    def work(part: Sequence[int]) -> list[Clip]:
        return sampler.sample([prompts[i] for i in part], part)[0]

    contact_sheet(sampler.in_batches("contact sheet", NUM_SHOWN, work), sheet)


def trained(sampler: Sampler, clips: int) -> Results:
    """Samples of combinations that training draws from."""
    scenes, looks = _sampled(sampler, "trained", clips, sampler.plan, held_out=False)
    title = "samples, trained combinations"
    heard = sound_rows(title, bouncing(looks, scenes)) if looks[0].onsets is not None else {}
    return {"tables": {title: scores(looks, scenes)}, "sound": heard}


def unconditional(sampler: Sampler, clips: int) -> Results:
    """A control: samples that were told nothing, held to prompts."""
    plan = replace(sampler.plan, guidance=1.0)  # there is nothing to steer away from
    scenes, looks = _sampled(sampler, "unconditional", clips, plan, unsaid=True)
    table = scores(looks, scenes)
    title = "unconditional"
    return {"tables": {title: table}, "controls": chance_control(title, table)}


def without_sound(sampler: Sampler, clips: int) -> Results:
    plan = replace(sampler.plan, audio=False)
    scenes, looks = _sampled(sampler, "without sound", clips, plan)
    return {"tables": {"without sound": scores(looks, scenes)}}


def causal(sampler: Sampler, clips: int) -> Results:
    """Samples without a look ahead."""
    plan = replace(sampler.plan, mode="causal")
    scenes, looks = _sampled(sampler, "causal", clips, plan)
    return {"tables": {"causal": scores(looks, scenes)}}


def long(sampler: Sampler, clips: int) -> Results:
    """Samples of twice the length."""
    scenes, looks = _sampled(sampler, "65 frames", clips, sampler.plan, frames=17)
    return {"tables": {"65 frames": scores(looks, scenes)}}


def other_steps(sampler: Sampler, clips: int, steps: int) -> Results:
    plan = replace(sampler.plan, steps=steps)
    scenes, looks = _sampled(sampler, f"{steps} steps", clips, plan)
    return {"tables": {f"{steps} steps": scores(looks, scenes)}}


def sound_of_steps(sampler: Sampler, clips: int, steps: int) -> Results:
    """How sound meets picture in clips of few steps that bounce."""
    if sampler.starter.audio_vae is None:
        return {}
    plan = replace(sampler.plan, steps=steps)
    title = f"samples, {steps} steps"
    _, looks = _sampled(sampler, f"sound of {steps} steps", clips, plan, motion="bounce")
    return {"sound": sound_rows(title, looks)}


def _sampled(
    sampler: Sampler,
    title: str,
    clips: int,
    plan: SamplingPlan,
    *,
    held_out: bool = True,
    motion: str | None = None,
    unsaid: bool = False,
    frames: int = LATENT_FRAMES,
) -> tuple[list[Scene], list[Look]]:
    scenes, prompts = judged_prompts(clips, held_out, motion)

    def work(part: Sequence[int]) -> list[Look]:
        said = ["" if unsaid else prompts[index] for index in part]
        return sampler.looks(*sampler.sample(said, part, plan, frames))

    return scenes, sampler.in_batches(title, len(scenes), work)


def streamed(sampler: Sampler, clips: int, steps: int = 4) -> Results:
    """Clips made chunk by chunk, as `StarterFamily.stream` makes them."""
    scenes, prompts = judged_prompts(clips)
    sigmas = shifted_sigmas(steps, sampler.plan.shift)
    starter, plan = sampler.starter, sampler.plan

    def work(part: Sequence[int]) -> list[Look]:
        looks = []
        for index in part:
            with sampler.timed("sampling"):
                nothing_T = torch.zeros(LATENT_FRAMES, dtype=torch.bool)
                text = led_by(starter, [prompts[index]], plan, nothing_T).text
                noise = noise_for(starter, [index], False)[0]
                stream = CausalStream(starter.dit, text, LATENT_FRAMES, plan.guidance)
                latents = torch.cat(list(sampled_chunks(stream, noise, sigmas)), dim=2)
            with sampler.timed("decoding"):
                videos = decode_clips(starter.vae, latents)
            looks += sampler.looks(videos)
        return looks

    made = sampler.in_batches("streamed", clips, work)
    return {"tables": {f"streamed, {steps} steps": scores(made, scenes)}}
