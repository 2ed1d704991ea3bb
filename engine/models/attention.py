"""Temporal attention: full, causal (with a cache for streaming) and a sliding window with anchor
frames.

Shapes: N independent sequences (clips x places), H heads, T latent frames, D head width. A window
block holds W queries; nb is the number of such blocks. All kernels end in torch's
scaled_dot_product_attention; `reference_attention` says in float64 what they must equal.
"""

from __future__ import annotations

from typing import Final, Literal

import torch
from torch import Tensor
from torch.nn import functional as F

TemporalMode = Literal["full", "causal", "window"]
TEMPORAL_MODES: Final[tuple[TemporalMode, ...]] = ("full", "causal", "window")

WINDOW: Final = 16  # a frame sees itself and this many frames before it
ANCHOR_INTERVAL: Final = 32  # every so many frames one stays visible for long
_BLOCKS_AT_ONCE: Final = 16
SHORT: Final = 32  # up to this length two plain products beat the fused kernel
MAX_FAR_ANCHORS: Final = (
    8  # the first and the newest seven: a bound, or the cost would grow with T squared again
)


def choose_temporal_mode(seconds: float, streaming: bool = False) -> TemporalMode:
    """The mode for a clip of `seconds`: causal where frames leave before the last is known, else by
    length.

    Up to 10 s every frame sees every other; over 30 s only the window is affordable. Between, full
    attention is still a small part of the work (120 latent frames at 16 per second) and looks both
    ways, so it is kept.
    """
    if streaming:
        return "causal"
    return "window" if seconds > 30.0 else "full"


def short_attention(
    q_NHLD: Tensor, k_NHLD: Tensor, v_NHLD: Tensor, visible: Tensor | None = None
) -> Tensor:
    """Attention by two plain products, for sequences so short that their scores fit in a cache line
    or few.

    On CPU torch's fused kernel takes 2 to 7 times as long for these, forward and backward
    (9 and 16 tokens, bf16). `visible` is a boolean mask that broadcasts to [N, H, L, K].
    """
    scores = (q_NHLD * q_NHLD.shape[-1] ** -0.5) @ k_NHLD.transpose(-1, -2)
    if visible is not None:
        # Added, not filled in: the gradient of a sum is free.
        scores = scores + torch.zeros_like(visible, dtype=scores.dtype).masked_fill(
            ~visible, float("-inf")
        )
    weights: Tensor = scores.softmax(-1).to(v_NHLD.dtype)
    return weights @ v_NHLD


def full_attention(q_NHTD: Tensor, k_NHTD: Tensor, v_NHTD: Tensor) -> Tensor:
    """Every frame sees every frame. Cost grows with T squared."""
    if k_NHTD.shape[2] == 1:
        return v_NHTD  # one frame alone: thousands of 1 x 1 products are slow and change nothing
    if q_NHTD.shape[2] <= SHORT:
        return short_attention(q_NHTD, k_NHTD, v_NHTD)
    return F.scaled_dot_product_attention(q_NHTD, k_NHTD, v_NHTD)


def causal_attention(q_NHTD: Tensor, k_NHTD: Tensor, v_NHTD: Tensor) -> Tensor:
    """A frame sees itself and the past, all frames at once (training, or a clip that is known
    whole).
    """
    frames = q_NHTD.shape[2]
    if frames <= SHORT:
        visible = torch.ones(frames, frames, dtype=torch.bool, device=q_NHTD.device).tril()
        return short_attention(q_NHTD, k_NHTD, v_NHTD, visible)
    return F.scaled_dot_product_attention(q_NHTD, k_NHTD, v_NHTD, is_causal=True)


def temporal_attention(
    mode: TemporalMode, q_NHTD: Tensor, k_NHTD: Tensor, v_NHTD: Tensor
) -> Tensor:
    """One of the three by name. Raises ValueError for another name."""
    if mode == "full":
        return full_attention(q_NHTD, k_NHTD, v_NHTD)
    if mode == "causal":
        return causal_attention(q_NHTD, k_NHTD, v_NHTD)
    if mode == "window":
        return window_attention(q_NHTD, k_NHTD, v_NHTD)
    raise ValueError(f"Temporal mode '{mode}' is unknown; use one of {', '.join(TEMPORAL_MODES)}.")


def far_anchors(block: int, window: int = WINDOW, interval: int = ANCHOR_INTERVAL) -> list[int]:
    """Anchor frames that block `block` of queries sees besides its own and the previous block of
    frames.
    """
    anchors = list(range(0, max(0, (block - 1) * window), interval))
    return (
        anchors if len(anchors) <= MAX_FAR_ANCHORS else anchors[:1] + anchors[1 - MAX_FAR_ANCHORS :]
    )


def window_attention(
    q_NHTD: Tensor,
    k_NHTD: Tensor,
    v_NHTD: Tensor,
    window: int = WINDOW,
    interval: int = ANCHOR_INTERVAL,
) -> Tensor:
    """A frame sees itself, `window` frames before it, and a bounded number of anchor frames. Cost
    is linear in T.

    Queries are taken in blocks of `window`; the frames a block may see all lie in its own and the
    previous block, besides the anchors, so keys are laid out in strips of 2 * window + 8 and no T x
    T mask ever exists. After the seed's Algorithm 5 (temporal self-attention module), with the
    number of anchors bounded.
    """
    batch, heads, frames, width = q_NHTD.shape
    index, visible = window_layout(frames, window, interval, q_NHTD.device)
    tail = len(index) * window - frames
    q, k, v = (F.pad(x, (0, 0, 0, tail)).flatten(0, 1) for x in (q_NHTD, k_NHTD, v_NHTD))
    blocks_q = q.view(batch * heads, len(index), window, width)
    # A bounded number of blocks at a time: strips of a long clip all at once leave the cache.
    parts = [
        F.scaled_dot_product_attention(
            blocks_q[:, start : start + _BLOCKS_AT_ONCE],
            k[:, index[start : start + _BLOCKS_AT_ONCE]],
            v[:, index[start : start + _BLOCKS_AT_ONCE]],
            attn_mask=visible[None, start : start + _BLOCKS_AT_ONCE],
        )
        for start in range(0, len(index), _BLOCKS_AT_ONCE)
    ]
    made = torch.cat(parts, dim=1)
    return made.view(batch, heads, len(index) * window, width)[:, :, :frames]


def window_layout(
    frames: int,
    window: int = WINDOW,
    interval: int = ANCHOR_INTERVAL,
    device: torch.device | str = "cpu",
) -> tuple[Tensor, Tensor]:
    """Which frame each place of a strip holds [nb, K] and which each query sees [nb, W, K]."""
    num_blocks = -(-frames // window)
    offset = torch.arange(-window, window, device=device)
    start = torch.arange(num_blocks, device=device)[:, None] * window
    near = start + offset
    anchors = [far_anchors(block, window, interval) for block in range(num_blocks)]
    num_anchors = max(len(row) for row in anchors)
    far = torch.tensor(
        [row + [-1] * (num_anchors - len(row)) for row in anchors], device=device, dtype=torch.long
    )
    time = (start + torch.arange(window, device=device))[:, :, None]
    past = time - near[:, None, :]
    near_visible = (
        (past >= 0)
        & (near[:, None, :] >= 0)
        & ((past <= window) | (near[:, None, :] % interval == 0))
    )
    far_visible = (far[:, None, :] >= 0).expand(-1, window, -1)
    visible = torch.cat([near_visible, far_visible], dim=2)
    return torch.cat([near, far], dim=1).clamp(0, max(frames - 1, 0)), visible


class KeyValueCache:
    """Keys and values of the frames already made, for causal generation frame by frame.

    Room doubles when it runs out, so each new frame costs O(T) for its attention and O(1) for being
    stored.
    """

    def __init__(self) -> None:
        self._keys: Tensor | None = None
        self._values: Tensor | None = None
        self.num_frames = 0

    def append(self, k_NHTD: Tensor, v_NHTD: Tensor) -> None:
        """Remember the keys and values of new frames."""
        new = k_NHTD.shape[2]
        self._keys = self._with_room(self._keys, k_NHTD)
        self._values = self._with_room(self._values, v_NHTD)
        self._keys[:, :, self.num_frames : self.num_frames + new] = k_NHTD
        self._values[:, :, self.num_frames : self.num_frames + new] = v_NHTD
        self.num_frames += new

    def _with_room(self, store: Tensor | None, x_NHTD: Tensor) -> Tensor:
        batch, heads, new, width = x_NHTD.shape
        if store is not None and store.shape[2] >= self.num_frames + new:
            return store
        room = x_NHTD.new_empty(batch, heads, max(16, 2 * (self.num_frames + new)), width)
        if store is not None:
            room[:, :, : self.num_frames] = store[:, :, : self.num_frames]
        return room

    def attend(
        self, q_NHTD: Tensor, k_NHTD: Tensor, v_NHTD: Tensor, remember: bool = True
    ) -> Tensor:
        """Attention of new frames over everything remembered and themselves, causally among
        themselves.

        With `remember=False` the new frames leave no trace: a denoising step looks, the finished
        frame stays.
        """
        before = self.num_frames
        self.append(k_NHTD, v_NHTD)
        assert self._keys is not None
        assert self._values is not None
        keys, values = self._keys[:, :, : self.num_frames], self._values[:, :, : self.num_frames]
        if not remember:
            self.num_frames = before
        new = q_NHTD.shape[2]
        if new == 1:
            return F.scaled_dot_product_attention(q_NHTD, keys, values)
        mask = torch.ones(new, before + new, dtype=torch.bool, device=q_NHTD.device).tril(before)
        return F.scaled_dot_product_attention(q_NHTD, keys, values, attn_mask=mask)


def visible_frames(mode: TemporalMode, frames: int) -> Tensor:
    """Which frame (column) each frame (row) sees, bool [T, T]: the definition the kernels are
    tested against.
    """
    time = torch.arange(frames)
    past = time[:, None] - time[None, :]
    if mode == "full":
        return torch.ones(frames, frames, dtype=torch.bool)
    if mode == "causal":
        return past >= 0
    seen = (past >= 0) & (past <= WINDOW)
    for frame in range(frames):
        block = frame // WINDOW
        seen[frame, far_anchors(block)] = True
        seen[frame, [a for a in range(0, frame, ANCHOR_INTERVAL) if a >= (block - 1) * WINDOW]] = (
            True
        )
    return seen


def reference_attention(
    q_NHTD: Tensor, k_NHTD: Tensor, v_NHTD: Tensor, visible_TT: Tensor
) -> Tensor:
    """Plain attention in float64 with an explicit mask: slow, and right."""
    q, k, v = q_NHTD.double(), k_NHTD.double(), v_NHTD.double()
    scores = (q @ k.transpose(-1, -2)) / q.shape[-1] ** 0.5
    weights: Tensor = scores.masked_fill(~visible_TT, float("-inf")).softmax(-1)
    return weights @ v
