"""What VAEs take to decode, as written down, against PyTorch's own counter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from engine.models.costs.blueprint import STARTER_DECODING
from engine.models.loading.architectures import Published, published
from engine.models.loading.classes import find_class
from engine.models.starter.config import StarterConfig
from engine.models.starter.vae import StarterVAE

ASSETS = Path(__file__).parents[4] / "assets"
MODELS = (
    "wan2.1-t2v-1.3b",
    "wan2.2-ti2v-5b",
    "ltx-video-0.9.5",
    "ltx-2",
    "mochi-1-preview",
    "cogvideox-5b",
    "hunyuan-video",
    "hunyuan-video-1.5-480p-t2v",
)


def counted(decode: Any, channels: int, frames: int, *more: Any) -> tuple[int, tuple[int, ...]]:
    """FLOPs, and the shape of the video."""
    plain = sdpa_kernel(SDPBackend.MATH)
    latent = torch.empty(1, channels, frames, 16, 16, device="meta")
    with torch.no_grad(), plain, FlopCounterMode(display=False) as counter:
        video = decode(latent, *more)
    return counter.get_total_flops(), tuple(video.shape)


@pytest.mark.parametrize("model", MODELS)
def test_decoding_is_what_pytorch_counts(model: str) -> None:
    """The first frame, and those of two latent frames more."""
    known: Published = published(model)["vae"]
    assert known.decoding is not None
    with torch.device("meta"):
        vae: Any = find_class(known.kind, "diffusers", where="").from_config(known.config)  # type: ignore[attr-defined]
    vae.use_framewise_decoding = False
    level = [torch.empty(1, device="meta")] if vae.config.get("timestep_conditioning") else []
    channels = vae.config.get("z_dim") or vae.config["latent_channels"]

    def decode(latent: Any) -> Any:
        return vae.decode(latent, *level, return_dict=False)[0]

    first, (_, _, _, height, width) = counted(decode, channels, 1)
    all_three, (_, _, frames, _, _) = counted(decode, channels, 3)
    pixels = height * width
    later = (frames - 1) // 2 * 2  # Mochi makes six of its first latent frame, and drops five
    assert first == pytest.approx(pixels * known.decoding[0], rel=0.01)
    assert all_three - first == pytest.approx(pixels * known.decoding[1] * later, rel=0.01)


def test_latte_s_pictures_take_the_same_each() -> None:
    known = published("latte-1")["vae"]
    with torch.device("meta"):
        vae: Any = find_class(known.kind, "diffusers", where="").from_config(known.config)  # type: ignore[attr-defined]
    one, _ = counted(lambda latent: vae.decode(latent[:, :, 0]).sample, 4, 1)
    assert known.decoding is not None
    assert one == pytest.approx(128 * 128 * known.decoding[0], rel=0.01)
    assert known.decoding[0] == known.decoding[1]


def test_the_starter_too() -> None:
    document = json.loads((ASSETS / "starter" / "starter.json").read_text())
    with torch.device("meta"):
        vae = StarterVAE(StarterConfig.from_json(document["config"]).vae)
    first, _ = counted(lambda latent: vae.decode_raw(latent.transpose(1, 2)), 8, 1)
    three, _ = counted(lambda latent: vae.decode_raw(latent.transpose(1, 2)), 8, 3)
    pixels = 128 * 128
    assert first == pytest.approx(pixels * STARTER_DECODING[0], rel=0.01)
    assert three - first == pytest.approx(pixels * STARTER_DECODING[1] * 8, rel=0.01)
