"""The denoiser of Open-Sora 2.0 (arXiv:2503.09642): an MMDiT as in Flux, over space and time.

Words and places are two streams with weights of their own that see each other in every double
block, and one stream in the single blocks after them.  Weights bear the names under which they are
published.

Shapes: B clips, S places (a place is 2 x 2 latent pixels of one frame), W words, L = W + S,
C channels of a place, D the denoiser's width, H heads, K the width of a head.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple, cast

import torch
from diffusers import ModelMixin
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.attention_dispatch import dispatch_attention_fn
from torch import Tensor, nn
from torch.nn import functional as F

from engine.models.parallel import attend, share, whole

TIMES: Final = 256
"""Numbers that a timestep is told in."""
NUM_TRAIN_TIMESTEPS: Final = 1000.0
LONGEST_WAVE: Final = 10_000
EPSILON: Final = 1e-6


class Standing(NamedTuple):
    """Where words and places stand: cosine and sine [L, K / 2] of what queries and keys are turned
    by, and how many words there are, and places on all GPUs.
    """

    cos: Tensor
    sin: Tensor
    num_words: int
    num_places: int


class OpenSoraTransformer(ModelMixin, ConfigMixin):  # type: ignore[misc] # diffusers is untyped
    """Predicts the flow from a video to noise; the defaults are those of the published weights."""

    shares_by_itself = True
    """Several GPUs compute a step together, each its share of the places."""

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(
        self,
        in_channels: int = 64,
        patch_size: int = 2,
        num_attention_heads: int = 24,
        attention_head_dim: int = 128,
        mlp_width: int = 12_288,
        depth: int = 19,
        depth_single_blocks: int = 38,
        vec_in_dim: int = 768,
        context_in_dim: int = 4096,
        axes_dim: tuple[int, int, int] = (16, 56, 56),
        theta: int = 10_000,
        qkv_bias: bool = True,
        guidance_embed: bool = False,
        cond_embed: bool = True,
        fused_qkv: bool = False,
        turn_halves: bool = True,
    ) -> None:
        """`axes_dim` are the numbers of a head that tell of time, height and width.  They are
        turned in pairs: the first half of a head with its second if `turn_halves`, else neighbours.
        """
        super().__init__()
        width = num_attention_heads * attention_head_dim
        self.img_in = nn.Linear(in_channels, width)
        self.time_in = Told(TIMES, width)
        self.vector_in = Told(vec_in_dim, width)
        if guidance_embed:
            self.guidance_in = Told(TIMES, width)
        if cond_embed:
            self.cond_in = nn.Linear(in_channels + patch_size**2, width)
        self.txt_in = nn.Linear(context_in_dim, width)
        kind = _Kind(width, num_attention_heads, mlp_width, qkv_bias, fused_qkv, turn_halves)
        self.double_blocks = nn.ModuleList(DoubleBlock(kind) for _ in range(depth))
        self.single_blocks = nn.ModuleList(SingleBlock(kind) for _ in range(depth_single_blocks))
        self.final_layer = Last(width, in_channels)

    def forward(
        self,
        places_BSC: Tensor,
        grid: tuple[int, int, int],
        words_BWE: Tensor,
        whole_BV: Tensor,
        timestep_B: Tensor,
        cond_BSC: Tensor | None = None,
        guidance_B: Tensor | None = None,
    ) -> Tensor:
        """The flow [B, S, C] at a timestep from 0, the video, to 1, noise.

        `grid` are the frames, rows and columns of places; `words_BWE` and `whole_BV` tell the
        prompt word by word and as a whole; `cond_BSC` is a mask of what is known of the video, and
        that, place by place.
        """
        x_BSD = self.img_in(places_BSC)
        if cond_BSC is not None:
            x_BSD = x_BSD + self.cond_in(cond_BSC)
        vec_BD = self.time_in(waves(timestep_B))
        if guidance_B is not None:
            vec_BD = vec_BD + self.guidance_in(waves(guidance_B))
        vec_BD = vec_BD + self.vector_in(whole_BV)
        words_BWD = self.txt_in(words_BWE)
        num_words, num_places = words_BWD.shape[1], x_BSD.shape[1]
        standing = self.standing(num_words, grid, x_BSD.device)
        x_BSD = share(x_BSD, dim=1)
        for block in self.double_blocks:
            x_BSD, words_BWD = block(x_BSD, words_BWD, vec_BD, standing)
        x_BLD = torch.cat([words_BWD, x_BSD], dim=1)
        for block in self.single_blocks:
            x_BLD = block(x_BLD, vec_BD, standing)
        x_BSD = whole(x_BLD[:, num_words:], 1, num_places)
        flow: Tensor = self.final_layer(x_BSD, vec_BD)
        return flow

    def standing(
        self, num_words: int, grid: tuple[int, int, int], device: torch.device
    ) -> Standing:
        """Words are all at the origin."""
        axes = [torch.arange(n, dtype=torch.float64, device=device) for n in grid]
        places = torch.meshgrid(*axes, indexing="ij")
        angles = []
        for place, dim in zip(places, self.config.axes_dim, strict=True):
            steps = torch.arange(0, dim, 2, dtype=torch.float64, device=device) / dim
            angles.append(torch.outer(place.flatten(), 1.0 / self.config.theta**steps))
        angle_SK = share(torch.cat(angles, dim=1), dim=0)
        angle_LK = F.pad(angle_SK, (0, 0, num_words, 0))
        return Standing(angle_LK.cos().float(), angle_LK.sin().float(), num_words, math.prod(grid))


class _Kind(NamedTuple):
    """What all blocks have in common."""

    width: int
    num_heads: int
    mlp_width: int
    qkv_bias: bool
    fused_qkv: bool
    turn_halves: bool


class Told(nn.Module):
    """A number or a vector about the whole clip, brought to the denoiser's width."""

    def __init__(self, given: int, width: int) -> None:
        super().__init__()
        self.in_layer = nn.Linear(given, width)
        self.out_layer = nn.Linear(width, width)

    def forward(self, given_BV: Tensor) -> Tensor:
        told: Tensor = self.out_layer(F.silu(self.in_layer(given_BV)))
        return told


class Scaled(nn.Module):
    """Vectors of one length, scaled number by number (RMS norm)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        wide = x.float()
        length = torch.rsqrt(wide.square().mean(dim=-1, keepdim=True) + EPSILON)
        return (wide * length).to(x.dtype) * self.scale


class QueryKeyNorm(nn.Module):
    """One scale for queries, one for keys."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query_norm = Scaled(width)
        self.key_norm = Scaled(width)


class Heads(NamedTuple):
    """Queries, keys and values, each [B, H, L, K]."""

    q: Tensor
    k: Tensor
    v: Tensor

    def after(self, other: Heads) -> Heads:
        """These behind others, in one sequence."""
        return Heads(*(torch.cat(pair, dim=2) for pair in zip(other, self, strict=True)))


class Attention(nn.Module):
    """One stream's part in attention: what goes in, and what comes out."""

    def __init__(self, kind: _Kind) -> None:
        super().__init__()
        width, bias = kind.width, kind.qkv_bias
        if kind.fused_qkv:
            self.qkv = nn.Linear(width, 3 * width, bias=bias)
        else:
            self.q_proj = nn.Linear(width, width, bias=bias)
            self.k_proj = nn.Linear(width, width, bias=bias)
            self.v_proj = nn.Linear(width, width, bias=bias)
        self.norm = QueryKeyNorm(width // kind.num_heads)
        self.proj = nn.Linear(width, width)
        self._kind = kind

    def heads(self, x_BLD: Tensor) -> Heads:
        if self._kind.fused_qkv:
            parts = self.qkv(x_BLD).chunk(3, dim=-1)
        else:
            parts = self.q_proj(x_BLD), self.k_proj(x_BLD), self.v_proj(x_BLD)
        return _heads(parts, self.norm, self._kind.num_heads)


class Seeing:
    """Everything sees everything, by whichever kernel of diffusers."""

    def __init__(self, turn_halves: bool) -> None:
        self._attention_backend: Any = None
        self._turn_halves = turn_halves

    def __call__(self, heads: Heads, standing: Standing) -> Tensor:
        """[B, L, D]"""
        q, k = (turned(x, standing, self._turn_halves) for x in (heads.q, heads.k))
        seen_BHLK = attend(
            self._kernel, q, k, heads.v, standing.num_places, before=standing.num_words
        )
        return seen_BHLK.transpose(1, 2).flatten(2)

    def _kernel(self, q_BHLK: Tensor, k_BHLK: Tensor, v_BHLK: Tensor) -> Tensor:
        q, k, v = (x.transpose(1, 2) for x in (q_BHLK, k_BHLK, v_BHLK))
        seen: Tensor = dispatch_attention_fn(q, k, v, backend=self._attention_backend)
        return seen.transpose(1, 2)


class Modulation(nn.Module):
    """Shifts, scales and gates [B, 1, D] that the whole clip's vector gives, three a layer."""

    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        self.lin = nn.Linear(width, 3 * layers * width)
        self._count = 3 * layers

    def forward(self, vec_BD: Tensor) -> tuple[Tensor, ...]:
        found: Tensor = self.lin(F.silu(vec_BD))[:, None]
        return found.chunk(self._count, dim=-1)


class DoubleBlock(nn.Module):
    """Places and words, each with weights of its own, see each other."""

    def __init__(self, kind: _Kind) -> None:
        super().__init__()
        self.img_mod = Modulation(kind.width, 2)
        self.img_attn = Attention(kind)
        self.img_mlp = _mlp(kind)
        self.txt_mod = Modulation(kind.width, 2)
        self.txt_attn = Attention(kind)
        self.txt_mlp = _mlp(kind)
        self.processor = Seeing(kind.turn_halves)

    def forward(
        self, x_BSD: Tensor, words_BWD: Tensor, vec_BD: Tensor, standing: Standing
    ) -> tuple[Tensor, Tensor]:
        shift, scale, *of_places = self.img_mod(vec_BD)
        words_shift, words_scale, *of_words = self.txt_mod(vec_BD)
        places = self.img_attn.heads(_modulated(x_BSD, shift, scale))
        words = self.txt_attn.heads(_modulated(words_BWD, words_shift, words_scale))
        seen_BLD = self.processor(places.after(words), standing)
        count = words_BWD.shape[1]
        x_BSD = _gone_on(x_BSD, self.img_attn.proj(seen_BLD[:, count:]), of_places, self.img_mlp)
        words_BWD = _gone_on(
            words_BWD, self.txt_attn.proj(seen_BLD[:, :count]), of_words, self.txt_mlp
        )
        return x_BSD, words_BWD


class SingleBlock(nn.Module):
    """Attention and the feed-forward side by side, over words and places in one sequence."""

    def __init__(self, kind: _Kind) -> None:
        super().__init__()
        width = kind.width
        if kind.fused_qkv:
            self.linear1 = nn.Linear(width, 3 * width + kind.mlp_width)
        else:
            self.q_proj = nn.Linear(width, width)
            self.k_proj = nn.Linear(width, width)
            self.v_mlp = nn.Linear(width, width + kind.mlp_width)
        self.linear2 = nn.Linear(width + kind.mlp_width, width)
        self.norm = QueryKeyNorm(width // kind.num_heads)
        self.modulation = Modulation(width, 1)
        self.processor = Seeing(kind.turn_halves)
        self._kind = kind

    def forward(self, x_BLD: Tensor, vec_BD: Tensor, standing: Standing) -> Tensor:
        shift, scale, gate = self.modulation(vec_BD)
        *parts, hidden = self._split(_modulated(x_BLD, shift, scale))
        heads = _heads(tuple(parts), self.norm, self._kind.num_heads)
        seen_BLD = self.processor(heads, standing)
        made = torch.cat([seen_BLD, F.gelu(hidden, approximate="tanh")], dim=-1)
        change: Tensor = gate * self.linear2(made)
        return x_BLD + change

    def _split(self, x_BLD: Tensor) -> tuple[Tensor, ...]:
        width, wide = self._kind.width, self._kind.mlp_width
        if self._kind.fused_qkv:
            parts: tuple[Tensor, ...] = self.linear1(x_BLD).split([width] * 3 + [wide], dim=-1)
            return parts
        v, hidden = self.v_mlp(x_BLD).split([width, wide], dim=-1)
        return self.q_proj(x_BLD), self.k_proj(x_BLD), v, hidden


class Last(nn.Module):
    """From the denoiser's width back to the channels of a place."""

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, channels)
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(width, 2 * width))

    def forward(self, x_BSD: Tensor, vec_BD: Tensor) -> Tensor:
        shift, scale = self.adaLN_modulation(vec_BD)[:, None].chunk(2, dim=-1)
        flow: Tensor = self.linear(_modulated(x_BSD, shift, scale))
        return flow


def waves(number_B: Tensor) -> Tensor:
    """A number from 0 to 1 as waves [B, 256] of many lengths, in its own precision."""
    half = TIMES // 2
    steps = torch.arange(half, dtype=torch.float32, device=number_B.device) / half
    frequencies = torch.exp(-math.log(LONGEST_WAVE) * steps)
    angles = (NUM_TRAIN_TIMESTEPS * number_B)[:, None].float() * frequencies[None]
    return torch.cat([angles.cos(), angles.sin()], dim=-1).to(number_B.dtype)


def _mlp(kind: _Kind) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(kind.width, kind.mlp_width),
        nn.GELU(approximate="tanh"),
        nn.Linear(kind.mlp_width, kind.width),
    )


def _modulated(x_BLD: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    return (1 + scale) * F.layer_norm(x_BLD, x_BLD.shape[-1:], eps=EPSILON) + shift


def _gone_on(x_BLD: Tensor, seen: Tensor, modulation: list[Tensor], mlp: nn.Module) -> Tensor:
    """A stream after attention and its feed-forward."""
    gate, shift, scale, mlp_gate = modulation
    x_BLD = x_BLD + gate * seen
    return x_BLD + mlp_gate * cast(Tensor, mlp(_modulated(x_BLD, shift, scale)))


def _heads(parts: tuple[Tensor, ...], norm: QueryKeyNorm, num_heads: int) -> Heads:
    q, k, v = (part.unflatten(-1, (num_heads, -1)).transpose(1, 2) for part in parts)
    return Heads(norm.query_norm(q), norm.key_norm(k), v)


def turned(x_BHLK: Tensor, standing: Standing, halves: bool) -> Tensor:
    """Each pair of numbers turned by its angle, in float32 (arXiv:2104.09864)."""
    wide, (cos, sin, *_) = x_BHLK.float(), standing
    first, second = wide.chunk(2, dim=-1) if halves else (wide[..., ::2], wide[..., 1::2])
    pair = first * cos - second * sin, second * cos + first * sin
    joined: Tensor = torch.cat(pair, dim=-1) if halves else torch.stack(pair, dim=-1).flatten(-2)
    return joined.to(x_BHLK.dtype)
