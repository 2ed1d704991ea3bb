"""The starter's synthesiser: a fixed bank of tones and bands of noise, played with changing
loudness.

Harmonics-plus-noise synthesis as in DDSP (Engel et al. 2020, arXiv:2001.04643), with the pitches
fixed: one oscillator a note of the equal-tempered scale, C2 to C8. Nothing is left to phase, so a
network says only how loud each voice is, 250 times a second, and what it says is heard at exactly
that moment. Every voice repeats after 4.096 s, so sound of any length plays from one table.

Shapes: B clips, V voices, K control points (one every 64 samples), N samples, P samples of the
table.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

RATE: Final = 16_000  # samples a second
HOP: Final = 64  # samples between two control points
PERIOD: Final = 65_536  # samples after which every voice repeats
_LOWEST_NOTE, _HIGHEST_NOTE = -33, 39  # semitones from A4: C2 and C8
NUM_TONES: Final = _HIGHEST_NOTE - _LOWEST_NOTE + 1
# Hertz at the borders of the noise bands; narrow ones would ring, and blur every onset.
_BORDERS: Final = (
    40,
    120,
    250,
    400,
    600,
    850,
    1150,
    1500,
    2000,
    2600,
    3300,
    4200,
    5400,
    6600,
    7900,
)
NUM_VOICES: Final = NUM_TONES + len(_BORDERS) - 1
_BLOCK: Final = 250  # control points played at once: one second


def note_frequency(semitones: int) -> float:
    """Hertz of a note so many semitones above A4, on the grid that repeats with the table."""
    step = RATE / PERIOD
    frequency: float = round(440.0 * 2.0 ** (semitones / 12.0) / step) * step
    return frequency


def voices() -> Tensor:
    """One period of every voice, [V, P] float32: sines of unit height, noise of unit deviation."""
    time = torch.arange(PERIOD, dtype=torch.float64) / RATE
    frequency = torch.tensor(
        [note_frequency(note) for note in range(_LOWEST_NOTE, _HIGHEST_NOTE + 1)],
        dtype=torch.float64,
    )
    tones = torch.sin(2 * torch.pi * frequency[:, None] * time)
    generator = torch.Generator().manual_seed(1)
    noise = torch.randn(len(_BORDERS) - 1, PERIOD, generator=generator, dtype=torch.float64)
    spectrum = torch.fft.rfft(noise)
    hertz = torch.fft.rfftfreq(PERIOD, 1 / RATE)
    edges = torch.tensor(_BORDERS)
    spectrum[(hertz < edges[:-1, None]) | (hertz >= edges[1:, None])] = 0.0
    bands = torch.fft.irfft(spectrum, PERIOD)
    return torch.cat([tones, bands / bands.std(-1, keepdim=True)]).float()


def play(loudness_BVK: Tensor, table_VP: Tensor, start: int = 0) -> Tensor:
    """Sound [B, K * 64] from loudness at control points, straight lines between them.

    A control point stands at the beginning of its 64 samples; `start` is the first one's number.
    """
    batch, num_voices, points = loudness_BVK.shape
    after = torch.cat([loudness_BVK[..., 1:], loudness_BVK[..., -1:]], dim=-1)
    way_H = torch.arange(HOP, device=loudness_BVK.device, dtype=loudness_BVK.dtype) / HOP
    place = (torch.arange(points * HOP, device=table_VP.device) + start * HOP) % PERIOD
    table_VKH = table_VP[:, place].view(num_voices, points, HOP)
    # Two products a voice, summed over voices, instead of loudness at every sample.
    rising, falling = table_VKH * way_H, table_VKH * (1 - way_H)
    sound = torch.einsum("bvk,vkh->bkh", loudness_BVK, falling)
    sound = sound + torch.einsum("bvk,vkh->bkh", after, rising)
    return sound.reshape(batch, points * HOP)


def stream(loudness_BVK: Tensor, table_VP: Tensor) -> Iterator[Tensor]:
    """`play` a second at a time, so that memory is needed for a second's voices only."""
    points = loudness_BVK.shape[-1]
    held = F.pad(loudness_BVK, (0, 1), mode="replicate")
    for start in range(0, points, _BLOCK):
        stop = min(points, start + _BLOCK)
        made = play(held[..., start : stop + 1], table_VP, start)
        yield made[:, : (stop - start) * HOP]
