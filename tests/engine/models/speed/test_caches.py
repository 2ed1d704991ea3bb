"""A step cache leaves out what diffusers' pipelines leave out, and is resumed from any step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from torch import nn

from engine.errors import Cancelled, InvalidInput
from engine.models.diffusion.family import Step
from engine.models.interruption import interruptible
from engine.models.parallel import Team, together
from engine.models.residency import Residency
from engine.models.speed.blocks import blocks_of
from engine.models.speed.caches import REMEMBERED, config_of
from engine.values import Speed, VideoModel
from tests.engine.models.conftest import TinyModel
from tests.engine.models.sampling_runs import (
    as_bytes,
    assert_resumes,
    assert_same,
    clip_of,
    frames_of,
    keyframe,
    loaded,
    picture,
    pil,
    request_of,
    states_of,
    upstream,
)

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array_:DeprecationWarning", "ignore:In CPU autocast"
)
STEPS = 8
TAYLORSEER = Speed("taylorseer", interval=2)
MAGCACHE = Speed("magcache", threshold=0.5, magnitudes=(1.0, 0.9, 0.95, 0.9, 1.0, 0.9))


def first_block(threshold: float) -> Speed:
    return Speed("first block", threshold=threshold)


def each_cache(first: Speed) -> Any:
    caches = [first, MAGCACHE, TAYLORSEER]
    return pytest.mark.parametrize("speed", caches, ids=lambda speed: speed.cache)


def sped_up(model: Any, speed: Speed) -> Any:
    model.adapt(replace(model.handle, speed=speed))
    return model


@contextmanager
def counted(model: Any) -> Iterator[list[int]]:
    """How often each denoiser computed its last block's attention."""
    counts = [0 for _ in denoisers(model)]
    hooks = []
    for index, denoiser in enumerate(denoisers(model)):

        def count(*_: object, index: int = index) -> None:
            counts[index] += 1

        last = blocks_of(denoiser)[-1]
        attention = last.attn1 if hasattr(last, "attn1") else last.attn
        hooks.append(attention.register_forward_pre_hook(count))
    try:
        yield counts
    finally:
        for hook in hooks:
            hook.remove()


def denoisers(model: Any) -> list[nn.Module]:
    names = ("transformer", "transformer_2")
    return [model.parts.get(name) for name in names if model.parts.get(name) is not None]


@contextmanager
def enabled(model: Any, speed: Speed, request: Any) -> Iterator[None]:
    """The cache as a user of diffusers turns it on."""
    for denoiser in denoisers(model):
        denoiser.enable_cache(config_of(speed, denoiser, request))
    try:
        yield
    finally:
        for denoiser in denoisers(model):
            denoiser._reset_stateful_cache()
            denoiser.disable_cache()


def compare(
    model: Any,
    speed: Speed,
    frames: int,
    pipeline: Any = None,
    latent: bool = False,
    options: Any = (),
    **asked: Any,
) -> None:
    """Ours against theirs: what is made of it, and how often blocks were computed."""
    plain = sped_up(model, Speed())
    request = request_of(plain, frames, steps=STEPS, **asked)
    with counted(model) as all_counts:
        uncached = states_of(model, request)[-1]
    sped_up(model, speed)
    with counted(model) as counts:
        states = states_of(model, request)
    with counted(model) as theirs, enabled(model, speed, request):
        made = upstream(
            model,
            frames,
            pipeline,
            num_inference_steps=STEPS,
            **{"output_type": "latent" if latent else "np", **dict(options)},
        ).frames
    assert counts == theirs
    assert all(0 < count < most for count, most in zip(counts, all_counts, strict=True)), counts
    if latent:
        assert torch.equal(states[-1].tensors["latent"], made)
    else:
        assert np.array_equal(frames_of(model, request, states[-1]), as_bytes(made[0]))
    assert not torch.equal(states[-1].tensors["latent"], uncached.tensors["latent"])
    assert_resumes(model, request, states)


def wan(model: Any, name: str = "WanPipeline", **options: Any) -> Any:
    parts = {n: p for n, p in model.parts.parts.items() if not n.startswith("image_")}
    made = getattr(diffusers, name)(**parts, **options)
    made.set_progress_bar_config(disable=True)
    return made


@pytest.mark.proves("wan", "speed")
@each_cache(first_block(0.4))
def test_wan_from_words(tiny_model: TinyModel, speed: Speed) -> None:
    model = loaded("wan", tiny_model("wan"))
    compare(model, speed, 5, wan(model))


@each_cache(first_block(0.2))
def test_wan_from_a_first_and_a_last_picture(tiny_model: TinyModel, speed: Speed) -> None:
    model = loaded("wan", tiny_model("wan", kind="ends"))
    shown = {"image": pil(picture(0)), "last_image": pil(picture(1))}
    compare(model, speed, 5, options=shown, keyframes=(keyframe(0, 0), keyframe(1, -1)))


@each_cache(first_block(0.5))
def test_the_two_experts_of_wan_remember_each_its_own(tiny_model: TinyModel, speed: Speed) -> None:
    model = loaded("wan", tiny_model("wan", kind="experts", scheduler="unipc"))
    compare(model, speed, 5, wan(model, boundary_ratio=0.8))


@each_cache(first_block(0.3))
def test_the_small_wan(tiny_model: TinyModel, speed: Speed) -> None:
    model = loaded("wan", tiny_model("wan", kind="small"))
    compare(model, speed, 5, wan(model, expand_timesteps=True))


def test_wan_with_a_guiding_video(tiny_model: TinyModel) -> None:
    model = loaded("wan", tiny_model("wan", kind="guided"))
    shown = {"video": [pil(picture(seed)) for seed in range(5)]}
    compare(model, TAYLORSEER, 5, options=shown, control=clip_of(5))


@pytest.mark.proves("ltx", "speed")
@each_cache(first_block(0.2))
def test_ltx_video(tiny_model: TinyModel, speed: Speed) -> None:
    model = loaded("ltx", tiny_model("ltx", layers=2))
    compare(model, speed, 9, options={"frame_rate": 24})


@pytest.mark.proves("ltx2", "speed")
def test_ltx2_forecasts_picture_and_sound(tiny_model: TinyModel) -> None:
    model = loaded("ltx2", tiny_model("ltx2"))
    compare(model, TAYLORSEER, 9, options={"spatio_temporal_guidance_blocks": [1]})


@pytest.mark.proves("hunyuan", "speed")
@each_cache(first_block(0.5))
def test_hunyuan_video(tiny_model: TinyModel, speed: Speed) -> None:
    model = loaded("hunyuan", tiny_model("hunyuan"))
    compare(model, speed, 5, options={"negative_prompt": None}, negative=None)


@pytest.mark.proves("hunyuan15", "speed")
@each_cache(first_block(0.5))
def test_hunyuan_video_15(tiny_model: TinyModel, speed: Speed) -> None:
    model = loaded("hunyuan15", tiny_model("hunyuan15"))
    model.pipeline.guider.guidance_scale = 3.0
    compare(model, speed, 5, options={"guidance_scale": None})


@pytest.mark.proves("cogvideox", "speed")
@each_cache(first_block(0.5))
def test_cogvideox(tiny_model: TinyModel, speed: Speed) -> None:
    compare(loaded("cogvideox", tiny_model("cogvideox", scheduler="ddim")), speed, 9)


@pytest.mark.proves("mochi", "speed")
@each_cache(first_block(0.4))
def test_mochi(tiny_model: TinyModel, speed: Speed) -> None:
    compare(loaded("mochi", tiny_model("mochi")), speed, 7, latent=True)


@pytest.fixture
def words(tiny_model: TinyModel) -> Any:
    return loaded("wan", tiny_model("wan"))


@each_cache(first_block(0.4))
def test_nothing_is_left_on_a_model_that_goes_back(words: Any, speed: Speed) -> None:
    request = request_of(words, 5, steps=STEPS)
    before = states_of(words, request)
    states_of(sped_up(words, speed), request)
    for one, other in zip(states_of(sped_up(words, Speed()), request), before, strict=True):
        assert_same(one, other)


@each_cache(first_block(0.4))
def test_samples_that_take_turns_do_not_share_what_is_remembered(words: Any, speed: Speed) -> None:
    sped_up(words, speed)
    requests = [request_of(words, 5, steps=STEPS, seed=seed) for seed in (1, 2)]
    alone = [states_of(words, request) for request in requests]
    states = [words.begin(request) for request in requests]
    for step in range(STEPS):
        states = [words.step(r, state) for r, state in zip(requests, states, strict=True)]
        for state, expected in zip(states, alone, strict=True):
            assert_same(state, expected[step + 1])


@each_cache(first_block(0.4))
def test_a_step_that_failed_halfway_is_the_same_when_taken_again(
    words: Any, speed: Speed, monkeypatch: pytest.MonkeyPatch
) -> None:
    sped_up(words, speed)
    request = request_of(words, 5, steps=STEPS)
    states = states_of(words, request)
    for state, after in pairwise(states):
        monkeypatch.setattr(Step, "solved", out_of_memory)
        with pytest.raises(torch.OutOfMemoryError):
            words.step(request, state)
        monkeypatch.undo()
        with pytest.raises(Cancelled), interruptible(stop):
            words.step(request, state)
        assert_same(words.step(request, state), after)
    assert not any(hook for each in words.parts["transformer"].modules() for hook in hooks(each))


def out_of_memory(*_: Any, **__: Any) -> None:
    raise torch.OutOfMemoryError("late")


def stop() -> None:
    raise Cancelled()


def hooks(module: nn.Module) -> tuple[str, ...]:
    registry = getattr(module, "_diffusers_hook", None)
    return tuple(registry.hooks) if registry else ()


def test_blocks_that_come_one_by_one_are_passed_over_too(words: Any) -> None:
    sped_up(words, first_block(0.4))
    request = request_of(words, 5, steps=STEPS)
    expected = states_of(words, request)
    while words.spare_memory() is not None:
        for one, other in zip(states_of(words, request), expected, strict=True):
            assert_same(one, other)
    assert words.placed.way.in_blocks


def test_a_state_from_before_a_cache_ended_its_work_keeps_no_leftovers(words: Any) -> None:
    """MagCache forgets all after the last step: so does the state."""
    request = request_of(sped_up(words, MAGCACHE), 5, steps=STEPS)
    *_, before, last = states_of(words, request)
    assert any(name.startswith(REMEMBERED) for name in before.tensors)
    assert not any(name.startswith(REMEMBERED) for name in last.tensors)


def test_magcache_goes_by_what_was_measured_from_where_a_changed_video_starts(words: Any) -> None:
    request = request_of(words, 5, steps=STEPS, source=clip_of(5), strength=0.5)
    config = config_of(
        replace(MAGCACHE, magnitudes=tuple(range(8))), words.parts["transformer"], request
    )
    assert config.mag_ratios.tolist() == [4, 5, 6, 7]
    assert config.num_inference_steps == len(states_of(words, request)) - 1


@pytest.mark.parametrize(
    ("family", "options", "cache", "said"),
    [
        ("wan", {"kind": "guided"}, "first block", "Wan cannot use.*'first block'.*'taylorseer'"),
        ("wan", {"kind": "guided"}, "magcache", "Wan cannot use.*'magcache'.*'taylorseer'"),
        ("ltx2", {}, "first block", "LTX-2 cannot use"),
        ("ltx2", {}, "magcache", "LTX-2 cannot use"),
        ("ltx", {}, "first block", "has one block"),
    ],
)
def test_a_cache_that_is_not_sound_for_a_model_is_refused(
    tiny_model: TinyModel, family: str, options: dict[str, str], cache: Any, said: str
) -> None:
    model = sped_up(loaded(family, tiny_model(family, **options)), Speed(cache, threshold=0.1))
    with pytest.raises(InvalidInput, match=said):
        model.begin(request_of(model, 9))


def test_several_gpus_are_refused(words: Any) -> None:
    request = request_of(sped_up(words, TAYLORSEER), 5)
    state = words.begin(request)
    with together(Team(None, 0, 2)), pytest.raises(InvalidInput, match="across several GPUs"):
        words.step(request, state)


def test_the_residency_turns_a_cache_on_and_off_without_loading_or_reading_anything_anew(
    tiny_model: TinyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    residency = Residency(device="cpu", budget=1 << 30)
    folder = tiny_model("wan")
    handle = VideoModel("wan", str(folder), "digest")
    model: Any = residency.get(handle)
    request = request_of(model, 5, steps=STEPS)
    plain = states_of(model, request)[-1]
    monkeypatch.setattr(type(model.parts), "adapt", None)  # which would read a LoRA's weights
    fast = replace(handle, speed=TAYLORSEER)
    assert residency.get(fast) is model
    assert model.handle == fast
    assert not torch.equal(states_of(model, request)[-1].tensors["latent"], plain.tensors["latent"])
    assert residency.get(handle) is model
    assert_same(states_of(model, request)[-1], plain)
    assert residency.loaded == (handle,)


def test_what_is_done_is_said(words: Any) -> None:
    request = request_of(words, 5)
    assert words.settle_memory(request) is None
    said = sped_up(words, TAYLORSEER).settle_memory(request)
    assert said == "Speed: step cache 'taylorseer'."
