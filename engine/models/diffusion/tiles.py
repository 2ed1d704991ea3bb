"""Decoding a long video in parts that overlap in time, their seams blended: for VAEs whose frames
depend on later ones, so that no part can be decoded exactly by itself.

Latent frame k > 0 stands for the `factor` frames that end with frame k * factor.  A tile that
begins at latent frame k decodes that one as if it were the first, to frame k * factor alone; so its
frame j is frame k * factor + j of the whole, and the tile before ends with the same frames.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor

from engine.models.residency import free_memory

ALIVE: Final = 4
"""How many tensors of its widest layer a decoder holds at once, roughly."""
OVERLAP: Final = 2  # latent frames: what a frame's neighbours change fades within about as many
SHARE: Final = 2  # of the free memory, one part in so many


class Tiling(NamedTuple):
    """Latent frames a tile, and from one to the next; and whether frames come in pieces too."""

    tile: int
    stride: int
    in_pieces: bool = False


def tiled_in_time(
    decode: Callable[[Tensor], Tensor], latent_BCTHW: Tensor, tiling: Tiling, factor: int
) -> Iterator[Tensor]:
    """Frames of a latent as a stream, a stride at a time, in memory flat in length.

    `decode` turns T latent frames into (T - 1) * factor + 1 frames.  Each further tile shares
    `tile - stride` latent frames with the one before, which fades into it over them.
    """
    tile, stride, _ = tiling
    shared = (tile - stride) * factor
    before: Tensor | None = None
    for start in range(0, latent_BCTHW.shape[2], stride):
        video = decode(latent_BCTHW[:, :, start : start + tile + 1])
        if before is not None:
            video = _faded(before, video[:, :, 1:], shared)
        shown = video[:, :, : stride * factor + (before is None)]
        before = video
        if shown.shape[2]:
            yield shown


def _faded(before: Tensor, video: Tensor, shared: int) -> Tensor:
    """What two tiles have in common goes linearly from the one to the other."""
    shared = min(before.shape[2], video.shape[2], shared)
    if not shared:
        return video
    new = torch.arange(shared, dtype=torch.float64).view(1, 1, -1, 1, 1) / shared
    ending = before[:, :, before.shape[2] - shared :]
    blended = ending * (1 - new).to(ending) + video[:, :, :shared] * new.to(video)
    return torch.cat([blended, video[:, :, shared:]], dim=2)


def frame_bytes(vae: Any, latent_BCTHW: Tensor, width: int) -> int:
    """What decoding takes for each latent frame, about.

    `width` is how many channels the decoder's widest layer has for each pixel of the video.
    """
    factor, side = vae.temporal_compression_ratio, vae.spatial_compression_ratio
    *_, height, across = latent_BCTHW.shape
    size: int = factor * height * side * across * side * width * ALIVE * vae.dtype.itemsize
    return size


def tiling_for(latent_frames: int, frame_bytes: int, budget: int) -> Tiling:
    """Whole where it fits, else the longest tiles that do, else short ones in pieces."""
    fitting = budget // max(frame_bytes, 1)
    if fitting >= latent_frames:
        return Tiling(latent_frames, latent_frames)
    tile = max(fitting - 1, OVERLAP + 1)
    return Tiling(tile, tile - OVERLAP, in_pieces=fitting <= OVERLAP + 1)


def decoded_by_memory(
    vae: Any, decode: Callable[[Tensor], Tensor], latent_BCTHW: Tensor, *, width: int, budget: int
) -> Iterator[Tensor]:
    """A latent's frames as a stream, as whole as `budget` bytes allow."""
    each = frame_bytes(vae, latent_BCTHW, width)
    tiling = tiling_for(latent_BCTHW.shape[2], each, budget)
    if tiling.in_pieces:
        decode = in_pieces(vae, decode)
    yield from tiled_in_time(decode, latent_BCTHW, tiling, vae.temporal_compression_ratio)


def in_pieces(vae: Any, decode: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """`decode` by a VAE that cuts the picture into pieces; what it encodes stays whole."""

    def decoded(latent_BCTHW: Tensor) -> Tensor:
        before, vae.use_tiling = vae.use_tiling, True
        try:
            return decode(latent_BCTHW)
        finally:
            vae.use_tiling = before

    return decoded


def decoding_budget(device: str) -> int:
    """Bytes that decoding may take beside the weights."""
    return free_memory(device) // SHARE
