"""Parts of a report on clips that are made from pictures or from other clips: each way with what
the truth scores, and with a control that must fail.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import torch

from engine.models.starter.training.editing_checks import (
    Checks,
    check_extended,
    check_pictured,
    check_restyled,
)
from engine.models.starter.training.evaluate import HELD_OUT_SEED, check_table, judged_prompts
from engine.models.starter.training.generate import LATENT_FRAMES, Changed, Given
from engine.models.starter.training.looks import Clip, Look
from engine.models.starter.training.measured import Results
from engine.models.starter.training.prompts import write_prompt
from engine.models.starter.training.rows import CHANCE, scores
from engine.models.starter.training.sampler import Sampler
from engine.models.starter.training.scene import BACKGROUNDS, COLOURS, Scene
from engine.models.starter.vae import GROUP

BEGINNING: Final = 17  # frames that a clip is gone on from


Seen = tuple[Clip, Look]


@dataclass(frozen=True, eq=False)
class _Edited:
    """One clip by its checker: what was made, the truth, and the control that must fail."""

    look: Look
    made: Checks
    true: Checks
    control: Checks


def restyled(sampler: Sampler, clips: int, attribute: str, strength: float) -> Results:
    """Videos that get another colour, or another background."""
    scenes, _ = judged_prompts(clips)
    wanted = [_restyled_scene(scene, attribute) for scene in scenes]
    rng = np.random.default_rng(HELD_OUT_SEED)
    said = [write_prompt(scene, rng, complete=True) for scene in wanted]
    plan = replace(sampler.plan, audio=False)  # as the product does it

    def work(part: Sequence[int]) -> list[_Edited]:
        sources = sampler.rendered([scenes[i] for i in part])
        changed = Changed(sampler.encoded(sources), strength)
        prompts = [said[i] for i in part]
        made = sampler.looks(sampler.sample(prompts, part, plan, changed=changed)[0])
        true = sampler.looks(sampler.rendered([wanted[i] for i in part]))
        source = sampler.looks(sources)
        return [
            _Edited(m, *(check_restyled(attribute, s, look, wanted[i]) for look in (m, t, s)))
            for i, s, m, t in zip(part, source, made, true, strict=True)
        ]

    title = f"another {attribute}, strength {strength}"
    made = sampler.in_batches(title, clips, work)
    return {"editing": _rows(title, made), "controls": _control(title, "source unchanged", made)}


def _restyled_scene(scene: Scene, attribute: str) -> Scene:
    """The scene with the third colour, or background, after its own."""
    names = list(COLOURS) if attribute == "colour" else list(BACKGROUNDS)
    own = names.index(scene.colour if attribute == "colour" else scene.background)
    other = names[(own + 3) % len(names)]
    if attribute == "colour":
        return replace(scene, colour=other)
    return replace(scene, background=other)


def extended(sampler: Sampler, clips: int) -> Results:
    """Clips that are gone on from their first frames, without a word."""
    known_T = torch.arange(LATENT_FRAMES) < 1 + BEGINNING // GROUP

    def given(_: Sequence[int], sources: Sequence[Clip]) -> Given:
        return Given(sampler.encoded(sources), known_T)

    def check(_: int, scene: Scene, source: Seen, made: Seen) -> Checks:
        return check_extended(*source, *made, scene, BEGINNING)

    def stopped(source: Clip, _: Clip) -> Clip:
        rest = np.repeat(source[BEGINNING - 1][None], len(source) - BEGINNING, axis=0)
        return np.concatenate([source[:BEGINNING], rest])

    title = f"gone on from {BEGINNING} frames, no words"
    scenes, made = _made(sampler, title, clips, _Way(given, check, stopped), unsaid=True)
    # A clip that stands still from there on is right where the subject stands still.
    moving = [scene.motion != "still" for scene in scenes]
    return {
        "tables": {title: scores([each.look for each in made], scenes)},
        "editing": _rows(title, made),
        "controls": _control(title, "stopped", made, moving),
    }


def pictured(
    sampler: Sampler, clips: int, title: str, places: Sequence[int], unsaid: bool = False
) -> Results:
    """Clips with pictures at the given latent frames (the last of four frames each)."""
    way = _with_pictures(sampler, lambda _: places)
    scenes, made = _made(sampler, title, clips, way, unsaid=unsaid)
    return {
        "tables": {title: scores([each.look for each in made], scenes)},
        "editing": _rows(title, made),
        "controls": _control(title, "another clip", made),
    }


def anywhere(sampler: Sampler, clips: int) -> Results:
    """Clips with a picture at one frame, each latent frame in turn, and a prompt."""
    title = "picture at any frame, and prompt"
    way = _with_pictures(sampler, lambda index: [index % LATENT_FRAMES])
    turns = [range(place, clips, LATENT_FRAMES) for place in range(min(clips, LATENT_FRAMES))]
    _, made = _made(sampler, title, clips, way, parts=turns)
    return {"editing": _rows(title, made), "controls": _control(title, "another clip", made)}


def _with_pictures(sampler: Sampler, places: Callable[[int], Sequence[int]]) -> _Way:
    """Pictures at latent places that depend on a clip's number; the same throughout a batch."""

    def given(part: Sequence[int], sources: Sequence[Clip]) -> Given:
        return keyframes(sampler, sources, places(part[0]))

    def check(index: int, scene: Scene, source: Seen, made: Seen) -> Checks:
        frames = [place * GROUP for place in places(index)]
        return check_pictured(source[0], *made, scene, frames)

    return _Way(given, check, control=lambda source, other: other)


def keyframes(sampler: Sampler, sources: Sequence[Clip], places: Sequence[int]) -> Given:
    """Pictures of the sources, each encoded alone, at their latent places."""
    known_T = torch.zeros(LATENT_FRAMES, dtype=torch.bool)
    known_T[list(places)] = True
    pictures = [source[place * GROUP][None] for source in sources for place in places]
    alone = sampler.encoded(pictures)[:, :, 0].unflatten(0, (len(sources), len(places)))
    clips = torch.zeros(len(sources), alone.shape[2], LATENT_FRAMES, *alone.shape[3:])
    clips[:, :, list(places)] = alone.transpose(1, 2)
    return Given(clips, known_T)


@dataclass(frozen=True)
class _Way:
    """A way of editing: what is given of the true clips, how a clip is checked, and what control is
    made of the true clip and the next scene's.
    """

    given: Callable[[Sequence[int], Sequence[Clip]], Given]
    check: Callable[[int, Scene, Seen, Seen], Checks]
    control: Callable[[Clip, Clip], Clip]


def _made(
    sampler: Sampler,
    title: str,
    clips: int,
    way: _Way,
    unsaid: bool = False,
    parts: Sequence[Sequence[int]] | None = None,
) -> tuple[list[Scene], list[_Edited]]:
    """Clips made in this way, each with its checks."""
    scenes, prompts = judged_prompts(clips)

    def seen(videos: Sequence[Clip]) -> list[Seen]:
        return list(zip(videos, sampler.looks(videos), strict=True))

    def work(part: Sequence[int]) -> list[_Edited]:
        sources = sampler.rendered([scenes[i] for i in part])
        others = sampler.rendered([scenes[(i + 1) % clips] for i in part])
        said = ["" if unsaid else prompts[i] for i in part]
        videos, _ = sampler.sample(said, part, given=way.given(part, sources))
        spoiled = [way.control(own, other) for own, other in zip(sources, others, strict=True)]
        sides = zip(part, seen(videos), seen(sources), seen(spoiled), strict=True)
        return [
            _Edited(made[1], *(way.check(i, scenes[i], true, some) for some in (made, true, bad)))
            for i, made, true, bad in sides
        ]

    return scenes, sampler.in_batches(title, clips, work, parts)


def _rows(title: str, made: Sequence[_Edited]) -> dict[str, Any]:
    return {
        title: check_table([each.made for each in made]),
        f"{title}: ground truth": check_table([each.true for each in made]),
    }


def _control(
    title: str, how: str, made: Sequence[_Edited], counts: Sequence[bool] | None = None
) -> dict[str, Any]:
    """That what is not as it should be does not pass, in those clips that count."""
    counts = counts or [True] * len(made)
    passed = [all(e.control.values()) for e, counted in zip(made, counts, strict=True) if counted]
    share = sum(passed) / max(1, len(passed))
    return {f"{title}: {how}": {"measured": share, "n": len(passed), "fails": share <= CHANCE}}
