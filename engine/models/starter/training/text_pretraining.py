"""Teaches the text encoder what its words mean before the video model learns: attributes from
sentences, in a minute.

The heads that read attributes off the sentence vector stay as an auxiliary loss and are not
shipped.
"""

from __future__ import annotations

import time

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.models.starter.text import StarterTextEncoder, Vocabulary
from engine.models.starter.training.prompts import write_prompt
from engine.models.starter.training.scene import (
    BACKGROUNDS,
    CAMERAS,
    COLOURS,
    COUNTS,
    MATERIALS,
    MOTIONS,
    SHAPES,
    SIZES,
    SPEEDS,
    Scene,
    draw_scene,
)

_VALUES: tuple[tuple[object, ...], ...] = (
    tuple(COLOURS), SHAPES, COUNTS, tuple(MOTIONS), BACKGROUNDS, tuple(SPEEDS), SIZES,
    MATERIALS, CAMERAS,
)  # fmt: skip


class AttributeHeads(nn.Module):
    """One linear classifier an attribute."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = nn.ModuleList(nn.Linear(width, len(values)) for values in _VALUES)

    def loss(self, pooled_BD: Tensor, classes_BA: Tensor) -> Tensor:
        """Mean cross-entropy over attributes; what the sentence leaves unsaid costs its entropy and
        teaches nothing.
        """
        losses = [
            F.cross_entropy(head(pooled_BD), classes_BA[:, i]) for i, head in enumerate(self.heads)
        ]
        return torch.stack(losses).mean()


def attribute_classes(scenes: list[Scene]) -> Tensor:
    """Class numbers [N, 9]."""
    rows = [
        [values.index(value) for values, value in zip(_VALUES, s.attributes, strict=True)]
        for s in scenes
    ]
    return torch.tensor(rows)


def pretrain_text(
    encoder: StarterTextEncoder, heads: AttributeHeads, vocabulary: Vocabulary, steps: int
) -> None:
    """Train both in place for `steps` batches of 128 sentences."""
    parameters = [*encoder.parameters(), *heads.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=2e-3, betas=(0.9, 0.95), weight_decay=0.0)
    rng = np.random.default_rng(77)
    begun = time.monotonic()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * min(1.0, (step + 1) / 50) * max(0.05, 1 - step / steps)
        scenes = [draw_scene(rng) for _ in range(128)]
        tokens, mask = vocabulary.encode([write_prompt(scene, rng) for scene in scenes])
        _, pooled = encoder(tokens, mask)
        loss = heads.loss(pooled, attribute_classes(scenes))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        if step % 100 == 99:
            print(
                f"text step {step + 1} loss {loss.item():.4f} {time.monotonic() - begun:.0f}",
                flush=True,
            )
