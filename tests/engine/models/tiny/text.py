"""Tokenizers and text encoders a few kilobytes large: real classes, made-up words.

Every tokenizer spells its text character by character, so that two prompts never read alike.
"""

from __future__ import annotations

import re
import string
from typing import TypeVar

import torch
from tokenizers import pre_tokenizers
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTokenizer,
    GemmaTokenizer,
    LlamaConfig,
    LlamaModel,
    LlamaTokenizer,
    Qwen2Tokenizer,
    T5Config,
    T5EncoderModel,
    T5Tokenizer,
    UMT5Config,
    UMT5EncoderModel,
)
from transformers.models.qwen2_5_vl import Qwen2_5_VLTextConfig, Qwen2_5_VLTextModel

Net = TypeVar("Net", bound=torch.nn.Module)

WIDTH = 16
CHARACTERS = [*string.printable.strip()]
LLAMA_MARKS = ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<image>"]


def lively(net: Net, seed: int = 0) -> Net:
    """The network with every weight drawn anew: what training starts at zero is not zero here, or
    gates and biases would hide what stands behind them.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in net.parameters():
            spread = 0.3 if weight.ndim < 2 else weight[0].numel() ** -0.5
            centre = 1.0 if weight.ndim < 2 and bool((weight == 1).all()) else 0.0
            weight.copy_(centre + spread * torch.randn(weight.shape, generator=generator))
        for name, constant in net.named_buffers():
            if name.endswith(("latents_mean", "latents_std")):
                constant.copy_(0.5 + 0.2 * torch.rand(constant.shape, generator=generator))
    return net.eval()


def t5_tokenizer() -> T5Tokenizer:
    marks = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -2.0)]
    return T5Tokenizer(vocab=[*marks, *((c, -3.0) for c in CHARACTERS)], extra_ids=0)


def t5_encoder(width: int = WIDTH, vocabulary: int = 128, seed: int = 1) -> T5EncoderModel:
    config = T5Config(
        vocab_size=vocabulary,
        d_model=width,
        d_kv=8,
        d_ff=2 * width,
        num_layers=1,
        num_heads=2,
        feed_forward_proj="gated-gelu",
    )
    return lively(T5EncoderModel(config), seed)


def umt5_encoder(width: int = WIDTH, vocabulary: int = 128) -> UMT5EncoderModel:
    config = UMT5Config(
        vocab_size=vocabulary, d_model=width, d_kv=8, d_ff=2 * width, num_layers=1, num_heads=2
    )
    return lively(UMT5EncoderModel(config), 1)


def clip_tokenizer() -> CLIPTokenizer:
    words = ["<|startoftext|>", "<|endoftext|>", *CHARACTERS, *(f"{c}</w>" for c in CHARACTERS)]
    return CLIPTokenizer(vocab={word: i for i, word in enumerate(words)}, merges=[])


def clip_text_encoder(width: int = WIDTH) -> CLIPTextModel:
    config = CLIPTextConfig(
        vocab_size=256,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=1,
        num_attention_heads=2,
        eos_token_id=1,
        bos_token_id=0,
        pad_token_id=1,
    )
    return lively(CLIPTextModel(config), seed=2)


def gemma_tokenizer() -> GemmaTokenizer:
    vocabulary = _spelled(["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"])
    return GemmaTokenizer(vocab=vocabulary, merges=[])


def llama_tokenizer(template: str = "") -> LlamaTokenizer:
    """Reads the words of `template` as one token each, so that it is as short as it really is."""
    marks = [*LLAMA_MARKS, *sorted({*re.findall(r"[a-z]{3,}", template)})]
    return LlamaTokenizer(
        vocab=_spelled(["<unk>", "<s>", "</s>", "<pad>", *marks]),
        merges=[],
        pad_token="<pad>",
        additional_special_tokens=marks,
    )


def llama_encoder(width: int = WIDTH) -> LlamaModel:
    config = LlamaConfig(
        vocab_size=512,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=3,
        num_attention_heads=2,
        num_key_value_heads=2,
        pad_token_id=3,
    )
    return lively(LlamaModel(config), seed=3)


def qwen_tokenizer() -> Qwen2Tokenizer:
    marks = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    bytes_ = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Qwen2Tokenizer(
        vocab={word: i for i, word in enumerate([*marks, *bytes_])},
        merges=[],
        additional_special_tokens=marks[1:],
    )
    tokenizer.chat_template = (
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    return tokenizer


def qwen_encoder(width: int = WIDTH) -> Qwen2_5_VLTextModel:
    config = Qwen2_5_VLTextConfig(
        vocab_size=512,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=3,
        num_attention_heads=2,
        num_key_value_heads=2,
        bos_token_id=0,
        eos_token_id=0,
        rope_parameters={"rope_type": "default", "rope_theta": 1e6, "mrope_section": [1, 1, 2]},
    )
    return lively(Qwen2_5_VLTextModel(config), seed=4)


def _spelled(marks: list[str]) -> dict[str, int]:
    """A vocabulary of marks, bytes and characters, for tokenizers that merge nothing."""
    words = [*marks, *(f"<0x{byte:02X}>" for byte in range(256)), "\u2581", *CHARACTERS]
    return {word: i for i, word in enumerate(words)}
