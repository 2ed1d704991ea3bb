"""The starter's sound autoencoder: 16 kHz samples to 25 latents a second, and back.

The encoder reads two pictures of the sound, one fine in time and one fine in pitch; the decoder
says how loud each voice of the synthesiser is, ten times a latent.

Shapes: B clips, N samples, L latents (40 ms each), D latent channels, F features, V voices, K
control points.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.models.starter.config import AudioVaeConfig
from engine.models.starter.synthesis import (
    HOP,
    NUM_VOICES,
    RATE,
    note_frequency,
    play,
    stream,
    voices,
)

SAMPLES: Final = 640  # a latent's: 40 ms
_POINTS: Final = SAMPLES // HOP
_QUICK_WINDOW: Final = 256
_NUM_BANDS: Final = 32
_SLOW_WINDOW: Final = 2048
_SLOW_HOP: Final = 320
_NOTES: Final = range(-33, 40)
_FLOOR: Final = 1e-4  # of full scale: what is quieter is silence
_NUM_FEATURES: Final = _POINTS * _NUM_BANDS + SAMPLES // _SLOW_HOP * len(_NOTES)
_QUIET, _LOUDEST = -7.0, 0.5  # natural logarithms: where training starts, and the most there is


def num_latents(seconds: float | Fraction) -> int:
    """Latents that cover a duration; the last may reach past its end."""
    return max(1, -math.floor(-seconds * RATE / SAMPLES))


class _Block(nn.Module):
    """A residual convolution over three latents."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.near = nn.Conv1d(width, width, 3, padding=1)
        self.mix = nn.Conv1d(width, width, 1)
        nn.init.zeros_(self.mix.weight)

    def forward(self, x_BLD: Tensor) -> Tensor:
        inner = self.near(self.norm(x_BLD).transpose(1, 2))
        made: Tensor = x_BLD + self.mix(F.silu(inner)).transpose(1, 2)
        return made


class AudioVAE(nn.Module):
    """Sound in -1..1 to normalised latents [B, L, D] and back.

    `encode_raw` and `decode_loudness` are the same without the normalisation and the synthesiser,
    for training.
    """

    mean_D: Tensor
    deviation_D: Tensor
    notes_RN: Tensor
    bands_RQ: Tensor
    table_VP: Tensor

    def __init__(self, config: AudioVaeConfig) -> None:
        super().__init__()
        self.config = config
        width, channels = config.width, config.latent_channels
        self.read = nn.Linear(_NUM_FEATURES, width)
        self.encoder = nn.Sequential(*(_Block(width) for _ in range(config.num_encoder_blocks)))
        self.out = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, channels))
        self.stem = nn.Linear(channels, width)
        self.decoder = nn.Sequential(*(_Block(width) for _ in range(config.num_decoder_blocks)))
        self.loudness = nn.Sequential(
            nn.LayerNorm(width), nn.SiLU(), nn.Linear(width, _POINTS * NUM_VOICES)
        )
        self.register_buffer("mean_D", torch.zeros(channels))
        self.register_buffer("deviation_D", torch.ones(channels))
        self.register_buffer("notes_RN", _note_waves(), persistent=False)
        self.register_buffer("bands_RQ", _band_shares(), persistent=False)
        self.register_buffer("table_VP", voices(), persistent=False)

    def encode_raw(self, sound_BN: Tensor) -> Tensor:
        """[B, N] to latents [B, L, D]; the end is filled with silence."""
        padded = F.pad(sound_BN, (0, -sound_BN.shape[1] % SAMPLES))
        latent: Tensor = self.out(self.encoder(self.read(self._features(padded))))
        return latent

    def decode_loudness(self, latent_BLD: Tensor) -> Tensor:
        """Latents [B, L, D] to how loud each voice is at each control point, [B, V, K]."""
        said: Tensor = self.loudness(self.decoder(self.stem(latent_BLD)))
        level = said.view(*said.shape[:2], _POINTS, NUM_VOICES).flatten(1, 2).float() + _QUIET
        return level.clamp(max=_LOUDEST).exp().transpose(1, 2)

    def decode_raw(self, latent_BLD: Tensor) -> Tensor:
        """Latents [B, L, D] to sound [B, 640 L], all at once; differentiable."""
        return play(self.decode_loudness(latent_BLD), self.table_VP)

    def encode(self, sound_BN: Tensor) -> Tensor:
        """Sound [B, N] in -1..1 to normalised latents [B, L, D]."""
        return (self.encode_raw(sound_BN) - self.mean_D) / self.deviation_D

    def decode(self, latent_BLD: Tensor) -> Tensor:
        """Normalised latents [B, L, D] to sound [B, 640 L] in -1..1."""
        loudness = self.decode_loudness(latent_BLD * self.deviation_D + self.mean_D)
        return torch.cat(list(stream(loudness, self.table_VP)), dim=1).clamp(-1.0, 1.0)

    def _features(self, sound_BN: Tensor) -> Tensor:
        """What the encoder reads of each latent's samples and their surroundings, [B, L, F]."""
        batch, count = len(sound_BN), sound_BN.shape[1] // SAMPLES
        quick = _frames(sound_BN, _QUICK_WINDOW, HOP)
        window = torch.hann_window(_QUICK_WINDOW, device=sound_BN.device)
        bands = (torch.fft.rfft(quick * window).abs() / _QUICK_WINDOW * 4) @ self.bands_RQ.T
        notes = _frames(sound_BN, _SLOW_WINDOW, _SLOW_HOP) @ self.notes_RN.T
        tones = torch.hypot(*notes.chunk(2, dim=-1))
        parts = [x.view(batch, count, -1) for x in (bands, tones)]
        levels = torch.cat(parts, dim=-1).clamp_min(_FLOOR).log()
        return levels / 4.0 + 1.5  # about -0.8 for silence to 1.2 for the loudest


def _frames(sound_BN: Tensor, window: int, hop: int) -> Tensor:
    """Windows [B, K, window], the first one's hop in its middle."""
    before = (window - hop) // 2
    return F.pad(sound_BN, (before, window - hop - before)).unfold(1, window, hop)


def _note_waves() -> Tensor:
    """Windowed cosines and sines of all notes, [2 notes, window]: products are amplitudes."""
    window = torch.hann_window(_SLOW_WINDOW, dtype=torch.float64)
    time = torch.arange(_SLOW_WINDOW, dtype=torch.float64) / RATE
    angle = torch.tensor([[2 * torch.pi * note_frequency(note)] for note in _NOTES]) * time
    waves = torch.cat([angle.cos(), angle.sin()]) * window * (2 / window.sum())
    return waves.float()


def _band_shares() -> Tensor:
    """Which bins of a short spectrum each band gathers, [bands, bins]: finer for low ones."""
    bins = torch.arange(_QUICK_WINDOW // 2 + 1).float()
    centre = torch.logspace(0.0, 2.1, _NUM_BANDS)[:, None]
    width = torch.clamp(centre * 0.16, min=0.7)
    share = torch.clamp(1 - (bins - centre).abs() / width, min=0.0)
    return share / share.sum(1, keepdim=True).clamp_min(1e-6)
