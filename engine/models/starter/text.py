"""The starter's words and the small transformer that reads them.

Shapes: B prompts, L words, D width.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.models.starter.config import TextConfig

PADDING, START, UNKNOWN = 0, 1, 2
_NUM_SPECIAL = 3
_WORD = re.compile(r"[a-z]+|[0-9]+")
_DIGITS = {"1": "one", "2": "two", "3": "three"}


@dataclass(frozen=True)
class Vocabulary:
    """The closed set of words the starter understands. Ids 0, 1 and 2 are padding, start and
    unknown.
    """

    words: tuple[str, ...]
    max_words: int = 32

    def __len__(self) -> int:
        return len(self.words) + _NUM_SPECIAL

    def split(self, text: str) -> list[str]:
        """Lower-case words, punctuation dropped, the digits 1 to 3 spelled out."""
        return [_DIGITS.get(word, word) for word in _WORD.findall(text.lower())]

    def unknown_words(self, text: str) -> list[str]:
        """The words of `text` that the model has never seen, in order, each once."""
        known = set(self.words)
        return list(dict.fromkeys(word for word in self.split(text) if word not in known))

    def encode(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Word ids [B, L] and which of them are words, not padding, [B, L]. Unknown words are
        skipped.

        Words past `max_words` are cut off.
        """
        ids = {word: _NUM_SPECIAL + index for index, word in enumerate(self.words)}
        rows = [[START] + [ids[word] for word in self.split(text) if word in ids] for text in texts]
        rows = [row[: self.max_words] for row in rows]
        length = max(len(row) for row in rows)
        tokens_BL = torch.tensor(
            [row + [PADDING] * (length - len(row)) for row in rows], dtype=torch.long
        )
        return tokens_BL, tokens_BL != PADDING


class TextLayer(nn.Module):
    """A pre-norm transformer layer over a short sentence."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        width = config.width
        self.num_heads = config.num_heads
        self.attention_norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, 4 * width),
            nn.GELU(approximate="tanh"),
            nn.Linear(4 * width, width),
        )

    def forward(self, x_BLD: Tensor, mask_BL: Tensor) -> Tensor:
        shape = (*x_BLD.shape[:2], 3, self.num_heads, -1)
        qkv: Tensor = self.qkv(self.attention_norm(x_BLD)).view(shape)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(q, k, v, attn_mask=mask_BL[:, None, None, :])
        x_BLD = x_BLD + self.out(seen.transpose(1, 2).flatten(2))
        x_BLD = x_BLD + self.feed_forward(x_BLD)
        return x_BLD


class StarterTextEncoder(nn.Module):
    """Word ids to one vector a word and one for the sentence (read off the start token)."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.config = config
        self.words = nn.Embedding(config.vocabulary_size, config.width)
        self.places = nn.Embedding(config.max_words, config.width)
        nn.init.normal_(self.words.weight, std=0.5)
        nn.init.normal_(self.places.weight, std=0.2)
        self.layers = nn.ModuleList(TextLayer(config) for _ in range(config.num_layers))
        self.norm = nn.LayerNorm(config.width)

    def forward(self, tokens_BL: Tensor, mask_BL: Tensor) -> tuple[Tensor, Tensor]:
        """Returns (words [B, L, D], sentence [B, D])."""
        x_BLD = self.words(tokens_BL) + self.places.weight[: tokens_BL.shape[1]]
        for layer in self.layers:
            x_BLD = layer(x_BLD, mask_BL)
        x_BLD = self.norm(x_BLD)
        return x_BLD, x_BLD[:, 0]
