"""Samples clips for a report in batches: says how far it is, and knows what its time went into."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TextIO, TypeVar

import torch
from torch import Tensor

from engine.models.starter.load import Starter
from engine.models.starter.training.checker import Subject, find_subject
from engine.models.starter.training.evaluate import decode_clips
from engine.models.starter.training.generate import (
    LATENT_FRAMES,
    Changed,
    Given,
    SamplingPlan,
    generate_latents,
)
from engine.models.starter.training.looks import Clip, Look, Sound, look_at
from engine.models.starter.training.scene import Scene
from engine.models.starter.training.sounds import num_samples
from engine.models.starter.training.world import render, to_model_range

T = TypeVar("T")

BATCH: Final = 4  # clips: from 16 on they outgrow a core's cache, and take a quarter longer
_SAID_EVERY: Final = 20.0  # seconds between lines where none can be written over


@dataclass
class ProgressLine:
    """One line that is written over where that can be done, else a line now and then."""

    stream: TextIO
    now: Callable[[], float] = time.monotonic
    _said: float | None = None

    def say(self, text: str, last: bool = False) -> None:
        """Say how far the work is; `last` ends the line."""
        if self.stream.isatty():
            self.stream.write(f"\r\x1b[K{text}" + "\n" * last)
        elif last or self._said is None or self.now() - self._said >= _SAID_EVERY:
            self.stream.write(f"{text}\n")
            self._said = None if last else self.now()
        self.stream.flush()


@dataclass
class Sampler:
    """The model, and what it spent: seconds of a core by stage."""

    starter: Starter
    plan: SamplingPlan
    line: ProgressLine
    spent: dict[str, float] = field(default_factory=dict)

    def in_batches(
        self,
        title: str,
        count: int,
        work: Callable[[Sequence[int]], Sequence[T]],
        parts: Sequence[Sequence[int]] | None = None,
    ) -> list[T]:
        """What `work` makes of clips 0 to `count`, in their order: a batch at a time, or in the
        parts that are named.
        """
        all_of = range(count)
        parts = parts or [all_of[start : start + BATCH] for start in range(0, count, BATCH)]
        begun = time.monotonic()
        made: dict[int, T] = {}
        self.line.say(f"{title}: 0 of {count} clips")
        for part in parts:
            made.update(zip(part, work(part), strict=True))
            self._say(title, len(made), count, time.monotonic() - begun)
        return [made[index] for index in all_of]

    def _say(self, title: str, done: int, count: int, seconds: float) -> None:
        left = f", {seconds / done * (count - done) / 60:.1f} min to go" if done < count else ""
        text = f"{title}: {done} of {count} clips, {seconds / done:.2f} s each{left}"
        self.line.say(text, last=done == count)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Counts what this process computes as spent in a stage."""
        begun = time.process_time()
        try:
            yield
        finally:
            self.spent[stage] = self.spent.get(stage, 0.0) + time.process_time() - begun

    def sample(
        self,
        prompts: Sequence[str],
        seeds: Sequence[int],
        plan: SamplingPlan | None = None,
        frames: int = LATENT_FRAMES,
        given: Given | None = None,
        changed: Changed | None = None,
    ) -> tuple[list[Clip], list[Sound]]:
        """A clip a prompt, and its sound where the plan asks for it (else there is no sound)."""
        with self.timed("sampling"):
            video, *audio = generate_latents(
                self.starter, prompts, plan or self.plan, seeds, frames, given, changed
            )
        with self.timed("decoding"):
            clips = decode_clips(self.starter.vae, video)
            sounds = [sound for latent in audio for sound in self.heard(latent, len(clips[0]))]
        return clips, sounds

    def heard(self, latent_BAD: Tensor, frames: int) -> list[Sound]:
        """Sounds as long as their frames are shown."""
        assert self.starter.audio_vae is not None
        with torch.inference_mode():
            return list(self.starter.audio_vae.decode(latent_BAD)[:, : num_samples(frames)].numpy())

    def rendered(self, scenes: Sequence[Scene]) -> list[Clip]:
        """The scenes as they truly are."""
        with self.timed("rendering"):
            return [render(scene).numpy() for scene in scenes]

    def encoded(self, clips: Sequence[Clip]) -> Tensor:
        """Latents of clips, or of pictures (clips of one frame), [B, C, T, 8, 8]."""
        with self.timed("encoding"), torch.inference_mode():
            videos = torch.stack([torch.from_numpy(clip) for clip in clips])
            latents: Tensor = self.starter.vae.encode(to_model_range(videos).contiguous())
        return latents

    def subjects(self, clips: Sequence[Clip]) -> list[Subject]:
        """Where the clips' subjects are."""
        with self.timed("checking"):
            return [find_subject(clip) for clip in clips]

    def looks(
        self,
        clips: Sequence[Clip],
        sounds: Sequence[Sound] = (),
        subjects: Sequence[Subject] = (),
    ) -> list[Look]:
        """What the clips show, where their subjects may be known already; they are heard where
        there are sounds.
        """
        subjects = subjects or self.subjects(clips)
        with self.timed("checking"):
            heard: Sequence[Sound | None] = sounds or [None] * len(clips)
            return [look_at(*each) for each in zip(clips, heard, subjects, strict=True)]
