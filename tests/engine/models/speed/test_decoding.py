"""Decoding in half precision: near what float32 makes, undone to the bit, and the user's choice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKLWan, WanPipeline
from numpy.typing import NDArray
from torch import Tensor

from engine.models.families import GENERIC, families
from engine.models.memory.settling import need_of
from engine.models.speed.decoding import half_bytes
from engine.values import Latent, Speed
from tests.engine.models.conftest import TinyModel
from tests.engine.models.held_memory import HeldMemory
from tests.engine.models.sampling_runs import (
    as_bytes,
    assert_same,
    clip_of,
    frames_of,
    loaded,
    request_of,
    states_of,
    upstream,
)

pytestmark = pytest.mark.filterwarnings("ignore:__array_:DeprecationWarning")
NEAR = 40.0
HALF = Speed(decoding="bfloat16")
TILES = [None, 1]
"""What decoding may take: all there is, and so little that it goes in tiles."""


@pytest.fixture
def wan(tiny_model: TinyModel) -> Any:
    model = loaded("wan", tiny_model("wan"))
    model.parts["vae"].enable_tiling(64, 64, 48, 48)
    model.parts["vae"].disable_tiling()
    return model


def turned(model: Any, speed: Speed) -> Any:
    model.adapt(replace(model.handle, speed=speed))
    return model


def latent_of(model: Any, length: int = 3) -> Latent:
    likes = model.capabilities
    video = torch.randn(
        1, likes.latent_channels, length, 11, 14, generator=torch.Generator().manual_seed(3)
    )
    return Latent(video, model.handle, 4 * length - 3, 88, 112, likes.fps)


def shown(model: Any, latent: Latent) -> NDArray[np.uint8]:
    return np.concatenate(list(model.decode(latent)))


def psnr(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    error = np.square(one.astype(np.float64) - other).mean()
    return float(10 * np.log10(255**2 / error))


@pytest.mark.parametrize("budget", TILES)
def test_frames_are_near_and_the_latent_is_the_same_and_off_again_so_are_the_frames(
    wan: Any, budget: int | None
) -> None:
    wan.decoding_bytes, latent = budget, latent_of(wan)
    request = request_of(wan, 5)
    states, exact = states_of(wan, request), shown(wan, latent)
    turned(wan, HALF)
    for before, now in zip(states, states_of(wan, request), strict=True):
        assert_same(before, now)
    near = shown(wan, latent)
    assert psnr(exact, near) >= NEAR
    assert not np.array_equal(exact, near)
    assert np.array_equal(shown(turned(wan, Speed()), latent), exact)


def test_it_is_what_the_pipeline_makes_with_a_vae_that_was_loaded_in_bfloat16(
    tiny_model: TinyModel, wan: Any
) -> None:
    folder = tiny_model("wan")
    vae = AutoencoderKLWan.from_pretrained(folder / "vae", torch_dtype=torch.bfloat16)
    request = request_of(wan, 5)
    wanted = upstream(wan, 5, WanPipeline(**{**wan.parts.parts, "vae": vae})).frames[0]
    last = states_of(turned(wan, HALF), request)[-1]
    assert np.array_equal(frames_of(wan, request, last), as_bytes(wanted))


@pytest.mark.parametrize("budget", TILES)
def test_a_stream_stays_itself_whatever_is_done_between_its_frames(
    wan: Any, budget: int | None
) -> None:
    wan.decoding_bytes, latent, clip = budget, latent_of(wan), clip_of(5)
    seen, exact = wan.encode(clip).video_BCTHW, shown(wan, latent)
    whole, chunks = shown(turned(wan, HALF), latent), []
    for frames in wan.decode(latent):
        chunks.append(frames)
        assert torch.equal(wan.encode(clip).video_BCTHW, seen), "what is looked at stays exact"
        assert np.array_equal(shown(turned(wan, Speed()), latent), exact)
        turned(wan, HALF)
    assert len(chunks) == 3
    assert np.array_equal(np.concatenate(chunks), whole)


def test_weights_are_their_own_again_after_decoding_that_fails(
    wan: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    vae = wan.parts["vae"]
    before = [(each, each.data_ptr(), each.clone()) for each in vae.parameters()]

    def failing(latent_BCTHW: Tensor) -> Iterator[Tensor]:
        yield latent_BCTHW[:, :3]
        raise torch.OutOfMemoryError(str(vae.dtype))

    monkeypatch.setattr(wan, "decoded", failing)
    with pytest.raises(torch.OutOfMemoryError, match="bfloat16"):
        shown(turned(wan, HALF), latent_of(wan))
    for each, address, value in before:
        assert each.data_ptr() == address
        assert torch.equal(each, value)


@pytest.mark.parametrize("family", sorted({*families(), GENERIC} - {"starter"}))
def test_every_family_can(tiny_model: TinyModel, family: str) -> None:
    kind = {"kind": "stable"} if family == GENERIC else {}
    model = loaded(family, tiny_model(family, **kind))
    latent = replace(latent_of(model), video_BCTHW=latent_of(model).video_BCTHW[..., :4, :4])
    exact = shown(model, latent)
    assert psnr(exact, shown(turned(model, HALF), latent)) >= NEAR
    assert np.array_equal(shown(turned(model, Speed()), latent), exact)


def test_it_is_said_and_counted_where_something_is_narrowed(tiny_model: TinyModel) -> None:
    wide, half = (loaded("ltx", tiny_model("ltx"), dtype) for dtype in ("float32", "bfloat16"))
    request = request_of(wide, 9)
    for model in (wide, half):
        assert turned(model, Speed()).settle_memory(request) is None
    assert turned(wide, HALF).settle_memory(request) == "Speed: decoding in bfloat16."
    assert turned(half, HALF).settle_memory(request) is None

    more = wide.speeding.decoding_bytes(HALF)
    vae = wide.parts["vae"]
    assert more == half_bytes(vae) >= 2 * sum(each.numel() for each in vae.parameters())
    assert half.speeding.decoding_bytes(HALF) == wide.speeding.decoding_bytes(Speed()) == 0
    asked = (wide.parts.networks, wide.capabilities, request, 9)
    plain, counted = need_of(*asked), need_of(*asked, more)
    assert counted.working["decode"] == plain.working["decode"] + more
    assert counted.tiled == (plain.tiled or 0) + more


def test_what_decoding_holds_is_half(wan: Any) -> None:
    latent, peaks = latent_of(wan), []
    for speed in (Speed(), HALF):
        turned(wan, speed)
        with HeldMemory() as held:
            shown(wan, latent)
        peaks.append(held.peak - wan.speeding.decoding_bytes(speed))
    assert 0.45 < peaks[1] / peaks[0] < 0.6, peaks
