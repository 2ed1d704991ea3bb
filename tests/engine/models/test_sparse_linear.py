"""Sparse-linear attention against its definition, token by token, in float64."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from engine.models.attention import causal_attention, full_attention, reference_attention
from engine.models.sparse_linear import (
    Shares,
    Sight,
    SparseLinearAttention,
    Visible,
    causal,
    classify,
    sight_of,
    windowed,
)

WIDTH, BLOCK = 8, 16
MASKS: dict[str, Visible | None] = {
    "full": None,
    "causal": causal,
    "window": windowed(70),
    "some see nothing": lambda query, key: (key <= query) & (query % 3 > 0),
    "every other": lambda query, key: (query // BLOCK + key // BLOCK) % 2 == 0,
}


def drawn(tokens: int, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    q, k, v = (torch.randn((2, 1, tokens, WIDTH), generator=generator) for _ in range(3))
    return 2 * q, 2 * k, v


def layer(shares: Shares, seed: int = 5) -> SparseLinearAttention:
    made = SparseLinearAttention(WIDTH, shares)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        made.projection.weight.copy_(torch.randn(WIDTH, WIDTH, generator=generator))
    return made


def kinds_of_row(scores: list[float], seen: Tensor, shares: Shares) -> list[str]:
    """What each block of a row is; `seen` [K, b, b] is its part of the mask."""
    kinds = ["hidden"] * len(scores)
    visible = [j for j in range(len(scores)) if seen[j].any()]
    whole = [j for j in visible if seen[j].all()]
    for j in set(visible) - set(whole):
        kinds[j] = "critical"
    ranked = sorted(whole, key=lambda j: -scores[j])
    in_part = len(visible) - len(whole)
    num_critical = max(0, math.ceil(shares.critical * len(visible)) - in_part)
    num_left = min(len(ranked) - num_critical, math.floor(shares.negligible * len(visible)))
    for rank, j in enumerate(ranked):
        kinds[j] = "marginal"
        if rank < num_critical:
            kinds[j] = "critical"
        elif rank >= len(ranked) - num_left:
            kinds[j] = "negligible"
    return kinds


def by_definition(
    q_LD: Tensor, k_LD: Tensor, v_LD: Tensor, p_DD: Tensor, visible: Visible | None, shares: Shares
) -> Tensor:
    """One head, dense and slow: L x L weights of both kinds exist."""
    tokens = len(q_LD)
    q, k, v = q_LD.double(), k_LD.double(), v_LD.double()
    place = torch.arange(tokens)
    seen = torch.ones(tokens, tokens, dtype=torch.bool)
    if visible is not None:
        seen = visible(place[:, None], place[None, :])
    spans = [slice(start, start + BLOCK) for start in range(0, tokens, BLOCK)]
    critical, marginal = torch.zeros_like(seen), torch.zeros_like(seen)
    for row in spans:
        scores = [(q[row].mean(0) @ k[each].mean(0)).item() for each in spans]
        parts = [seen[row, each] for each in spans]
        padded = torch.stack(
            [torch.nn.functional.pad(p.float(), (0, BLOCK - p.shape[1])) for p in parts]
        ).bool()
        whole = torch.tensor([bool(p.all()) for p in parts])
        padded[whole] = True
        for each, kind in zip(spans, kinds_of_row(scores, padded, shares), strict=True):
            critical[row, each] = kind == "critical"
            marginal[row, each] = kind == "marginal"
    weights = (q @ k.T / WIDTH**0.5).masked_fill(~(critical & seen), -math.inf).softmax(-1)
    linear = (q.softmax(-1) @ k.softmax(-1).T) * marginal
    linear = linear / (linear.sum(-1, keepdim=True) + ~marginal.any(-1, keepdim=True))
    return weights.nan_to_num() @ v + (linear @ v) @ p_DD.double().T


@pytest.mark.parametrize("tokens", [16, 150, 192])
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("shares", [Shares(0.05, 0.1), Shares(0.3, 0.4)])
def test_it_equals_its_definition(mask: str, tokens: int, shares: Shares) -> None:
    q, k, v = drawn(tokens)
    attention = layer(shares)
    with torch.no_grad():
        made = attention(q, k, v, sight_of(tokens, tokens, MASKS[mask], BLOCK))
    assert made.shape == q.shape
    weight = attention.projection.weight.detach()
    for n in range(2):
        expected = by_definition(q[n, 0], k[n, 0], v[n, 0], weight, MASKS[mask], shares)
        assert (made[n, 0].double() - expected).abs().max() < 1e-5


@pytest.mark.parametrize("mask", ["full", "causal", "window"])
def test_with_every_block_critical_it_is_full_attention(mask: str) -> None:
    q, k, v = drawn(300)
    with torch.no_grad():
        made = layer(Shares(1.0, 0.0))(q, k, v, sight_of(300, 300, MASKS[mask], BLOCK))
    place = torch.arange(300)
    visible = MASKS[mask]
    seen = (
        torch.ones(300, 300, dtype=torch.bool)
        if visible is None
        else visible(place[:, None], place)
    )
    assert (made.double() - reference_attention(q, k, v, seen)).abs().max() < 1e-5
    if mask != "window":
        theirs = full_attention(q, k, v) if mask == "full" else causal_attention(q, k, v)
        assert (made - theirs).abs().max() < 1e-5


def test_a_new_layer_adds_nothing_to_the_exact_part() -> None:
    q, k, v = drawn(128)
    sight = sight_of(128, 128, None, BLOCK)
    assert torch.equal(
        SparseLinearAttention(WIDTH, Shares(0.5, 0.0))(q, k, v, sight),
        SparseLinearAttention(WIDTH, Shares(0.5, 0.5))(q, k, v, sight),
    )
    assert not torch.equal(
        layer(Shares(0.5, 0.0))(q, k, v, sight), layer(Shares(0.5, 0.5))(q, k, v, sight)
    )


def test_the_future_changes_nothing_where_it_is_hidden() -> None:
    q, k, v = drawn(200)
    sight = sight_of(200, 200, causal, BLOCK)
    other_k, other_v = k.clone(), v.clone()
    other_k[:, :, 90:], other_v[:, :, 90:] = 3.0, -3.0
    attention = layer(Shares(0.3, 0.2))
    with torch.no_grad():
        before, after = attention(q, k, v, sight), attention(q, other_k, other_v, sight)
    # Whole rows of blocks: the means of a query's own block know its later tokens.
    assert torch.allclose(before[:, :, :80], after[:, :, :80], atol=1e-6)
    assert not torch.allclose(before[:, :, 90:], after[:, :, 90:], atol=1e-2)


def test_what_is_classified_is_shares_of_what_is_seen() -> None:
    q, k, _ = (x.flatten(0, 1) for x in drawn(640))
    sight = sight_of(640, 640, causal, BLOCK)
    classes = classify(q, k, sight, Shares(0.25, 0.25))
    for row in (0, 1, 3, 20, 39):
        seen = row + 1
        assert classes.count_Q[row] == math.ceil(seen / 4)
        assert (
            classes.marginal_GQK[:, row].sum(-1) == seen - math.ceil(seen / 4) - seen // 4
        ).all()
    assert not (classes.marginal_GQK & ~sight.all_QK).any()


def test_gradients_are_those_of_the_definition() -> None:
    tokens, shares = 100, Shares(0.3, 0.3)
    q, k, v = (x[:1, :1].double().requires_grad_() for x in drawn(tokens))
    attention = layer(shares).double()
    weight = torch.randn((tokens, WIDTH), generator=torch.Generator().manual_seed(1)).double()
    made = attention(q, k, v, sight_of(tokens, tokens, causal, BLOCK))[0, 0]
    p = attention.projection.weight
    expected = by_definition(q[0, 0], k[0, 0], v[0, 0], p, causal, shares)
    given = (q, k, v, p)
    for mine, theirs in zip(
        torch.autograd.grad((made * weight).sum(), given),
        torch.autograd.grad((expected * weight).sum(), given),
        strict=True,
    ):
        assert torch.allclose(mine, theirs, atol=1e-9)


def test_queries_and_keys_may_differ_in_number() -> None:
    q, _, _ = drawn(40)
    _, k, v = drawn(200, seed=2)
    with torch.no_grad():
        made = layer(Shares(1.0, 0.0))(q, k, v)
    assert (made - full_attention(q, k, v)).abs().max() < 1e-5


def test_what_cannot_be_is_said() -> None:
    with pytest.raises(ValueError, match="more than 0"):
        Shares(0.0, 0.1)
    q, k, v = drawn(32)
    other: Sight = sight_of(16, 16, None, BLOCK)
    with pytest.raises(ValueError, match="16 x 16 tokens, not 32 x 32"):
        layer(Shares())(q, k, v, other)
