"""Decoding Wan's latents as a stream: its VAE looks back only, so that memory is flat in length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor

HOST: Final = torch.device("cpu")

ALIVE: Final = 12
"""Feature maps of the widest layer that decoding holds at once, caches of past frames included."""


def streamed(vae: Any, latent_BCTHW: Tensor) -> Iterator[Tensor]:
    """The video in [-1, 1] that `AutoencoderKLWan.decode` makes, bit for bit: one frame, then four
    a latent.  The cache is the stream's own, so that several can be read in turn.
    """
    vae.clear_cache()
    cache: list[Any] = [None] * vae._conv_num
    for index in range(latent_BCTHW.shape[2]):
        # Pointwise in time, so one latent frame at a time is the same.
        latent = vae.post_quant_conv(latent_BCTHW[:, :, index : index + 1])
        video = vae.decoder(latent, feat_cache=cache, feat_idx=[0], first_chunk=index == 0)
        yield _pixels(vae, video)


def streamed_in_tiles(vae: Any, latent_BCTHW: Tensor) -> Iterator[Tensor]:
    """The video that `AutoencoderKLWan.tiled_decode` makes, bit for bit, as a stream: all tiles of
    some frames, then all of the next ones.  What a tile saw last waits on the host for its turn.
    """
    vae.clear_cache()
    grid = _Grid.of(vae, latent_BCTHW)
    pasts: dict[tuple[int, int], list[Any]] = {
        (y, x): [None] * vae._conv_num for y in grid.rows for x in grid.columns
    }
    for index in range(latent_BCTHW.shape[2]):
        tiles: list[list[Tensor]] = []
        for y in grid.rows:
            tiles.append([])
            for x in grid.columns:
                part = latent_BCTHW[
                    :, :, index : index + 1, y : y + grid.height, x : x + grid.width
                ]
                past = _moved(pasts[y, x], latent_BCTHW.device)
                shown = vae.decoder(
                    vae.post_quant_conv(part),
                    feat_cache=past,
                    feat_idx=[0],
                    first_chunk=index == 0,
                )
                pasts[y, x] = _moved(past, HOST)
                tiles[-1].append(shown)
        video = grid.joined(vae, tiles)
        yield _pixels(vae, video)


def _pixels(vae: Any, video_BCTHW: Tensor) -> Tensor:
    """What the decoder made, in [-1, 1], and pixel by pixel where it makes patches."""
    from diffusers.models.autoencoders.autoencoder_kl_wan import unpatchify

    if vae.config.patch_size is not None:
        video_BCTHW = unpatchify(video_BCTHW, patch_size=vae.config.patch_size)
    return video_BCTHW.clamp(-1.0, 1.0)


class _Grid(NamedTuple):
    """Where tiles begin, and their size, in latent pixels; the rest in pixels of the decoder."""

    rows: range
    columns: range
    height: int
    width: int
    down: int
    across: int
    shared: tuple[int, int]
    size: tuple[int, int]

    @classmethod
    def of(cls, vae: Any, latent_BCTHW: Tensor) -> _Grid:
        side, patch = vae.spatial_compression_ratio, vae.config.patch_size or 1
        *_, height, width = latent_BCTHW.shape
        tall, wide = vae.tile_sample_min_height, vae.tile_sample_min_width
        down, across = vae.tile_sample_stride_height, vae.tile_sample_stride_width
        return cls(
            range(0, height, down // side),
            range(0, width, across // side),
            tall // side,
            wide // side,
            down // patch,
            across // patch,
            (tall // patch - down // patch, wide // patch - across // patch),
            (height * side // patch, width * side // patch),
        )

    def joined(self, vae: Any, tiles: list[list[Tensor]]) -> Tensor:
        """The whole picture; each tile fades in over what those above and before it end with."""
        rows = []
        for i, row in enumerate(tiles):
            for j, tile in enumerate(row):
                if i > 0:
                    tile = vae.blend_v(tiles[i - 1][j], tile, self.shared[0])
                if j > 0:
                    tile = vae.blend_h(row[j - 1], tile, self.shared[1])
                row[j] = tile
            rows.append(torch.cat([t[..., : self.down, : self.across] for t in row], dim=-1))
        height, width = self.size
        return torch.cat(rows, dim=-2)[..., :height, :width]


def _moved(past: list[Any], device: torch.device) -> list[Any]:
    return [each.to(device) if isinstance(each, Tensor) else each for each in past]


def bytes_to_stream(vae: Any, latent_BCTHW: Tensor) -> int:
    """What streaming takes beside the weights, about."""
    *_, height, width = latent_BCTHW.shape
    side = vae.config.scale_factor_spatial // (vae.config.patch_size or 1)
    base: int = vae.config.decoder_base_dim or vae.config.base_dim
    frames: int = vae.config.scale_factor_temporal
    size: int = vae.dtype.itemsize
    return int(ALIVE * base * frames * height * width * side * side * size)
