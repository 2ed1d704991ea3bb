"""How LTX-2 is steered: picture and sound each by their own strengths, in the clean sample's space.

Three things are steered away from: the negative prompt (classifier-free guidance), the same model
with some blocks' self-attention perturbed (spatio-temporal guidance, Hyung et al. 2024,
arXiv:2411.18664), and picture and sound that do not see each other.  What this overexposes is
rescaled to the plain prediction's spread (Lin et al. 2023, arXiv:2305.08891, section 3.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor


@dataclass(frozen=True)
class Strengths:
    """How strongly one modality is steered; 1 is not at all, for `perturbed` and `rescale` 0 is."""

    prompt: float = 1.0
    perturbed: float = 0.0
    alone: float = 1.0
    rescale: float = 0.0


class Predictions(NamedTuple):
    """Clean samples as each branch predicts them; None where a branch is not needed."""

    positive: Tensor
    negative: Tensor | None
    perturbed: Tensor | None
    alone: Tensor | None


def steered(clean: Predictions, strengths: Strengths) -> Tensor:
    """The clean sample that one modality is steered to."""
    plain = clean.positive
    guided = plain
    if clean.negative is not None:
        guided = guided + (strengths.prompt - 1) * (plain - clean.negative)
    if clean.perturbed is not None:
        guided = guided + strengths.perturbed * (plain - clean.perturbed)
    if clean.alone is not None:
        guided = guided + (strengths.alone - 1) * (plain - clean.alone)
    return rescaled(guided, plain, strengths.rescale) if strengths.rescale > 0 else guided


def rescaled(guided: Tensor, plain: Tensor, amount: float) -> Tensor:
    """`guided` with, by `amount` from 0 to 1, the spread of `plain`."""
    axes = tuple(range(1, plain.ndim))
    spread = plain.std(dim=axes, keepdim=True) / guided.std(dim=axes, keepdim=True)
    return amount * (guided * spread) + (1 - amount) * guided
