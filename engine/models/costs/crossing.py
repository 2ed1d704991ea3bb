"""Denoisers in which the video looks at the words from outside: Wan, LTX, Latte, the starter.

N tokens of the video, L of the words, A of the sound, D and E channels of video and sound.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import ceil, prod
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
FIVE_BILLION: Final = 48  # channels of Wan 2.2 5B, whose tokens always have a level each
CLIP_TOKENS: Final = 257  # of a picture, as CLIP's ViT-H sees it
STARTER_WAVES: Final = 64
SOUNDS_A_SECOND: Final = 25


def wan(config: Mapping[str, object], sizes: Sizes) -> Network:
    """Wan 2.1 and 2.2, and VACE with its second row of blocks."""
    c = Settings(config)
    patch = c.all("patch_size", (1, 2, 2))
    n = sizes.tokens(patch[0], patch[1])
    words = sizes.words or 512
    d = c("num_attention_heads", 40) * c("attention_head_dim", 128)
    seen = (sizes.seen or c("pos_embed_seq_len", CLIP_TOKENS)) if c("image_dim") else 0
    times = n if sizes.own_levels or c("in_channels", 16) == FIVE_BILLION else 1
    layers: Layers = (
        Linear(c("in_channels", 16) * prod(patch), d, n),
        *perceptron(c("text_dim", 4096), d, words),
        *perceptron(c("freq_dim", TIME), d, times),
        Linear(d, 6 * d, times),
        Linear(d, c("out_channels", 16) * prod(patch), n),
        Table(2 * d),
    )
    if seen:
        i = c("image_dim")
        layers += (
            Linear(i, i, seen),
            Linear(i, d, seen),
            Table(2 * i + 2 * d + i * c("pos_embed_seq_len")),
        )
    block: Layers = (
        *attended(d, n),
        *attended(d, n, words),
        *feed_forward(d, c("ffn_dim", 13824), n),
        Table(6 * d + 2 * d),
    )
    if added := c("added_kv_proj_dim"):
        block += (
            Linear(added, d, seen),
            Linear(added, d, seen),
            Attention(n, seen, d),
            Table(d),
        )
    stacks = [Stack(c("num_layers", 40), block)]
    if guided := len(c.all("vace_layers", ())):
        layers += (Linear(c("vace_in_channels", 96) * prod(patch), d, n), Linear(d, d, n))
        stacks.append(Stack(guided, (*block, Linear(d, d, n))))
    return Network(layers, tuple(stacks), n, d, patch[1])


def ltx(config: Mapping[str, object], sizes: Sizes) -> Network:
    """LTX-Video, of any size."""
    c = Settings(config)
    n = sizes.tokens(c("patch_size_t", 1), c("patch_size", 1))
    words = sizes.words or 256
    d = c("num_attention_heads", 32) * c("attention_head_dim", 64)
    block: Layers = (
        *attended(d, n),
        *attended(d, n, words, of=c("cross_attention_dim", 2048)),
        *feed_forward(d, 4 * d, n),
        Table(6 * d),
    )
    layers: Layers = (
        Linear(c("in_channels", 128), d, n),
        *perceptron(c("caption_channels", 4096), d, words),
        *_modulation(d, 6, n if sizes.own_levels else 1),
        Linear(d, c("out_channels", 128), n),
        Table(2 * d),
    )
    return Network(layers, (Stack(c("num_layers", 28), block),), n, d, c("patch_size", 1))


def ltx2(config: Mapping[str, object], sizes: Sizes) -> Network:
    """LTX-2: a stream of sound beside the video's, and each looks at the other."""
    c = Settings(config)
    n = sizes.tokens(c("patch_size_t", 1), c("patch_size", 1))
    a = round(sizes.seconds * SOUNDS_A_SECOND)
    words = sizes.words or 1024
    heads, heard = c("num_attention_heads", 32), c("audio_num_attention_heads", 32)
    d, e = heads * c("attention_head_dim", 128), heard * c("audio_attention_head_dim", 64)
    newer = bool(c("cross_attn_mod"))
    block: Layers = (
        *attended(d, n),
        *attended(d, n, words, of=c("cross_attention_dim", 4096)),
        *feed_forward(d, 4 * d, n),
        *attended(e, a),
        *attended(e, a, words, of=c("audio_cross_attention_dim", 2048)),
        *feed_forward(e, 4 * e, a),
        *attended(d, n, a, inner=e, of=e),
        *attended(e, a, n, inner=e, of=d),
        Table((13 if newer else 6) * (d + e) - (2 if newer else 0) * (d + e) + 5 * (d + e)),
    )
    if c("gated_attn"):
        # A gate for each head: two attentions of each stream, and one from each to the other.
        block += (*(Linear(d, h, n) for h in (heads, heads, heard)),)
        block += (*(Linear(e, heard, a) for _ in range(3)),)
    levels = 9 if newer else 6
    layers: Layers = (
        Linear(c("in_channels", 128), d, n),
        Linear(c("audio_in_channels", 128), e, a),
        *_modulation(d, levels, n),
        *_modulation(e, levels, 1),
        *_modulation(d, 4, 1 if newer else n),
        *_modulation(d, 1, 1 if newer else n),
        *_modulation(e, 4, 1),
        *_modulation(e, 1, 1),
        Linear(d, c("out_channels", 128), n),
        Linear(e, c("audio_out_channels", 128), a),
        Table(2 * d + 2 * e),
    )
    if newer:
        layers += (*_modulation(d, 2, 1), *_modulation(e, 2, 1))
    else:
        captions = c("caption_channels", 3840)
        layers += (*perceptron(captions, d, words), *perceptron(captions, e, words))
    return Network(layers, (Stack(c("num_layers", 48), block),), n, d, c("patch_size", 1))


def latte(config: Mapping[str, object], sizes: Sizes) -> Network:
    """Latte: blocks that look at their frame and the words, in turn with some that look along time.

    Every frame reads the words by itself.
    """
    c = Settings(config)
    patch, frames = c("patch_size", 2), sizes.frames
    n = sizes.tokens(1, patch)
    words = sizes.words or 120
    d = c("num_attention_heads", 16) * c("attention_head_dim", 88)
    channels = c("in_channels", 4)
    in_space: Layers = (
        *_self(d, n, n // frames, 0),
        *_looking(attended(d, n, words * frames, norms=0), words),
        *feed_forward(d, 4 * d, n),
        Table(6 * d),
    )
    in_time: Layers = (*_self(d, n, frames, 0), *feed_forward(d, 4 * d, n), Table(6 * d))
    layers: Layers = (
        Linear(channels * patch**2, d, n),
        *perceptron(c("caption_channels", 4096), d, words),
        *_modulation(d, 6, 1),
        Linear(d, c("out_channels", channels) * patch**2, n),
        Table(2 * d),
    )
    times = c("num_layers", 1)
    return Network(layers, (Stack(times, in_space), Stack(times, in_time)), n, d, patch)


def starter(config: Mapping[str, object], sizes: Sizes) -> Network:
    """Our own: attention in space, then in time, both over all that there is."""
    c = Settings(config)
    d, w, patch = c("width"), c("text_width"), c("patch")
    n, frames = sizes.tokens(1, patch), sizes.frames
    places = n // frames
    words = sizes.words or 32
    cells = c("latent_channels") * patch**2
    head = d // c("num_heads")
    block: Layers = (
        *_self(d, n, places, head),
        *_self(d, n, frames if frames > 1 else 0, head),
        *_to_words(d, n, w, words, c("num_heads")),
        *feed_forward(d, c("feed_forward") * d, n),
        Linear(d, 9 * d, frames),
    )
    layers: Layers = (
        Linear(cells, d, n),
        Linear(2 * STARTER_WAVES, d, places, bias=False),
        *(Linear(STARTER_WAVES, d, frames) for _ in range(2)),
        Linear(w, d, 1),
        *feed_forward(d, 2 * d, frames),
        Linear(d, 2 * d, frames),
        Linear(d, cells, n),
    )
    sound = config.get("sound")
    if isinstance(sound, Mapping):
        heard = ceil(sizes.seconds * SOUNDS_A_SECOND)
        more, beside = _starter_sound(sound, d, w, n, heard, words)
        layers, block = (*layers, *more), (*block, *beside)
    return Network(layers, (Stack(c("num_layers"), block),), n, d, patch)


def _starter_sound(
    config: Mapping[str, object], d: int, w: int, n: int, a: int, words: int
) -> tuple[Layers, Layers]:
    """The stream of sound: its way in and out, and what stands beside each block."""
    c = Settings(config)
    e, channels = c("width"), c("latent_channels")
    layers: Layers = (
        Linear(channels, e, a),
        *(Linear(STARTER_WAVES, e, a) for _ in range(2)),
        Linear(w, e, 1),
        Linear(e, e, a),
        Linear(e, 2 * e, a),
        Linear(e, channels, a),
    )
    block: Layers = (
        *_self(e, a, a, e // c("num_heads")),
        *attended(e, a, n, of=d, norms=0),
        *_to_words(e, a, w, words, c("num_heads")),
        *feed_forward(e, c("feed_forward") * e, a),
        Linear(e, 6 * e, a),
        *attended(d, n, a, inner=e, of=e, norms=0),
    )
    return layers, block


def _self(width: int, rows: int, keys: int, head: int) -> Layers:
    """Attention of every token to `keys` of its own kind."""
    return _looking(attended(width, rows, norms=head), keys)


def _looking(attention: Layers, keys: int) -> Layers:
    """Attention whose queries each look at `keys` alone."""
    return tuple(replace(p, keys=keys) if isinstance(p, Attention) else p for p in attention)


def _to_words(width: int, rows: int, text: int, words: int, heads: int) -> Layers:
    return attended(width, rows, words, of=text, norms=heads)


def _modulation(width: int, parts: int, rows: int) -> Layers:
    """What a level of noise shifts, scales and gates."""
    return (*perceptron(TIME, width, rows), Linear(width, parts * width, rows))
