"""Mochi's decoder as a stream: its causal convolutions, with a memory of the frames before.

diffusers' own frame-wise mode pads nothing at the borders of the picture and so fails; decoded
whole, it repeats the border.  Here the first frame's past and the picture's border are repeated as
in the whole, and what each convolution saw last is handed to the next part.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl_cogvideox import CogVideoXCausalConv3d
from torch import Tensor
from torch.nn import functional as F


class _Remembering(CogVideoXCausalConv3d):  # type: ignore[misc]
    """The same convolution, which is told what it saw last, and tells it."""

    def forward(self, inputs: Tensor, conv_cache: Tensor | None = None) -> tuple[Tensor, Tensor]:
        past = self.time_pad
        before = inputs[:, :, :1].expand(-1, -1, past, -1, -1) if conv_cache is None else conv_cache
        frames = torch.cat([before, inputs], dim=2)
        across, down = self.width_pad, self.height_pad
        padded = F.pad(frames, (across, across, down, down, 0, 0), mode="replicate")
        return self.conv(padded), frames[:, :, frames.shape[2] - past :].clone()


def make_streaming(vae: Any) -> None:
    """Give the decoder's convolutions their memory; decoding whole stays bit for bit the same."""
    for convolution in vae.decoder.modules():
        if isinstance(convolution, CogVideoXCausalConv3d):
            # Not a method of one's own: that would hold its module, which held its weights.
            convolution.__class__ = _Remembering


def streamed(vae: Any, latent_BCTHW: Tensor) -> Iterator[Tensor]:
    """One latent frame at a time: first one frame, then six each time."""
    memory = None
    for index, frame in enumerate(latent_BCTHW.split(1, dim=2)):
        video, memory = vae.decoder(frame, conv_cache=memory)
        yield video[:, :, vae.temporal_compression_ratio - 1 :] if index == 0 else video
