"""The starter's causal video autoencoder: 8x smaller in space, 4x in time, coded and decoded as a
stream.

Shapes: B clips, T frames, G groups of four frames (one latent frame each), C channels, H rows, W
columns. A clip of 1 + 4n frames becomes 1 + n latent frames. The first frame stands alone: it is
repeated in front of itself to fill its group, so every group is alike and a picture is simply a
clip of one frame. Nothing looks ahead in time, so a clip can be decoded group by group from a cache
of two past groups a block (the feature cache of Wan 2.1, arXiv:2503.20314, section 4.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.models.starter.config import VaeConfig

GROUP = 4  # frames in a latent frame
SPACE = 8  # pixels in a latent pixel, each way
_FINE = 4  # pixels in a cell of the fine level, each way
_DETAIL = 2  # and in a cell of the detail
_PAST = 2  # past groups a block looks at


class FeatureCache:
    """What each causal block must remember of the past groups to go on with the next ones."""

    def __init__(self) -> None:
        self._past_BPCHW: dict[int, Tensor] = {}

    def extend(self, block: int, x_BGCHW: Tensor) -> Tensor:
        """Put the remembered groups (zeros at the start) in front of `x`, and remember the last
        ones.
        """
        past = self._past_BPCHW.get(block)
        if past is None:
            past = torch.zeros_like(x_BGCHW[:, :1]).expand(-1, _PAST, -1, -1, -1)
        longer = torch.cat([past, x_BGCHW], dim=1)
        self._past_BPCHW[block] = longer[:, -_PAST:]
        return longer


def split_groups(video_BCTHW: Tensor, cell: int) -> Tensor:
    """Fold four frames and `cell` x `cell` pixels into channels: [B, G, C*4*cell*cell, H/cell,
    W/cell].
    """
    batch, channels, frames, height, width = video_BCTHW.shape
    cells = video_BCTHW.reshape(
        batch, channels, frames // GROUP, GROUP, height // cell, cell, width // cell, cell
    )
    cells = cells.permute(0, 2, 1, 3, 5, 7, 4, 6)
    return cells.reshape(
        batch, frames // GROUP, channels * GROUP * cell * cell, height // cell, width // cell
    )


def join_groups(x_BGCHW: Tensor, cell: int) -> Tensor:
    """The inverse of `split_groups`: [B, 3, G*4, H*cell, W*cell]."""
    batch, groups, _, height, width = x_BGCHW.shape
    cells = x_BGCHW.reshape(batch, groups, 3, GROUP, cell, cell, height, width).permute(
        0, 2, 1, 3, 6, 4, 7, 5
    )
    return cells.reshape(batch, 3, groups * GROUP, height * cell, width * cell)


def _each_group(layer: nn.Module, x_BGCHW: Tensor) -> Tensor:
    batch, groups = x_BGCHW.shape[:2]
    # Channels-last is what oneDNN's bf16 convolutions want; elsewhere the copy costs as much as the
    # convolution.
    y_NCHW: Tensor = layer(x_BGCHW.flatten(0, 1).contiguous(memory_format=torch.channels_last))
    return y_NCHW.view(batch, groups, *y_NCHW.shape[1:])


class ChannelNorm(nn.Module):
    """Root-mean-square norm over channels: sees one place at one time, so streaming cannot change
    it.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gain_C = nn.Parameter(torch.ones(width))

    def forward(self, x_NCHW: Tensor) -> Tensor:
        scale = torch.rsqrt(x_NCHW.float().square().mean(1, keepdim=True) + 1e-6)
        return x_NCHW * (scale * self.gain_C.view(-1, 1, 1)).to(x_NCHW.dtype)


class CausalBlock(nn.Module):
    """A residual (2+1)D convolution: 3x3 in space, then three groups (two of them past) in time."""

    def __init__(self, width: int, index: int) -> None:
        super().__init__()
        self.index = index
        self.space = nn.Sequential(
            ChannelNorm(width), nn.SiLU(), nn.Conv2d(width, width, 3, padding=1), nn.SiLU()
        )
        self.time = nn.Conv2d((_PAST + 1) * width, width, 1)
        nn.init.zeros_(self.time.weight)
        assert self.time.bias is not None
        nn.init.zeros_(self.time.bias)

    def forward(self, x_BGCHW: Tensor, cache: FeatureCache) -> Tensor:
        groups = x_BGCHW.shape[1]
        longer = cache.extend(self.index, _each_group(self.space, x_BGCHW))
        window = torch.cat([longer[:, lag : lag + groups] for lag in range(_PAST + 1)], dim=2)
        return x_BGCHW + _each_group(self.time, window)


class Encoder(nn.Module):
    """Video groups to latents. A linear map of whole 4x8x8 blocks carries most; the network adds
    what it misses.
    """

    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        fine, coarse = config.fine_width, config.coarse_width
        self.linear = nn.Conv2d(3 * GROUP * SPACE * SPACE, config.latent_channels, 1)
        self.stem = nn.Conv2d(3 * GROUP * _FINE * _FINE, fine, 3, padding=1)
        self.fine_block = CausalBlock(fine, 0)
        self.down = nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(4 * fine, coarse, 1))
        self.blocks = nn.ModuleList(
            CausalBlock(coarse, 1 + i) for i in range(config.num_encoder_blocks)
        )
        self.out = nn.Sequential(
            ChannelNorm(coarse), nn.SiLU(), nn.Conv2d(coarse, config.latent_channels, 1)
        )

    def forward(self, video_BCTHW: Tensor, cache: FeatureCache) -> Tensor:
        x = self.fine_block(_each_group(self.stem, split_groups(video_BCTHW, _FINE)), cache)
        x = _each_group(self.down, x)
        for block in self.blocks:
            x = block(x, cache)
        return _each_group(self.out, x) + _each_group(self.linear, split_groups(video_BCTHW, SPACE))


class Detail(nn.Module):
    """What is finer than a fine cell: corrections in cells of 2x2 pixels, frame by frame.

    The fine level draws four frames at once, and its few channels span only a part of what 4x4
    pixels can show in them; a thin outline that moves lies outside of it. Here frames part, and
    each is drawn by the same weights from itself and the two before it: `CausalBlock`, with a frame
    where a group stands. Changes nothing until it is trained.
    """

    def __init__(self, config: VaeConfig, first_block: int) -> None:
        super().__init__()
        width = config.detail_width
        self.up = nn.Conv2d(config.fine_width, GROUP * width * _DETAIL * _DETAIL, 1)
        self.blocks = nn.ModuleList(
            CausalBlock(width, first_block + i) for i in range(config.num_detail_blocks)
        )
        self.out = nn.Sequential(
            ChannelNorm(width), nn.SiLU(), nn.Conv2d(width, 3 * _DETAIL * _DETAIL, 3, padding=1)
        )
        last = self.out[2]
        assert isinstance(last, nn.Conv2d)
        assert last.bias is not None
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, x_BGCHW: Tensor, cache: FeatureCache) -> Tensor:
        batch, groups = x_BGCHW.shape[:2]
        four = F.pixel_shuffle(_each_group(self.up, x_BGCHW), _DETAIL)  # [B, G, 4C, 2H, 2W]
        x_BTCHW = four.view(batch, groups * GROUP, -1, *four.shape[3:])
        for block in self.blocks:
            x_BTCHW = block(x_BTCHW, cache)
        frames_BT3HW = F.pixel_shuffle(_each_group(self.out, x_BTCHW), _DETAIL)
        return frames_BT3HW.transpose(1, 2)


class Decoder(nn.Module):
    """Latents to video groups, the encoder's mirror image."""

    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        fine, coarse = config.fine_width, config.coarse_width
        self.linear = nn.Conv2d(config.latent_channels, 3 * GROUP * SPACE * SPACE, 1)
        self.stem = nn.Conv2d(config.latent_channels, coarse, 3, padding=1)
        self.blocks = nn.ModuleList(
            CausalBlock(coarse, i) for i in range(config.num_decoder_blocks)
        )
        self.up = nn.Sequential(nn.Conv2d(coarse, 4 * fine, 1), nn.PixelShuffle(2))
        first = config.num_decoder_blocks
        self.fine_blocks = nn.ModuleList(
            CausalBlock(fine, first + i) for i in range(config.num_fine_blocks)
        )
        self.out = nn.Sequential(
            ChannelNorm(fine), nn.SiLU(), nn.Conv2d(fine, 3 * GROUP * _FINE * _FINE, 1)
        )
        self.detail = (
            Detail(config, first + config.num_fine_blocks) if config.detail_width else None
        )

    def forward(self, latent_BGCHW: Tensor, cache: FeatureCache) -> Tensor:
        x = _each_group(self.stem, latent_BGCHW)
        for block in self.blocks:
            x = block(x, cache)
        x = _each_group(self.up, x)
        for block in self.fine_blocks:
            x = block(x, cache)
        video = join_groups(_each_group(self.out, x), _FINE)
        if self.detail is not None:
            video = video + self.detail(x, cache)
        return video + join_groups(_each_group(self.linear, latent_BGCHW), SPACE)


class StarterVAE(nn.Module):
    """Video in -1..1 to normalised latents and back.

    `encode` and `decode` speak normalised latents [B, C, 1 + n, H/8, W/8] (zero mean, unit
    deviation per channel); `encode_raw` and `decode_raw` are the same without the normalisation,
    for training.
    """

    mean_C: Tensor
    deviation_C: Tensor

    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        self.register_buffer("mean_C", torch.zeros(config.latent_channels))
        self.register_buffer("deviation_C", torch.ones(config.latent_channels))

    def encode_raw(self, video_BCTHW: Tensor) -> Tensor:
        """[B, 3, 1 + 4n, H, W] to latents [B, 1 + n, C, H/8, W/8]."""
        self._check_video(video_BCTHW)
        first = video_BCTHW[:, :, :1].expand(-1, -1, GROUP - 1, -1, -1)
        latent: Tensor = self.encoder(torch.cat([first, video_BCTHW], dim=2), FeatureCache())
        return latent

    def decode_raw(self, latent_BGCHW: Tensor) -> Tensor:
        """Latents [B, 1 + n, C, h, w] to [B, 3, 1 + 4n, 8h, 8w], all at once; differentiable."""
        video: Tensor = self.decoder(latent_BGCHW, FeatureCache())
        return video[:, :, GROUP - 1 :]

    def encode(self, video_BCTHW: Tensor) -> Tensor:
        """[B, 3, 1 + 4n, H, W] in -1..1 to a normalised latent [B, C, 1 + n, H/8, W/8].

        Raises ValueError where the frames are not 1 + 4n, or a side is not a multiple of 8.
        """
        latent_BGCHW = self.encode_raw(video_BCTHW)
        mean, deviation = self.mean_C.view(-1, 1, 1), self.deviation_C.view(-1, 1, 1)
        return ((latent_BGCHW - mean) / deviation).transpose(1, 2).contiguous()

    def stream_decode(self, latent_BCTHW: Tensor) -> Iterator[Tensor]:
        """Decode latent frame by latent frame: one video frame first, then four at a time, [B, 3, 1
        or 4, H, W].

        Memory does not grow with the length. The next piece is computed only when it is asked for.
        """
        return self.decode_as_it_comes([latent_BCTHW])

    def decode_as_it_comes(self, parts: Iterable[Tensor]) -> Iterator[Tensor]:
        """`stream_decode` of a latent whose consecutive parts [B, C, T, H, W] are still being
        made.
        """
        mean, deviation = self.mean_C.view(-1, 1, 1), self.deviation_C.view(-1, 1, 1)
        cache = FeatureCache()
        frames = (frame for part in parts for frame in part.split(1, dim=2))
        for index, frame_BC1HW in enumerate(frames):
            latent_BGCHW = frame_BC1HW.transpose(1, 2) * deviation + mean
            video = self.decoder(latent_BGCHW, cache)
            yield (video if index else video[:, :, GROUP - 1 :]).clamp(-1.0, 1.0)

    def decode(self, latent_BCTHW: Tensor) -> Tensor:
        """A normalised latent [B, C, 1 + n, h, w] to video [B, 3, 1 + 4n, 8h, 8w] in -1..1.

        It is the stream put together, so both give the same bits.
        """
        return torch.cat(list(self.stream_decode(latent_BCTHW)), dim=2)

    @staticmethod
    def _check_video(video_BCTHW: Tensor) -> None:
        frames, height, width = video_BCTHW.shape[2:]
        if frames % GROUP != 1:
            raise ValueError(
                f"A clip of {frames} frames cannot be encoded; use 1, 5, 9, ... (1 + 4n) frames."
            )
        if height % SPACE or width % SPACE:
            raise ValueError(
                f"A picture of {width}x{height} cannot be encoded; use multiples of {SPACE} pixels."
            )
