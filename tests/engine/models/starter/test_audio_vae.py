"""The sound autoencoder and its synthesiser: what holds whatever it has learned."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from engine.models.starter.audio_vae import SAMPLES, AudioVAE, num_latents
from engine.models.starter.config import AudioVaeConfig
from engine.models.starter.synthesis import HOP, NUM_VOICES, PERIOD, RATE, play, stream, voices


@pytest.fixture(scope="module")
def table() -> torch.Tensor:
    return voices()


@pytest.fixture(scope="module")
def vae() -> AudioVAE:
    torch.manual_seed(0)
    return AudioVAE(AudioVaeConfig(latent_channels=3, width=8)).eval().requires_grad_(False)


def test_latents_cover_a_duration_and_no_more() -> None:
    assert num_latents(Fraction(33, 16)) == 52
    assert num_latents(Fraction(2)) == 50
    assert num_latents(0.04) == 1


def test_sound_goes_through_and_keeps_its_length(vae: AudioVAE) -> None:
    latent = vae.encode(torch.randn(2, 33_000) * 0.1)
    assert latent.shape == (2, 52, 3)
    sound = vae.decode(latent)
    assert sound.shape == (2, 52 * SAMPLES)
    assert sound.abs().max() <= 1.0


def test_voices_repeat_without_a_seam(table: torch.Tensor) -> None:
    jump = (table[:, 0] - table[:, -1]).abs()
    steps = table.diff(dim=1).abs().amax(1)
    assert table.shape == (NUM_VOICES, PERIOD)
    assert (jump <= steps * 1.01).all()


def test_a_stream_of_seconds_is_the_whole_bit_for_bit(table: torch.Tensor) -> None:
    loudness = torch.rand(1, NUM_VOICES, 620, generator=torch.Generator().manual_seed(0))
    assert torch.equal(torch.cat(list(stream(loudness, table)), 1), play(loudness, table))


def test_a_voice_is_heard_when_it_is_told_to(table: torch.Tensor) -> None:
    loudness = torch.zeros(1, NUM_VOICES, 100)
    loudness[:, 30, 50:] = 1.0
    sound = play(loudness, table)[0]
    assert sound[: 49 * HOP].abs().max() == 0.0
    assert sound[50 * HOP : 50 * HOP + RATE // 50].abs().max() > 0.9


def test_silence_and_noise_are_told_apart_by_the_encoder(vae: AudioVAE) -> None:
    quiet, loud = vae.encode(torch.zeros(1, 6400)), vae.encode(torch.randn(1, 6400) * 0.3)
    assert torch.isfinite(quiet).all()
    assert not torch.allclose(quiet, loud, atol=1e-3)
