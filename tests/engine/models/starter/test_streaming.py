"""A clip made chunk by chunk: what is remembered changes nothing, and nothing waits for the end."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor

from engine.models.sampling import guided, shifted_sigmas
from engine.models.starter.config import DitConfig, VaeConfig
from engine.models.starter.dit import StarterDiT
from engine.models.starter.streaming import CausalStream, chunk_lengths, sampled_chunks
from engine.models.starter.vae import StarterVAE

CONFIG = DitConfig(latent_channels=4, width=32, num_layers=2, num_heads=2, text_width=16)
FRAMES, GUIDANCE, SIGMAS = 6, 2.0, shifted_sigmas(2, 3.0)
EXACT = 1e-4  # velocities are about 1; sums are taken in another order


@pytest.fixture(scope="module")
def dit() -> StarterDiT:
    generator = torch.Generator().manual_seed(0)
    made = StarterDiT(CONFIG).eval().requires_grad_(False)
    for parameter in made.parameters():
        parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.15)
    return made


@pytest.fixture(scope="module")
def text() -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    mask = torch.ones(2, 3, dtype=torch.bool)
    words, pooled = (torch.randn(*size, 16, generator=generator) for size in ((2, 3), (2,)))
    return words, mask, pooled


def noise() -> Tensor:
    return torch.randn(1, 4, FRAMES, 4, 4, generator=torch.Generator().manual_seed(2))


def without_memory(dit: StarterDiT, text: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """The same clip, everything computed anew at each step by causal attention over all frames."""
    latent, made = noise(), 0
    for count in chunk_lengths(FRAMES):
        end = made + count
        share = (torch.arange(end) / (FRAMES - 1)).expand(2, -1)
        for now, after in pairwise(SIGMAS):
            levels = torch.where(torch.arange(end) < made, 0.0, now).expand(2, -1)
            given = latent[:, :, :end].expand(2, -1, -1, -1, -1)
            said, unsaid = dit(given, levels, *text, "causal", share_BT=share).split(1)
            move = guided(said, unsaid, GUIDANCE)
            latent[:, :, made:end] -= move[:, :, made:] * (now - after)
        made = end
    return latent


def test_remembering_equals_computing_everything_again(
    dit: StarterDiT, text: tuple[Tensor, Tensor, Tensor]
) -> None:
    stream = CausalStream(dit, text, FRAMES, GUIDANCE)
    made = torch.cat(list(sampled_chunks(stream, noise(), SIGMAS)), dim=2)
    assert (made - without_memory(dit, text)).abs().max() < EXACT


def test_a_chunk_is_made_when_it_is_asked_for(
    dit: StarterDiT, text: tuple[Tensor, Tensor, Tensor]
) -> None:
    stream = CausalStream(dit, text, FRAMES, guidance=1.0)
    parts = sampled_chunks(stream, noise(), SIGMAS)
    assert next(parts).shape[2] == 1
    assert stream.made == 1
    assert [part.shape[2] for part in parts] == [2, 2, 1]


@pytest.mark.parametrize(("frames", "lengths"), [(1, [1]), (3, [1, 2]), (4, [1, 2, 1])])
def test_the_first_latent_frame_comes_alone(frames: int, lengths: list[int]) -> None:
    assert chunk_lengths(frames) == lengths


def test_parts_decode_to_the_same_bits_as_the_whole() -> None:
    torch.manual_seed(0)
    vae = StarterVAE(VaeConfig(latent_channels=4, fine_width=8, coarse_width=16)).eval()
    latent = torch.randn(1, 4, 5, 2, 2)
    with torch.inference_mode():
        parts = torch.cat(list(vae.decode_as_it_comes(latent.split([1, 2, 2], dim=2))), dim=2)
        assert torch.equal(parts, vae.decode(latent))
