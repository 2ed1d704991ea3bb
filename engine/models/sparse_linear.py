"""Sparse-linear attention: exact where scores are high, linear where they are middling, skipped
where they are low.

After SLA (arXiv:2509.24006, sections 3 and 4). Queries and keys are cut into blocks, and the
products of the blocks' means say what a pair of blocks is:

    critical     the highest `critical` of a row: softmax attention over their keys alone, O^s
    negligible   the lowest `negligible`: skipped
    marginal     the rest: linear attention, O^l = phi(q) H / (phi(q) z) with H and z the sums of
                 phi(k)^T v and phi(k) over the marginal blocks, phi(x) = softmax(x)

    O = O^s + O^l P, with P [D, D] learned

With `critical` of 1 this is full attention. With less it is another function, which a network must
be fine-tuned to (the paper: 2,000 steps); until P is learned it is zero and O is block-sparse
attention. Nothing that ships was, so no node offers it. Measured on a CPU, one thread, 16,384
tokens (python -m tests.benchmarks.sparse_attention, three runs): 5 % critical takes 0.13 to 0.20 of
full attention's time and is 23 % off with P of zeros, 15 % takes 0.33 to 0.40 and is 13 % off; from
half on it is slower than full attention.

A mask is kept exactly in critical blocks. Linear attention knows whole blocks only, so a pair of
blocks of which a part is visible (a causal diagonal, a window's edge) is always critical, one of
which nothing is visible takes no part, and shares are shares of what is visible to a row. Means
are those of whole blocks: under a causal mask no value of a later token is seen, but which blocks a
query looks at depends on its own block's later tokens too.

Shapes: G heads of all sequences, L queries, M keys, D head width, b tokens in a block, Q and K
blocks of queries and keys, C rows of blocks computed at once, S blocks in their strips.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Visible = Callable[[Tensor, Tensor], Tensor]
"""Whether a query sees a key, by their positions, which broadcast."""

BLOCK: Final = 64
_STRIP_KEYS: Final = 1 << 15  # gathered at once: more leaves a processor's own memory
_PAIRS_AT_ONCE: Final = 1 << 24


@dataclass(frozen=True)
class Shares:
    """Which shares of a row's visible blocks are critical and negligible; the paper's are 5 and 10
    %. Raises ValueError for shares that are none.
    """

    critical: float = 0.05
    negligible: float = 0.10

    def __post_init__(self) -> None:
        if not (0 < self.critical <= 1 and 0 <= self.negligible < 1):
            raise ValueError("Shares are more than 0 (critical), at least 0 (negligible), up to 1.")


@dataclass(frozen=True)
class Sight:
    """Which pairs of blocks are visible in part and as a whole, for `queries` and `keys` tokens.

    Made once for a mask and a size (`sight_of`), and used by every layer and step.
    """

    queries: int
    keys: int
    block: int
    some_QK: Tensor
    all_QK: Tensor
    visible: Visible | None


@dataclass(frozen=True)
class Classes:
    """What each pair of blocks is; `order_GQK` names a row's blocks from the highest score, of
    which the first `count_Q` are critical.
    """

    order_GQK: Tensor
    count_Q: Tensor
    marginal_GQK: Tensor


def causal(query: Tensor, key: Tensor) -> Tensor:
    """A token sees itself and those before it."""
    return key <= query


def windowed(reach: int) -> Visible:
    """A token sees itself and `reach` tokens before it."""
    return lambda query, key: (key <= query) & (query - key <= reach)


def sight_of(
    queries: int,
    keys: int,
    visible: Visible | None = None,
    block: int = BLOCK,
    device: torch.device | str = "cpu",
) -> Sight:
    """What a mask leaves visible of each pair of blocks; without one, everything.

    It looks at every pair of tokens, some rows of blocks at a time.
    """
    num_q, num_k = -(-queries // block), -(-keys // block)
    some_QK = torch.ones(num_q, num_k, dtype=torch.bool, device=device)
    all_QK = some_QK.clone()
    if visible is not None:
        # Past the ends the last token stands: it says nothing new of its block.
        key = torch.arange(num_k * block, device=device).clamp_max(keys - 1)
        rows = max(1, _PAIRS_AT_ONCE // (block * len(key)))
        for start in range(0, num_q, rows):
            end = min(start + rows, num_q)
            query = torch.arange(start * block, end * block, device=device).clamp_max(queries - 1)
            seen = visible(query[:, None], key).view(end - start, block, num_k, block)
            some_QK[start:end] = seen.any(3).any(1)
            all_QK[start:end] = seen.all(3).all(1)
    return Sight(queries, keys, block, some_QK, all_QK, visible)


def classify(q_GLD: Tensor, k_GMD: Tensor, sight: Sight, shares: Shares) -> Classes:
    """Rank each row's blocks by the products of the blocks' means, and cut the ranking in three."""
    with torch.no_grad():  # a choice has no gradient
        score_GQK = _means(q_GLD, sight.block) @ _means(k_GMD, sight.block).transpose(1, 2)
        in_part_QK = sight.some_QK & ~sight.all_QK
        score_GQK = score_GQK.masked_fill(in_part_QK, math.inf)
        score_GQK = score_GQK.masked_fill(~sight.some_QK, -math.inf)
        order_GQK = score_GQK.argsort(dim=-1, descending=True, stable=True)
    num_Q = sight.some_QK.sum(1)
    count_Q = torch.maximum((num_Q * shares.critical).ceil().long(), in_part_QK.sum(1))
    end_Q = torch.maximum(count_Q, num_Q - (num_Q * shares.negligible).floor().long())
    rank_K = torch.arange(order_GQK.shape[-1], device=order_GQK.device)
    between_QK = (rank_K >= count_Q[:, None]) & (rank_K < end_Q[:, None])
    marginal_GQK = torch.zeros_like(order_GQK, dtype=torch.bool)
    marginal_GQK.scatter_(2, order_GQK, between_QK.expand_as(order_GQK))
    return Classes(order_GQK, count_Q, marginal_GQK)


def sparse_part(
    q_GLD: Tensor, k_GMD: Tensor, v_GMD: Tensor, sight: Sight, classes: Classes
) -> Tensor:
    """O^s: softmax attention over the keys of critical blocks. A query that sees none of them takes
    nothing.
    """
    q_GQbD, k_GKbD, v_GKbD = (_blocks(x, sight.block) for x in (q_GLD, k_GMD, v_GMD))
    heads, num_q, block, width = q_GQbD.shape
    head = torch.arange(heads, device=q_GLD.device)[:, None, None]
    parts = []
    for start, end, longest in _strips(classes.count_Q.tolist(), heads * block):
        # In the order of their places: with all blocks this is plain attention, sum by sum.
        strip_GCS = classes.order_GQK[:, start:end, :longest]
        extra_CS = torch.arange(longest, device=head.device) >= classes.count_Q[start:end, None]
        strip_GCS, place = strip_GCS.masked_fill(extra_CS, sight.some_QK.shape[1]).sort(-1)
        extra_GCS = extra_CS.expand_as(strip_GCS).gather(2, place)
        strip_GCS = strip_GCS.masked_fill(extra_GCS, 0)
        shape = (heads, end - start, longest * block, width)
        k, v = (x[head, strip_GCS].view(shape) for x in (k_GKbD, v_GKbD))
        seen = _seen(sight, start, end, strip_GCS, extra_GCS)
        parts.append(F.scaled_dot_product_attention(q_GQbD[:, start:end], k, v, attn_mask=seen))
    return torch.cat(parts, dim=1).view(heads, num_q * block, width)[:, : sight.queries]


def linear_part(
    q_GLD: Tensor, k_GMD: Tensor, v_GMD: Tensor, sight: Sight, classes: Classes
) -> Tensor:
    """O^l: linear attention over the marginal blocks, whose sums over keys are taken once for all
    queries (the paper's h_j and z_j). A row without such blocks takes nothing.
    """
    # A key past the end has no features, not even weight.
    phi_k_GKbD = _blocks(k_GMD.softmax(-1), sight.block)
    v_GKbD = _blocks(v_GMD, sight.block)
    h_GKDD = phi_k_GKbD.transpose(2, 3) @ v_GKbD
    marginal_GQK = classes.marginal_GQK.to(h_GKDD.dtype)
    h_GQDD = (marginal_GQK @ h_GKDD.flatten(2)).unflatten(2, h_GKDD.shape[2:])
    z_GQD = marginal_GQK @ phi_k_GKbD.sum(2)
    phi_q_GQbD = _blocks(q_GLD, sight.block).softmax(-1)
    none_GQ11 = ~classes.marginal_GQK.any(-1)[..., None, None]
    weight_GQb1 = phi_q_GQbD @ z_GQD[..., None] + none_GQ11  # 0 / 1, not 0 / 0
    made_GQbD: Tensor = (phi_q_GQbD @ h_GQDD) / weight_GQb1
    return made_GQbD.flatten(1, 2)[:, : sight.queries]


class SparseLinearAttention(nn.Module):
    """The attention of one layer. `projection` (P) begins at zero: what is added is learned."""

    def __init__(self, head_width: int, shares: Shares | None = None) -> None:
        super().__init__()
        self.shares = shares or Shares()
        self.projection = nn.Linear(head_width, head_width, bias=False)
        nn.init.zeros_(self.projection.weight)

    def forward(
        self, q_NHLD: Tensor, k_NHMD: Tensor, v_NHMD: Tensor, sight: Sight | None = None
    ) -> Tensor:
        """Attention [N, H, L, D]; `sight` is of these lengths, None for no mask."""
        queries, keys = q_NHLD.shape[2], k_NHMD.shape[2]
        sight = sight or sight_of(queries, keys, device=q_NHLD.device)
        if (sight.queries, sight.keys) != (queries, keys):
            raise ValueError(
                f"The sight is of {sight.queries} x {sight.keys} tokens, not {queries} x {keys}."
            )
        q, k, v = (x.flatten(0, 1) for x in (q_NHLD, k_NHMD, v_NHMD))
        classes = classify(q, k, sight, self.shares)
        exact = sparse_part(q, k, v, sight, classes)
        rest: Tensor = self.projection(linear_part(q, k, v, sight, classes))
        return (exact + rest).view(q_NHLD.shape)


def _blocks(x_GLD: Tensor, block: int) -> Tensor:
    """Cut into blocks [G, Q, b, D], the last one filled up with zeros."""
    missing = -x_GLD.shape[1] % block
    whole: Tensor = F.pad(x_GLD, (0, 0, 0, missing)).unflatten(1, (-1, block))
    return whole


def _means(x_GLD: Tensor, block: int) -> Tensor:
    """The mean of each block's tokens [G, Q, D], the last block's of those that are there."""
    sums_GQD = _blocks(x_GLD, block).sum(2)
    ends = torch.arange(1, sums_GQD.shape[1] + 1, device=x_GLD.device) * block
    tokens_Q = block - (ends - x_GLD.shape[1]).clamp_min(0)
    means_GQD: Tensor = sums_GQD / tokens_Q[:, None]
    return means_GQD


def _strips(count_Q: list[int], keys_a_block: int) -> Iterator[tuple[int, int, int]]:
    """(first row, end, most critical blocks of a row) of what is computed at once."""
    start = 0
    while start < len(count_Q):
        longest, end = count_Q[start], start + 1
        while end < len(count_Q):
            wider = max(longest, count_Q[end])
            if wider * (end + 1 - start) * keys_a_block > _STRIP_KEYS:
                break
            longest, end = wider, end + 1
        yield start, end, longest
        start = end


def _seen(
    sight: Sight, start: int, end: int, strip_GCS: Tensor, extra_GCS: Tensor
) -> Tensor | None:
    """The mask [G, C, b, S * b] of rows of blocks and their strips; None if all of it is seen."""
    cut = sight.keys % sight.block != 0
    if sight.visible is None and not cut:
        return None  # all rows have as many blocks
    inner = torch.arange(sight.block, device=strip_GCS.device)
    key = (strip_GCS[..., None] * sight.block + inner).flatten(2)[:, :, None]
    there = (key < sight.keys) & ~extra_GCS.repeat_interleave(sight.block, 2)[:, :, None]
    if sight.visible is None:
        return there.expand(-1, -1, sight.block, -1)
    row = torch.arange(start, end, device=strip_GCS.device)[:, None]
    query = (row * sight.block + inner).clamp_max(sight.queries - 1)[None, :, :, None]
    return there & sight.visible(query, key)
