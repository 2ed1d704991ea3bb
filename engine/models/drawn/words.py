"""Tokenizers that spell, for models whose own vocabularies are not here.

Every family fills its prompts up to a length, so that reading takes as long as with real ones.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from typing import Any, Final

CHARACTERS: Final = [*string.printable.strip()]


def t5() -> Any:
    from transformers import T5Tokenizer

    marks = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -2.0)]
    return T5Tokenizer(vocab=[*marks, *((each, -3.0) for each in CHARACTERS)], extra_ids=0)


def byt5() -> Any:
    from transformers import ByT5Tokenizer

    return ByT5Tokenizer()


def gemma() -> Any:
    from transformers import GemmaTokenizer

    vocabulary = _spelled("<pad>", "<eos>", "<bos>", "<unk>", "<mask>")
    return GemmaTokenizer(vocab=vocabulary, merges=[])


def llama() -> Any:
    from transformers import LlamaTokenizer

    marks = ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
    return LlamaTokenizer(
        vocab=_spelled("<unk>", "<s>", "</s>", "<pad>", *marks),
        merges=[],
        pad_token="<pad>",
        additional_special_tokens=marks,
    )


def clip() -> Any:
    from transformers import CLIPTokenizer

    words = ["<|startoftext|>", "<|endoftext|>", *CHARACTERS, *(f"{c}</w>" for c in CHARACTERS)]
    return CLIPTokenizer(vocab={word: index for index, word in enumerate(words)}, merges=[])


def qwen() -> Any:
    from tokenizers import pre_tokenizers
    from transformers import Qwen2Tokenizer

    marks = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    words = [*marks, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    tokenizer = Qwen2Tokenizer(
        vocab={word: index for index, word in enumerate(words)},
        merges=[],
        additional_special_tokens=marks[1:],
    )
    tokenizer.chat_template = (
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    return tokenizer


SPELLING: Final[Mapping[str, Callable[[], Any]]] = {
    "T5EncoderModel": t5,
    "UMT5EncoderModel": t5,
    "Gemma3ForConditionalGeneration": gemma,
    "LlamaModel": llama,
    "CLIPTextModel": clip,
    "Qwen2_5_VLTextModel": qwen,
}
"""By the class of the text encoder."""

BYTES: Final = 2000
"""A vocabulary as small as this is of bytes."""


def tokenizer_for(kind: str, vocabulary: int) -> Any:
    """A tokenizer whose words a text encoder of a class has.  Raises KeyError for others."""
    return byt5() if kind == "T5EncoderModel" and vocabulary < BYTES else SPELLING[kind]()


def _spelled(*marks: str) -> dict[str, int]:
    words = [*marks, *(f"<0x{byte:02X}>" for byte in range(256)), "\u2581", *CHARACTERS]
    return {word: index for index, word in enumerate(words)}
