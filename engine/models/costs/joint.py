"""Denoisers in which video and words are one sequence: Mochi, CogVideoX, HunyuanVideo and 1.5.

N tokens of the video, L of the words, D channels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.models.costs.network import (
    Attention,
    Layers,
    Linear,
    Network,
    Settings,
    Stack,
    Table,
    attended,
    feed_forward,
    perceptron,
)
from engine.models.costs.sizes import Sizes

TIME: Final = 256  # waves that tell a level of noise
SENTENCE, LETTERS, PICTURE = 1000, 256, 729
"""Tokens of HunyuanVideo 1.5's three readers, which are always there."""
LETTERS_WIDTH: Final = 2048
BESIDE: Final = {"token_replace": 396, "latent_concat": 540}
"""Tokens of HunyuanVideo's words with a picture's: 252, and every fourth or second of 576."""


def mochi(config: Mapping[str, object], sizes: Sizes) -> Network:
    """Mochi 1: words in a narrower stream, that ends before the last block does."""
    c = Settings(config)
    patch, words = c("patch_size", 2), sizes.words or 256
    n = sizes.tokens(1, patch)
    heads, head = c("num_attention_heads", 24), c("attention_head_dim", 128)
    d, narrow, text = heads * head, c("pooled_projection_dim", 1536), c("text_embed_dim", 4096)
    video: Layers = (
        Linear(d, 4 * d, 1),
        *(Linear(d, d, n, bias=False) for _ in range(3)),
        *(Linear(narrow, d, words, bias=False) for _ in range(3)),
        Attention(n + words, n + words, d),
        Linear(d, d, n),
        *feed_forward(d, 8 * d // 3, n, gated=True, bias=False),
        Table(4 * head),
    )
    beside: Layers = (
        Linear(d, 4 * narrow, 1),
        Linear(d, narrow, words),
        *feed_forward(narrow, 8 * narrow // 3, words, gated=True, bias=False),
    )
    channels = c("in_channels", 12)
    layers: Layers = (
        Linear(channels * patch**2, d, n),
        *perceptron(c("time_embed_dim", TIME), d, 1),
        Linear(text, 2 * text, words + 1),
        Linear(text, text, 1),
        Attention(1, words + 1, text),
        Linear(text, d, 1),
        Linear(text, narrow, words),
        Linear(d, 2 * d, 1),
        Linear(d, c("out_channels", channels) * patch**2, n),
        Table(3 * heads * (head // 2)),
    )
    last = Stack(1, (*video, Linear(d, narrow, 1)))
    whole = Stack(c("num_layers", 48) - 1, (*video, *beside))
    return Network(layers, (whole, last), n, d, patch)


def cogvideox(config: Mapping[str, object], sizes: Sizes) -> Network:
    """CogVideoX 1.0, and 1.5 that pairs latent frames."""
    c = Settings(config)
    patch, time = c("patch_size", 2), c("patch_size_t")
    words = sizes.words or c("max_text_seq_length", 226)
    n = sizes.tokens(time or 1, patch)
    head = c("attention_head_dim", 64)
    d, level = c("num_attention_heads", 30) * head, c("time_embed_dim", 512)
    block: Layers = (
        *(Linear(level, 6 * d, 1) for _ in range(2)),
        *attended(d, n + words, norms=4 * head),
        *feed_forward(d, 4 * d, n + words),
        Table(4 * d),
    )
    cells = patch**2 * (time or 1)
    biased = bool(time) or bool(c("patch_bias", 1))
    layers: Layers = (
        Linear(c("in_channels", 16) * cells, d, n, biased),
        Linear(c("text_embed_dim", 4096), d, words),
        *perceptron(d, level, 1),
        Linear(level, 2 * d, 1),
        Linear(d, c("out_channels", 16) * cells, n),
        Table(4 * d),
    )
    if offset := c("ofs_embed_dim"):
        layers += perceptron(offset, offset, 1)
    return Network(layers, (Stack(c("num_layers", 30), block),), n, d, patch)


def hunyuan(config: Mapping[str, object], sizes: Sizes) -> Network:
    """HunyuanVideo: blocks of two streams, then of one."""
    c = Settings(config)
    patch = c("patch_size", 2)
    words = sizes.words or BESIDE.get(str(config.get("image_condition_type")), 256)
    n = sizes.tokens(c("patch_size_t", 1), patch)
    head = c("attention_head_dim", 128)
    d, wide = c("num_attention_heads", 24) * head, c("mlp_ratio", 4)
    # A first frame that is given has a level of its own.
    levels = 2 if config.get("image_condition_type") == "token_replace" else 1
    one: Layers = (
        Linear(d, 3 * d, levels),
        *attended(d, n + words, norms=2 * head)[:4],
        Linear(d, wide * d, n + words),
        Linear((1 + wide) * d, d, n + words),
        Table(2 * head),
    )
    cells = patch**2 * c("patch_size_t", 1)
    layers: Layers = (
        Linear(c("in_channels", 16) * cells, d, n),
        *_refiner(c, d, words, c("text_embed_dim", 4096)),
        *perceptron(TIME, d, levels),
        *perceptron(c("pooled_projection_dim", 768), d, 1),
        *(perceptron(TIME, d, 1) if c("guidance_embeds") else ()),
        Linear(d, 2 * d, 1),
        Linear(d, c("out_channels", 16) * cells, n),
    )
    stacks = (
        Stack(c("num_layers", 20), _two_streams(d, head, wide, n, words, levels)),
        Stack(c("num_single_layers", 40), one),
        Stack(c("num_refiner_layers", 2), _refining(d, words)),
    )
    return Network(layers, stacks, n, d, patch)


def hunyuan15(config: Mapping[str, object], sizes: Sizes) -> Network:
    """HunyuanVideo 1.5: blocks of two streams; what is written and seen follows the words."""
    c = Settings(config)
    patch = c("patch_size", 1)
    n = sizes.tokens(c("patch_size_t", 1), patch)
    words = SENTENCE + LETTERS + PICTURE
    head = c("attention_head_dim", 128)
    d, wide = c("num_attention_heads", 16) * head, c("mlp_ratio", 4)
    letters, seen = c("text_embed_2_dim", 1472), c("image_embed_dim", 1152)
    cells = patch**2 * c("patch_size_t", 1)
    layers: Layers = (
        Linear(c("in_channels", 65) * cells, d, n),
        *_refiner(c, d, SENTENCE, c("text_embed_dim", 3584)),
        *perceptron(letters, LETTERS_WIDTH, LETTERS),
        Linear(LETTERS_WIDTH, d, LETTERS),
        Linear(seen, seen, PICTURE),
        Linear(seen, d, PICTURE),
        *(perceptron(TIME, d, 1) * (2 if c("use_meanflow") else 1)),
        Linear(d, 2 * d, 1),
        Linear(d, c("out_channels", 32) * cells, n),
        Table(2 * letters + 2 * seen + 2 * d + 3 * d),
    )
    stacks = (
        Stack(c("num_layers", 54), _two_streams(d, head, wide, n, words, 1)),
        Stack(c("num_refiner_layers", 2), _refining(d, SENTENCE)),
    )
    return Network(layers, stacks, n, d, patch)


def _two_streams(d: int, head: int, wide: int, n: int, words: int, levels: int) -> Layers:
    """Weights of their own for video and words, and one attention over both."""
    return (
        Linear(d, 6 * d, levels),
        Linear(d, 6 * d, 1),
        *(Linear(d, d, n) for _ in range(4)),
        *(Linear(d, d, words) for _ in range(4)),
        Attention(n + words, n + words, d),
        *feed_forward(d, wide * d, n),
        *feed_forward(d, wide * d, words),
        Table(4 * head),
    )


def _refiner(c: Settings, d: int, words: int, text: int) -> Layers:
    """The words' way in, before the blocks that refine them."""
    return (*perceptron(TIME, d, 1), *perceptron(text, d, 1), Linear(text, d, words))


def _refining(d: int, words: int) -> Layers:
    return (
        *attended(d, words, norms=0),
        *feed_forward(d, 4 * d, words),
        Linear(d, 2 * d, 1),
        Table(4 * d),
    )


def opensora(config: Mapping[str, object], sizes: Sizes) -> Network:
    """Open-Sora 2.0: HunyuanVideo's two kinds of blocks, with words that nothing refines."""
    c = Settings(config)
    n, words = sizes.tokens(1, c("patch_size", 2)), sizes.words or 512
    head, mlp = c("attention_head_dim", 128), c("mlp_width", 12_288)
    d, channels = c("num_attention_heads", 24) * head, c("in_channels", 64)
    both = n + words
    one: Layers = (
        Linear(d, 3 * d, 1),
        *attended(d, both, norms=2 * head)[:4],
        Linear(d, mlp, both),
        Linear(d + mlp, d, both),
        Table(2 * head),
    )
    layers: Layers = (
        Linear(channels, d, n),
        Linear(c("context_in_dim", 4096), d, words),
        *perceptron(TIME, d, 1),
        *perceptron(c("vec_in_dim", 768), d, 1),
        *(perceptron(TIME, d, 1) if c("guidance_embed") else ()),
        Linear(d, 2 * d, 1),
        Linear(d, channels, n),
    )
    if c("cond_embed", 1):
        layers += (Linear(channels + c("patch_size", 2) ** 2, d, n),)
    two = Stack(c("depth", 19), _two_streams(d, head, mlp // d, n, words, 1))
    stacks = (two, Stack(c("depth_single_blocks", 38), one))
    return Network(layers, stacks, n, d, c("patch_size", 2))
