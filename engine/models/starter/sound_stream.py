"""The denoiser's stream of sound: a narrower transformer beside the video's, tied to it at each
block.

Both streams look at each other with rotary positions in seconds (as MMAudio, arXiv:2412.15322, and
LTX-2, arXiv:2601.03233, align theirs), so that a sound finds the moment it belongs to whatever the
frame rate. Everything that leads into the video starts at zero: a video model given a sound stream
is, untrained, the same video model.

Shapes: B clips, T latent frames, S places in a frame, A latents of sound, D width, H heads, N
queries, M keys, E head width.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.models.attention import WINDOW, TemporalMode, short_attention
from engine.models.starter.config import DitConfig, SoundConfig
from engine.models.starter.layers import (
    HIGHEST_LEVEL,
    CrossAttention,
    Projection,
    Rotation,
    modulated,
    waves,
)
from engine.models.starter.rotary import time_rotation, unit_rotate
from engine.models.starter.vae import GROUP

LATENTS_A_SECOND: Final = 25
_FEW_PAIRS: Final = 1 << 16  # up to this many, two plain products beat the fused kernel


@dataclass(frozen=True)
class SoundInput:
    """Noisy sound and what places it beside the video.

    `level_BA` is its noise level; `frame_rate` the video's, in frames a second.
    """

    latent_BAC: Tensor
    level_BA: Tensor
    frame_rate: float


@dataclass(frozen=True)
class SoundContext:
    """What every block of the stream sees besides the two streams."""

    condition_BAD: Tensor
    words_BLD: Tensor
    mask_BL: Tensor
    rotation_A: Rotation
    rotation_T: Rotation
    frame_of_A: Tensor
    mode: TemporalMode


def frame_seconds(position_T: Tensor, frame_rate: float) -> Tensor:
    """The middle of what each latent frame shows, in seconds; the first shows one frame alone."""
    return (GROUP * position_T.float() - (GROUP - 1) / 2).clamp_min(0.0) / frame_rate


def latent_seconds(count: int, device: torch.device) -> Tensor:
    """The middle of each latent of sound, in seconds."""
    return (torch.arange(count, device=device) + 0.5) / LATENTS_A_SECOND


def frames_heard(count: int, frame_rate: float, device: torch.device) -> Tensor:
    """The latent frame that is on the screen at the middle of each latent of sound, [A]."""
    frames = latent_seconds(count, device) * frame_rate
    return torch.ceil((frames - 1.0) / GROUP).clamp_min(0.0).long()


def aligned_attention(
    q_BHNE: Tensor,
    k_BHME: Tensor,
    v_BHME: Tensor,
    frame_of_N: Tensor,
    frame_of_M: Tensor,
    mode: TemporalMode,
) -> Tensor:
    """Attention between tokens that belong to latent frames, in order; what a frame may see is what
    the video's temporal attention lets it see (the window's anchors left out).
    """
    if mode != "window":
        visible = frame_of_M <= frame_of_N[:, None] if mode == "causal" else None
        if len(frame_of_N) * len(frame_of_M) <= _FEW_PAIRS:
            return short_attention(q_BHNE, k_BHME, v_BHME, visible)
        return F.scaled_dot_product_attention(q_BHNE, k_BHME, v_BHME, attn_mask=visible)
    parts = []
    for start in range(0, int(frame_of_N[-1]) + 1, WINDOW):
        n = slice(*_span(frame_of_N, start, start + WINDOW))
        m = slice(*_span(frame_of_M, start - WINDOW, start + WINDOW))
        past = frame_of_N[n, None] - frame_of_M[m]
        visible = (past >= 0) & (past <= WINDOW)
        parts.append(
            F.scaled_dot_product_attention(
                q_BHNE[:, :, n], k_BHME[:, :, m], v_BHME[:, :, m], attn_mask=visible
            )
        )
    return torch.cat(parts, dim=2)


def _span(frame_of_N: Tensor, first: int, end: int) -> tuple[int, int]:
    """Where the tokens of latent frames first..end - 1 begin and end."""
    bounds = torch.tensor([first, end], device=frame_of_N.device)
    start, stop = torch.searchsorted(frame_of_N.contiguous(), bounds).tolist()
    return start, stop


class StreamAttention(nn.Module):
    """One stream looks at the other: queries of one width, keys of another, both turned by time."""

    def __init__(self, width: int, other_width: int, sound: SoundConfig) -> None:
        super().__init__()
        self.num_heads = sound.num_heads
        self.q = nn.Linear(width, sound.width)
        self.kv = nn.Linear(other_width, 2 * sound.width)
        self.gain = float(sound.width // sound.num_heads)  # rides on the queries' tables for free
        self.out = nn.Linear(sound.width, width)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(
        self,
        x_BND: Tensor,
        other_BMD: Tensor,
        rotations: tuple[Rotation, Rotation],
        frames: tuple[Tensor, Tensor],
        mode: TemporalMode,
    ) -> Tensor:
        """What `x` takes from the other stream, [B, N, D]; rotations and frames are of N and M."""
        heads = self.num_heads
        q = self.q(_plain_norm(x_BND)).unflatten(-1, (heads, -1))
        k, v = self.kv(_plain_norm(other_BMD)).unflatten(-1, (2, heads, -1)).unbind(2)
        (q_cos, q_sin), (k_cos, k_sin) = ((cos[:, None], sin[:, None]) for cos, sin in rotations)
        gain = self.gain
        q = unit_rotate(q, (q_cos * gain).to(q.dtype), (q_sin * gain).to(q.dtype))
        k = unit_rotate(k, k_cos.to(k.dtype), k_sin.to(k.dtype))
        q, k, v = (part.transpose(1, 2) for part in (q, k, v))
        seen = aligned_attention(q, k, v, *frames, mode)
        made: Tensor = self.out(seen.transpose(1, 2).flatten(2))
        return made


def _plain_norm(x_BND: Tensor) -> Tensor:
    return F.layer_norm(x_BND, x_BND.shape[-1:])


class SoundBlock(nn.Module):
    """Self-attention over time, a look at the video, a look at the words, feed-forward; then the
    video's look at the sound.
    """

    def __init__(self, config: DitConfig, sound: SoundConfig) -> None:
        super().__init__()
        width = sound.width
        narrow = replace(config, width=width, num_heads=sound.num_heads)
        self.time = Projection(narrow)
        self.from_video = StreamAttention(width, config.width, sound)
        self.cross = CrossAttention(narrow)
        self.widen = nn.Linear(width, sound.feed_forward * width)
        self.narrow = nn.Linear(sound.feed_forward * width, width)
        self.modulation = nn.Linear(width, 6 * width)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)
        self.to_video = StreamAttention(config.width, width, sound)

    def forward(
        self, x_BTSD: Tensor, sound_BAD: Tensor, context: SoundContext
    ) -> tuple[Tensor, Tensor]:
        """The video and the sound after this block."""
        frames, places = x_BTSD.shape[1:3]
        frame_of_M = torch.arange(frames, device=x_BTSD.device).repeat_interleave(places)
        by_place: Rotation = tuple(t.repeat_interleave(places, 0) for t in context.rotation_T)  # type: ignore[assignment]
        video = x_BTSD.flatten(1, 2)
        parts = self.modulation(context.condition_BAD).to(sound_BAD.dtype).chunk(6, dim=-1)
        heard = self._listen(modulated(sound_BAD, parts[0], parts[1]), context)
        sound_BAD = torch.addcmul(sound_BAD, parts[2], heard)
        sound_BAD = sound_BAD + self.from_video(
            sound_BAD, video, (context.rotation_A, by_place),
            (context.frame_of_A, frame_of_M), context.mode,
        )  # fmt: skip
        words = self.cross(_plain_norm(sound_BAD), context.words_BLD, context.mask_BL)
        sound_BAD = sound_BAD + words
        inner = F.relu(self.widen(modulated(sound_BAD, parts[3], parts[4]))).square()
        sound_BAD = torch.addcmul(sound_BAD, parts[5], self.narrow(inner))
        video = video + self.to_video(
            video, sound_BAD, (by_place, context.rotation_A),
            (frame_of_M, context.frame_of_A), context.mode,
        )  # fmt: skip
        return video.view(x_BTSD.shape), sound_BAD

    def _listen(self, sound_BAD: Tensor, context: SoundContext) -> Tensor:
        rotation: Rotation = tuple(t[:, None, None, None] for t in context.rotation_A)  # type: ignore[assignment]
        q, k, v = (
            part[:, :, 0].transpose(1, 2) for part in self.time(sound_BAD[:, :, None], rotation)
        )
        frames = context.frame_of_A
        seen = aligned_attention(q, k, v, frames, frames, context.mode)
        made: Tensor = self.time.out(seen.transpose(1, 2).flatten(2))
        return made


class SoundStream(nn.Module):
    """The sound's way in and out of the denoiser, and its blocks, one a block of the video's."""

    def __init__(self, config: DitConfig, sound: SoundConfig) -> None:
        super().__init__()
        self.config = sound
        width = sound.width
        self.latent_in = nn.Linear(sound.latent_channels, width)
        self.level_in = nn.Linear(64, width)
        self.share_in = nn.Linear(64, width)
        self.sentence_in = nn.Linear(config.text_width, width)
        self.condition = nn.Sequential(nn.SiLU(), nn.Linear(width, width), nn.SiLU())
        self.blocks = nn.ModuleList(SoundBlock(config, sound) for _ in range(config.num_layers))
        self.final_modulation = nn.Linear(width, 2 * width)
        self.latent_out = nn.Linear(width, sound.latent_channels)
        for layer in (self.final_modulation, self.latent_out):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def begin(
        self,
        given: SoundInput,
        text: tuple[Tensor, Tensor, Tensor],
        position_T: Tensor,
        mode: TemporalMode,
    ) -> tuple[Tensor, SoundContext]:
        """The sound's tokens [B, A, D] and what its blocks will need."""
        words_BLD, mask_BL, pooled_BD = text
        count, device = given.latent_BAC.shape[1], given.latent_BAC.device
        seconds_A = latent_seconds(count, device)
        seconds_T = frame_seconds(position_T, given.frame_rate)
        head_width = self.config.width // self.config.num_heads
        share_A = torch.arange(count, device=device) / max(1, count - 1)
        dtype = pooled_BD.dtype
        condition = (
            self.level_in(waves(given.level_BA, HIGHEST_LEVEL).to(dtype))
            + self.share_in(waves(share_A, 60.0).to(dtype))
            + self.sentence_in(pooled_BD)[:, None]
        )
        context = SoundContext(
            self.condition(condition), words_BLD, mask_BL,
            time_rotation(seconds_A * LATENTS_A_SECOND, head_width),
            time_rotation(seconds_T * LATENTS_A_SECOND, head_width),
            frames_heard(count, given.frame_rate, device), mode,
        )  # fmt: skip
        return self.latent_in(given.latent_BAC), context

    def finish(self, sound_BAD: Tensor, context: SoundContext) -> Tensor:
        """The velocity of the sound, [B, A, C]."""
        shift, scale = self.final_modulation(context.condition_BAD).chunk(2, dim=-1)
        tokens = modulated(sound_BAD, shift.to(sound_BAD.dtype), scale.to(sound_BAD.dtype))
        velocity: Tensor = self.latent_out(tokens)
        return velocity
