"""Where a model's parts lie for one piece of work, settled before it begins from what is free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from engine.models.family import Capabilities, SampleRequest
from engine.models.loading.narrowing import narrow_bytes
from engine.models.memory.networks import parts_of
from engine.models.memory.placed import Placed
from engine.models.memory.plan import (
    ALL_STAY,
    HEADROOM,
    Need,
    Phase,
    place,
    placement_or_refusal,
)
from engine.models.memory.working import LEAST_DECODING, step_bytes, tokens_of
from engine.models.parallel import team


def settle(
    placed: Placed,
    what: str,
    likes: Capabilities,
    request: SampleRequest,
    free: int,
    *,
    narrowed: int = 0,
) -> str | None:
    """Choose the fastest way that fits, and say it unless all stays; None where nothing changes.

    `free` are the device's free bytes, those that `placed` holds there included; `narrowed` are
    those of a decoder's narrowed weights.  Raises InvalidInput that says what would fit.
    """
    lengths = likes.lengths_to(request.frames)

    def need_at(frames: int) -> Need:
        return need_of(placed.networks, likes, request, frames, narrowed)

    room = int(free * HEADROOM)
    narrower = _narrowed(placed.networks, need_at(request.frames))
    placement = placement_or_refusal(
        what, need_at, request.frames, lengths, room, narrower=narrower is not None
    )
    if placement.way == placed.way:
        return None
    placed.change(placement)
    if placement.way is ALL_STAY:
        return None
    narrow = place(narrower, room) if narrower is not None else None
    hint = " In 'int8' all would stay." if narrow is not None and narrow.way is ALL_STAY else ""
    return placement.sentence + hint


def need_of(
    networks: Mapping[str, nn.Module],
    likes: Capabilities,
    request: SampleRequest,
    frames: int,
    narrowed: int = 0,
) -> Need:
    """What sampling and decoding a request takes with so many frames.

    `narrowed` are the bytes of the weights in which a decoder computes, beside those it is held in.
    """
    decoding = LEAST_DECODING + narrowed
    working: dict[Phase, int] = {
        "sample": denoising(networks, likes, request, frames),
        "decode": decoding,
    }
    return Need(parts_of(networks), working, tiled=decoding)


def denoising(
    networks: Mapping[str, nn.Module], likes: Capabilities, request: SampleRequest, frames: int
) -> int:
    """Bytes that the denoiser takes beside its weights; of several ranks, each for its share."""
    denoiser: Any = networks.get("transformer") or networks.get("transformer_2")
    if denoiser is None:
        return 0
    config = denoiser.config
    width: int = config.get("num_attention_heads", 1) * config.get("attention_head_dim", 64)
    tokens = tokens_of(
        frames, request.height, request.width, likes.temporal_factor, likes.size_multiple
    )
    now, itemsize = team(), _size(denoiser)
    if now is None:
        return step_bytes(tokens, width, itemsize)
    whole = tokens * width * itemsize  # until the first block cuts them
    return step_bytes(now.sizes(tokens)[0], width, itemsize) + whole


def _size(network: nn.Module) -> int:
    """Bytes of a number as most are computed with: weights of 8 bits are widened for it, and some
    few are held more exactly than the rest.
    """
    counts: Counter[int] = Counter()
    for weight in network.parameters():
        if weight.dtype.is_floating_point:
            counts[max(weight.dtype.itemsize, torch.bfloat16.itemsize)] += weight.numel()
    return counts.most_common(1)[0][0] if counts else torch.bfloat16.itemsize


def _narrowed(networks: Mapping[str, nn.Module], need: Need) -> Need | None:
    """What the same takes with its denoisers in 8 bits; None where they are so already."""
    saved = {name: narrow_bytes(network) for name, network in networks.items()}
    if not any(saved[part.name] for part in need.parts if part.phase == "sample"):
        return None
    parts = tuple(
        replace(part, nbytes=part.nbytes - saved[part.name]) if part.phase == "sample" else part
        for part in need.parts
    )
    return replace(need, parts=parts)
