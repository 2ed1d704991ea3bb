"""Decoding CogVideoX's latents as a stream, parted as its VAE parts them: bit for bit the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import Tensor


def streamed(vae: Any, latent_BCTHW: Tensor) -> Iterator[Tensor]:
    """Two latent frames at a time, after the first part, which has one more if they are odd.

    Group norms are over a part's frames, so another partition would give another video.
    """
    a_part = vae.num_latent_frames_batch_size
    length = latent_BCTHW.shape[2]
    memory = None
    start = 0
    for index in range(max(length // a_part, 1)):
        end = a_part * (index + 1) + length % a_part
        part = latent_BCTHW[:, :, start:end]
        if vae.post_quant_conv is not None:
            part = vae.post_quant_conv(part)
        video, memory = vae.decoder(part, conv_cache=memory)
        yield video
        start = end
