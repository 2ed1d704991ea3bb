"""The networks that read a prompt, by the name of their class.

L words, as many as a family fills every prompt up to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from engine.models.costs.network import (
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

Reading = Callable[[Mapping[str, object], int], Network]

LLAMA: Final = {"hidden_size": 4096, "num_attention_heads": 32, "num_hidden_layers": 32}
"""What Llama says of itself where settings do not."""
MORE_TOLD: Final = 8
"""Words that HunyuanVideo says around a prompt with a picture, more than around one without."""


def t5(config: Mapping[str, object], words: int) -> Network:
    """The half of T5 that reads; where words stand is told once, in UMT5 in every layer."""
    c = Settings(config)
    d, layers, heads = c("d_model", 4096), c("num_layers", 24), c("num_heads", 64)
    places = c("relative_attention_num_buckets", 32) * heads
    everywhere = config.get("model_type") == "umt5"
    block: Layers = (
        *attended(d, words, inner=heads * c("d_kv", 64), bias=False, norms=0),
        *feed_forward(d, c("d_ff", 10240), words, gated=True, bias=False),
        Table(2 * d + (places if everywhere else 0)),
    )
    around = Table(c("vocab_size", 32128) * d + d + (0 if everywhere else places))
    return Network((around,), (Stack(layers, block),))


def chat(config: Mapping[str, object], words: int) -> Network:
    """Llama, Qwen and Gemma: fewer keys than queries, gated."""
    inner = config.get("text_config")
    c = Settings(inner if isinstance(inner, Mapping) else config)
    d, heads = c("hidden_size"), c("num_attention_heads")
    head = c("head_dim", d // max(heads, 1))
    few = c("num_key_value_heads", heads) * head
    query, *_, attention, out, _ = attended(d, words, inner=heads * head, bias=False)
    block: Layers = (
        query,
        *(Linear(d, few, words, bias=False) for _ in range(2)),
        attention,
        out,
        *feed_forward(d, c("intermediate_size"), words, gated=True, bias=False),
        Table(2 * d),
    )
    around = Table(c("vocab_size") * d + d)
    return Network((around,), (Stack(c("num_hidden_layers"), block),))


def llava(config: Mapping[str, object], words: int) -> Network:
    """Llama with CLIP's eyes: a picture among the words, and which word comes next."""
    told, shown = config.get("text_config"), config.get("vision_config")
    text = {**LLAMA, **(told if isinstance(told, Mapping) else {})}
    c, eyes = Settings(text), Settings(shown if isinstance(shown, Mapping) else {})
    width, d, patch = c("hidden_size"), eyes("hidden_size", 1024), eyes("patch_size", 14)
    seen = (eyes("image_size", 336) // patch) ** 2
    rows = words + MORE_TOLD + seen - 1  # the picture stands where one word did
    reading = chat(text, rows)
    layers: Layers = (
        Linear(3 * patch**2, d, seen, bias=False),
        Table((seen + 1) * d + 5 * d),
        *perceptron(d, width, seen),
        Linear(width, c("vocab_size"), rows, bias=False),
    )
    look = Stack(
        eyes("num_hidden_layers", 24), _clip_block(d, eyes("intermediate_size", 4096), seen + 1)
    )
    return Network((*reading.layers, *layers), (look, *reading.stacks))


def clip(config: Mapping[str, object], words: int) -> Network:
    """CLIP's half that reads."""
    c = Settings(config)
    d = c("hidden_size", 768)
    block = _clip_block(d, c("intermediate_size", 3072), words)
    places = c("max_position_embeddings", 77)
    around = Table((c("vocab_size", 49408) + places) * d + 2 * d)
    return Network((around,), (Stack(c("num_hidden_layers", 12), block),))


def _clip_block(width: int, hidden: int, rows: int) -> Layers:
    return (
        *attended(width, rows, norms=0),
        *feed_forward(width, hidden, rows),
        Table(4 * width),
    )


def starter(config: Mapping[str, object], words: int) -> Network:
    """Our own, of a few words."""
    c = Settings(config)
    d = c("width")
    block: Layers = (*attended(d, words, norms=0), *feed_forward(d, 4 * d, words), Table(4 * d))
    around = Table((c("vocabulary_size") + c("max_words")) * d + 2 * d)
    return Network((around,), (Stack(c("num_layers"), block),))


def connectors(config: Mapping[str, object], words: int) -> Network:
    """LTX-2's way from Gemma's layers to the words of picture and sound."""
    c = Settings(config)
    told = c("caption_channels", 3840) * c("text_proj_in_factor", 49)
    bias = bool(c("proj_bias"))
    widths: tuple[int, ...]
    if c("per_modality_projections"):
        widths = (c("video_hidden_dim", 4096), c("audio_hidden_dim", 2048))
    else:
        widths = (c("caption_channels", 3840),)
    layers: Layers = tuple(Linear(told, width, words, bias) for width in widths)
    stacks = []
    for kind in ("video", "audio"):
        heads = c(f"{kind}_connector_num_attention_heads", 30)
        d = heads * c(f"{kind}_connector_attention_head_dim", 128)
        block: Layers = (*attended(d, words), *feed_forward(d, 4 * d, words))
        if c(f"{kind}_gated_attn"):
            block += (Linear(d, heads, words),)
        layers += (Table(d * c(f"{kind}_connector_num_learnable_registers", 128)),)
        stacks.append(Stack(c(f"{kind}_connector_num_layers", 2), block))
    return Network(layers, tuple(stacks))


READERS: Final[Mapping[str, Reading]] = {
    "T5EncoderModel": t5,
    "UMT5EncoderModel": t5,
    "LlamaModel": chat,
    "Gemma3ForConditionalGeneration": chat,
    "LlavaForConditionalGeneration": llava,
    "Qwen2_5_VLTextModel": chat,
    "CLIPTextModel": clip,
    "LTX2TextConnectors": connectors,
    "StarterTextEncoder": starter,
}

WORDS: Final[Mapping[str, Mapping[str, int]]] = {
    "starter": {"text_encoder": 32},
    "wan": {"text_encoder": 512},
    "ltx": {"text_encoder": 256},
    "ltx2": {"text_encoder": 1024, "connectors": 1024},
    "mochi": {"text_encoder": 256},
    "cogvideox": {"text_encoder": 226},
    "hunyuan": {"text_encoder": 351, "text_encoder_2": 77},
    "hunyuan15": {"text_encoder": 1108, "text_encoder_2": 256},
    "opensora": {"text_encoder": 512, "text_encoder_2": 77},
    "latte": {"text_encoder": 120},
}
"""To how many words each family fills a prompt up, what it says around it included."""
