"""Counted readers against PyTorch's own counter, and all weights against the catalog's counts."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    LlamaConfig,
    LlamaModel,
    T5Config,
    T5EncoderModel,
    UMT5Config,
    UMT5EncoderModel,
)
from transformers.models.gemma3 import Gemma3TextConfig, Gemma3TextModel
from transformers.models.qwen2_5_vl import Qwen2_5_VLTextConfig, Qwen2_5_VLTextModel

from engine.models.catalog import entries
from engine.models.costs.blueprint import NAMES, blueprint
from engine.models.costs.readers import READERS
from engine.models.costs.readers import WORDS as WORDS_OF
from engine.models.costs.sizes import Sizes
from tests.engine.models.conftest import TinyModel
from tests.engine.models.sampling_runs import keyframe, loaded, request_of

WORDS = 24
T5 = {"d_model": 16, "d_ff": 24, "d_kv": 8, "num_layers": 2, "num_heads": 3, "vocab_size": 40}
CHAT = {
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 40,
    "pad_token_id": 0,
}
TURNS = {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [1, 1, 0]}
CLIP = {key: value for key, value in CHAT.items() if key != "num_key_value_heads"}


COUNTED = 28


@pytest.mark.parametrize(
    ("kind", "network", "settings"),
    [
        (T5EncoderModel, T5Config, {**T5, "feed_forward_proj": "gated-gelu"}),
        (UMT5EncoderModel, UMT5Config, T5),
        (LlamaModel, LlamaConfig, CHAT),
        (Qwen2_5_VLTextModel, Qwen2_5_VLTextConfig, {**CHAT, "rope_parameters": TURNS}),
        (Gemma3TextModel, Gemma3TextConfig, {**CHAT, "head_dim": 8}),
        (CLIPTextModel, CLIPTextConfig, CLIP),
    ],
)
def test_reading_is_what_pytorch_counts(kind: Any, network: Any, settings: dict[str, Any]) -> None:
    config = network(**settings)
    reader = kind(config).eval()
    plain = sdpa_kernel(SDPBackend.MATH)
    with torch.no_grad(), plain, FlopCounterMode(display=False) as counter:
        reader(input_ids=torch.ones(1, WORDS, dtype=torch.long))
    name = "Gemma3ForConditionalGeneration" if kind is Gemma3TextModel else kind.__name__
    expected = READERS[name](config.to_dict(), WORDS)
    assert expected.flops == pytest.approx(counter.get_total_flops(), rel=0.01)


def test_reading_beside_a_picture_is_what_pytorch_counts(tiny_model: TinyModel) -> None:
    model = loaded("hunyuan", tiny_model("hunyuan", image="token_replace"))
    request = request_of(model, 9, keyframes=(keyframe(1, 0),), guidance=1.0, negative=None)
    reader = model.parts["text_encoder"]
    calls: list[dict[str, Any]] = []
    hook = reader.register_forward_pre_hook(
        lambda _, args, given: calls.append(given), with_kwargs=True
    )
    model.step(request, model.begin(request))
    hook.remove()
    plain = sdpa_kernel(SDPBackend.MATH)
    with torch.no_grad(), plain, FlopCounterMode(display=False) as counter:
        reader(**calls[0])
    known = READERS["LlavaForConditionalGeneration"](
        reader.config.to_dict(), WORDS_OF["hunyuan"]["text_encoder"]
    )
    assert known.flops == pytest.approx(counter.get_total_flops(), rel=0.01)
    assert known.weights == sum(weight.numel() for weight in reader.parameters())


def test_weights_counted_from_settings_are_those_of_the_catalog() -> None:
    """All but biases and norms, which some readers have more of than others; LTX-2's Gemma has eyes
    beside, that read nothing.
    """
    compared = 0
    for entry in entries():
        model = blueprint(entry.id)
        for name, number in entry.parameters.items():
            component = model.components[NAMES.get(name, name)]
            network = component.denoiser(Sizes(1, 2, 2)) or component.reader(1)
            has_more = entry.family == "opensora" or (entry.id, name) == ("ltx-2", "text")
            if network is not None and not has_more:
                assert network.weights == pytest.approx(number, rel=1e-3), (entry.id, name)
                compared += 1
    assert compared > 50


def test_denoisers_are_counted_to_the_last_weight() -> None:
    """All that there are today; a new family may come without a formula."""
    counted = 0
    for entry in entries():
        if "dit" in entry.parameters:
            network = blueprint(entry.id).denoiser.denoiser(Sizes(1, 2, 2))
            if network is not None:
                assert network.weights == entry.parameters["dit"], entry.id
                counted += 1
    assert counted >= COUNTED
