"""The starter's vocabulary and text encoder."""

from __future__ import annotations

import torch

from engine.models.starter.config import TextConfig
from engine.models.starter.text import PADDING, START, StarterTextEncoder, Vocabulary

VOCABULARY = Vocabulary(("a", "ball", "blue", "red", "two"), max_words=6)


def test_unknown_words_are_named_once_in_order() -> None:
    prompt = "A zebra, a BLUE ball, another zebra!"
    assert VOCABULARY.unknown_words(prompt) == ["zebra", "another"]


def test_punctuation_case_and_digits_do_not_matter() -> None:
    assert VOCABULARY.split("Two, red: BALL.") == VOCABULARY.split("2 red ball")


def test_shorter_sentences_are_padded_and_unknown_words_skipped() -> None:
    tokens, mask = VOCABULARY.encode(["a red zebra ball", "ball", ""])
    assert tokens.tolist() == [[START, 3, 6, 4], [START, 4, 0, 0], [START, 0, 0, 0]]
    assert torch.equal(mask, tokens != PADDING)


def test_long_sentences_are_cut() -> None:
    tokens, _ = VOCABULARY.encode(["a " * 50])
    assert tokens.shape == (1, 6)


def test_padding_changes_nothing() -> None:
    torch.manual_seed(0)
    config = TextConfig(vocabulary_size=len(VOCABULARY), max_words=6, width=16, num_heads=2)
    encoder = StarterTextEncoder(config).eval()
    alone_words, alone = encoder(*VOCABULARY.encode(["red ball"]))
    both_words, both = encoder(*VOCABULARY.encode(["red ball", "two red a ball"]))
    assert torch.allclose(alone[0], both[0], atol=1e-6)
    assert torch.allclose(alone_words[0], both_words[0, :3], atol=1e-6)
