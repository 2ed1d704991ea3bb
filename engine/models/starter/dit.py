"""The starter's denoiser: a diffusion transformer with spatial, temporal and cross attention and
AdaLN-Zero.

Shapes: B clips, T latent frames, S places in a frame (2x2 latent pixels each), D width, L words, C
latent channels. Sources: DiT (arXiv:2212.09748) for AdaLN-Zero, Latte (arXiv:2401.03048) for
attention factored into space and time, Diffusion Forcing (arXiv:2407.01392) for a noise level per
frame: clean frames among noisy ones are the condition.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.models.attention import (
    KeyValueCache,
    TemporalMode,
    full_attention,
    temporal_attention,
)
from engine.models.starter.config import DitConfig
from engine.models.starter.layers import (
    HIGHEST_LEVEL,
    NUM_WAVES,
    CrossAttention,
    Projection,
    Rotation,
    modulated,
    waves,
)
from engine.models.starter.rotary import space_rotation, time_rotation
from engine.models.starter.sound_stream import SoundInput, SoundStream


class Block(nn.Module):
    """Spatial attention, temporal attention, cross-attention to the words, feed-forward.

    Shift, scale and gate of each part but the cross-attention come from the frame's condition
    (AdaLN-Zero).
    """

    def __init__(self, config: DitConfig) -> None:
        super().__init__()
        width = config.width
        self.space = Projection(config)
        self.time = Projection(config)
        self.cross = CrossAttention(config)
        self.widen = nn.Linear(width, config.feed_forward * width)
        self.narrow = nn.Linear(config.feed_forward * width, width)
        self.modulation = nn.Linear(width, 9 * width)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)

    def forward(self, x_BTSD: Tensor, context: BlockContext, cache: KeyValueCache | None) -> Tensor:
        parts = self.modulation(context.condition_BTD)[:, :, None].to(x_BTSD.dtype).chunk(9, dim=-1)
        seen = self._look_in_space(modulated(x_BTSD, parts[0], parts[1]), context)
        x_BTSD = torch.addcmul(x_BTSD, parts[2], seen)
        seen = self._look_in_time(modulated(x_BTSD, parts[3], parts[4]), context, cache)
        x_BTSD = torch.addcmul(x_BTSD, parts[5], seen)
        inner = F.layer_norm(x_BTSD, x_BTSD.shape[-1:]).flatten(1, 2)
        x_BTSD = x_BTSD + self.cross(inner, context.words_BLD, context.mask_BL).view(x_BTSD.shape)
        inner = self.feed_forward(modulated(x_BTSD, parts[6], parts[7]))
        return torch.addcmul(x_BTSD, parts[8], inner)

    def feed_forward(self, x_BTSD: Tensor) -> Tensor:
        """What each token makes of itself."""
        # Squared ReLU (Primer, arXiv:2109.08668): two cheap passes, where tanh-GELU took 7 % of a
        # training step on a CPU.
        made: Tensor = self.narrow(F.relu(self.widen(x_BTSD)).square())
        return made

    def _look_in_space(self, x_BTSD: Tensor, context: BlockContext) -> Tensor:
        q, k, v = (
            part.transpose(2, 3).flatten(0, 1)
            for part in self.space(x_BTSD, context.space_rotation)
        )
        seen: Tensor = self.space.out(full_attention(q, k, v).transpose(1, 2).flatten(2))
        return seen.view(x_BTSD.shape)

    def _look_in_time(
        self, x_BTSD: Tensor, context: BlockContext, cache: KeyValueCache | None
    ) -> Tensor:
        batch, _, places, _ = x_BTSD.shape
        parts = self.time(x_BTSD, context.time_rotation)
        q, k, v = (part.permute(0, 2, 3, 1, 4).flatten(0, 1) for part in parts)  # [B*S, H, T, D]
        if cache is None:
            seen = temporal_attention(context.mode, q, k, v)
        else:
            seen = cache.attend(q, k, v, context.remember)
        merged = seen.view(batch, places, *seen.shape[1:]).permute(0, 3, 1, 2, 4).flatten(3)
        made: Tensor = self.time.out(merged)
        return made


@dataclass(frozen=True)
class BlockContext:
    """What every block sees besides the video itself."""

    condition_BTD: Tensor
    words_BLD: Tensor
    mask_BL: Tensor
    space_rotation: Rotation
    time_rotation: Rotation
    mode: TemporalMode
    remember: bool


class StarterDiT(nn.Module):
    """Predicts the velocity noise - clean of a noisy latent; t is 1 for pure noise and 0 for clean.

    Where a frame stands in the clip is told twice: as a place in time by rotary positions, and as a
    share of the whole clip (0 first, 1 last) in the frame's condition, so that a motion spans a
    clip of any length.
    """

    def __init__(self, config: DitConfig) -> None:
        super().__init__()
        self.config = config
        width, patch_width = config.width, config.latent_channels * config.patch**2
        self.patch_in = nn.Linear(patch_width, width)
        self.place_in = nn.Linear(4 * NUM_WAVES, width, bias=False)
        self.level_in = nn.Linear(2 * NUM_WAVES, width)
        self.share_in = nn.Linear(2 * NUM_WAVES, width)
        self.sentence_in = nn.Linear(config.text_width, width)
        self.condition = nn.Sequential(
            nn.SiLU(),
            nn.Linear(width, 2 * width),
            nn.SiLU(),
            nn.Linear(2 * width, width),
            nn.SiLU(),
        )
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.num_layers))
        self.final_modulation = nn.Linear(width, 2 * width)
        self.patch_out = nn.Linear(width, patch_width)
        for layer in (self.final_modulation, self.patch_out):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        self.sound = SoundStream(config, config.sound) if config.sound is not None else None

    def forward(
        self,
        latent_BCTHW: Tensor,
        t_BT: Tensor,
        text_tokens_BLD: Tensor,
        text_mask_BL: Tensor,
        pooled_BD: Tensor,
        temporal_mode: TemporalMode = "full",
        *,
        share_BT: Tensor | None = None,
        position_T: Tensor | None = None,
        caches: Sequence[KeyValueCache] | None = None,
        remember: bool = False,
        tapped: list[Tensor] | None = None,
    ) -> Tensor:
        """Velocity [B, C, T, H, W] of a noisy latent [B, C, T, H, W] (H and W even) at noise level
        t [B, T].

        `share_BT` and `position_T` place frames that are not a whole clip counted from 0; `caches`,
        one a block, make these frames the continuation of remembered ones (causal), and `remember`
        adds them to the memory.  `tapped` gets the features [B, T, S, D] of the middle block, for
        training's auxiliary loss.
        """
        video, _ = self._denoise(
            latent_BCTHW, t_BT, (text_tokens_BLD, text_mask_BL, pooled_BD), temporal_mode, None,
            share_BT, position_T, caches, remember, tapped,
        )  # fmt: skip
        return video

    def joint(
        self,
        latent_BCTHW: Tensor,
        t_BT: Tensor,
        text: tuple[Tensor, Tensor, Tensor],
        sound: SoundInput,
        temporal_mode: TemporalMode = "full",
        *,
        tapped: list[Tensor] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Velocities of the video [B, C, T, H, W] and of its sound [B, A, C], each led by the
        other.

        `text` holds words, mask and sentence; the rest is as in `forward`.
        """
        video, heard = self._denoise(
            latent_BCTHW, t_BT, text, temporal_mode, sound, None, None, None, False, tapped
        )
        assert heard is not None
        return video, heard

    def _denoise(
        self,
        latent_BCTHW: Tensor,
        t_BT: Tensor,
        text: tuple[Tensor, Tensor, Tensor],
        mode: TemporalMode,
        sound: SoundInput | None,
        share_BT: Tensor | None,
        position_T: Tensor | None,
        caches: Sequence[KeyValueCache] | None,
        remember: bool,
        tapped: list[Tensor] | None,
    ) -> tuple[Tensor, Tensor | None]:
        frames, height, width = latent_BCTHW.shape[2:]
        rows, columns = height // self.config.patch, width // self.config.patch
        device = latent_BCTHW.device
        if position_T is None:
            position_T = torch.arange(frames, device=device)
        if share_BT is None:
            share_BT = (position_T / max(1, frames - 1)).expand(t_BT.shape)
        head_width = self.config.width // self.config.num_heads
        by_place = tuple(
            table[:, None, None] for table in space_rotation(rows, columns, head_width, device)
        )
        by_time = tuple(
            table[:, None, None, None] for table in time_rotation(position_T, head_width)
        )
        context = BlockContext(
            self._condition(t_BT, share_BT, text[2]), text[0], text[1],
            (by_place[0], by_place[1]), (by_time[0], by_time[1]), mode, remember,
        )  # fmt: skip
        x_BTSD = self.patch_in(self._patches(latent_BCTHW)) + self._places(rows, columns, device)
        heard = None if sound is None else self._stream.begin(sound, text, position_T, mode)
        for index, block in enumerate(self.blocks):
            x_BTSD = block(x_BTSD, context, caches[index] if caches is not None else None)
            if heard is not None:
                x_BTSD, tokens = self._stream.blocks[index](x_BTSD, *heard)
                heard = (tokens, heard[1])
            if tapped is not None and index == len(self.blocks) // 2 - 1:
                tapped.append(x_BTSD)
        shift, scale = self.final_modulation(context.condition_BTD)[:, :, None].chunk(2, dim=-1)
        patches = self.patch_out(modulated(x_BTSD, shift.to(x_BTSD.dtype), scale.to(x_BTSD.dtype)))
        velocity = self._unpatched(patches, rows, columns)
        return velocity, None if heard is None else self._stream.finish(*heard)

    @property
    def _stream(self) -> SoundStream:
        if self.sound is None:
            raise ValueError("This denoiser has no stream of sound.")
        return self.sound

    def _condition(self, t_BT: Tensor, share_BT: Tensor, pooled_BD: Tensor) -> Tensor:
        level = self.level_in(waves(t_BT, HIGHEST_LEVEL).to(pooled_BD.dtype))
        share = self.share_in(waves(share_BT, 60.0).to(pooled_BD.dtype))
        sum_BTD = level + share + self.sentence_in(pooled_BD)[:, None]
        condition: Tensor = self.condition(sum_BTD)
        return condition

    def _places(self, rows: int, columns: int, device: torch.device) -> Tensor:
        """Where each place lies in the picture, as shares of its height and width, [S, D]."""
        y, x = torch.meshgrid(
            (torch.arange(rows, device=device) + 0.5) / rows,
            (torch.arange(columns, device=device) + 0.5) / columns,
            indexing="ij",
        )
        places: Tensor = self.place_in(
            torch.cat([waves(y.flatten(), 60.0), waves(x.flatten(), 60.0)], dim=-1)
        )
        return places

    def _patches(self, latent_BCTHW: Tensor) -> Tensor:
        """Latent pixels gathered into places, [B, T, S, C*p*p]."""
        batch, channels, frames, height, width = latent_BCTHW.shape
        p = self.config.patch
        cells = latent_BCTHW.reshape(batch, channels, frames, height // p, p, width // p, p)
        return cells.permute(0, 2, 3, 5, 1, 4, 6).flatten(4).flatten(2, 3)

    def _unpatched(self, patches_BTSE: Tensor, rows: int, columns: int) -> Tensor:
        """The inverse of `_patches`, [B, C, T, H, W]."""
        batch, frames = patches_BTSE.shape[:2]
        p = self.config.patch
        cells = patches_BTSE.reshape(batch, frames, rows, columns, -1, p, p)
        return cells.permute(0, 4, 1, 2, 5, 3, 6).flatten(5).flatten(3, 4)
