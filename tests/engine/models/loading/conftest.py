"""A tiny Wan in a folder, and its weights under the names that its makers gave them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import (
    AutoencoderKLWan,
    FlowMatchEulerDiscreteScheduler,
    WanPipeline,
    WanTransformer3DModel,
)
from safetensors.torch import save_file
from torch import Tensor, nn

from engine.models.loading.components import Components, Part, load_components
from engine.models.loading.tensors import read_tensors, stored_tensors
from engine.values import Adapter, SwappedPart, VideoModel
from tests.engine.models.tiny.text import lively, t5_encoder, t5_tokenizer

PARTS = (
    Part("transformer", ("WanTransformer3DModel",)),
    Part("transformer_2", ("WanTransformer3DModel",), optional=True),
    Part("vae", ("AutoencoderKLWan",)),
    Part("text_encoder", ("T5EncoderModel", "UMT5EncoderModel")),
    Part("tokenizer"),
    Part("scheduler"),
)

# What diffusers' converter does, backwards; longer names first.
BACKWARDS = {
    "condition_embedder.time_embedder.linear_1": "time_embedding.0",
    "condition_embedder.time_embedder.linear_2": "time_embedding.2",
    "condition_embedder.text_embedder.linear_1": "text_embedding.0",
    "condition_embedder.text_embedder.linear_2": "text_embedding.2",
    "condition_embedder.time_proj": "time_projection.1",
    "attn1": "self_attn",
    "attn2": "cross_attn",
    ".to_out.0.": ".o.",
    ".to_q.": ".q.",
    ".to_k.": ".k.",
    ".to_v.": ".v.",
    "proj_out": "head.head",
    "ffn.net.0.proj": "ffn.0",
    "ffn.net.2": "ffn.2",
    "norm2": "norm_placeholder",
    "norm3": "norm2",
    "norm_placeholder": "norm3",
}

Load = Callable[..., Components]


def makers_name(name: str) -> str:
    """The name that Wan's makers gave a weight of its transformer."""
    if name == "scale_shift_table":
        return "head.modulation"
    name = name.replace("scale_shift_table", "modulation")
    for ours, theirs in BACKWARDS.items():
        name = name.replace(ours, theirs)
    return name


def makers_names(tensors: Mapping[str, Tensor], prefix: str = "") -> dict[str, Tensor]:
    return {prefix + makers_name(name): t.contiguous() for name, t in tensors.items()}


def transformer(seed: int = 0, channels: int = 16, text: int = 32) -> WanTransformer3DModel:
    return lively(
        WanTransformer3DModel(
            num_attention_heads=2,
            attention_head_dim=16,
            in_channels=channels,
            out_channels=channels,
            text_dim=text,
            freq_dim=32,
            ffn_dim=64,
            num_layers=2,
            rope_max_seq_len=32,
        ),
        seed,
    )


def vae(channels: int = 16) -> AutoencoderKLWan:
    return lively(
        AutoencoderKLWan(base_dim=3, z_dim=channels, dim_mult=[1, 1, 1, 1], num_res_blocks=1)
    )


@pytest.fixture(scope="session")
def wan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole model, in shards."""
    folder = tmp_path_factory.mktemp("wan") / "model"
    WanPipeline(
        tokenizer=t5_tokenizer(),
        text_encoder=t5_encoder(32),
        vae=vae(),
        transformer=transformer(),
        transformer_2=transformer(seed=1),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=7.0),
        boundary_ratio=0.9,
    ).save_pretrained(folder, max_shard_size="60KB")
    return folder


@pytest.fixture
def load(wan: Path) -> Load:
    """Loads the tiny Wan, or some of its parts, with adapters and swapped parts."""

    def loaded(
        *parts: str,
        folder: Path = wan,
        adapters: tuple[Adapter, ...] = (),
        swapped: Mapping[str, Path] | None = None,
        precision: str = "auto",
        dtype: torch.dtype = torch.float32,
    ) -> Components:
        swaps = tuple(SwappedPart(n, str(path), "") for n, path in (swapped or {}).items())
        handle = VideoModel("wan", str(folder), "", precision, adapters, swaps)
        wanted = [part for part in PARTS if not parts or part.name in parts]
        return load_components(handle, folder, wanted, dtype=dtype)

    return loaded


def weights(folder: Path) -> dict[str, Tensor]:
    stored = stored_tensors(folder.glob("*.safetensors"))
    return read_tensors(stored.values())


def scaled_fp8(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Linear weights in fp8 with a scale each, as ComfyUI writes them."""
    written: dict[str, Tensor] = {"scaled_fp8": torch.zeros(2, dtype=torch.float8_e4m3fn)}
    for name, tensor in tensors.items():
        if tensor.ndim != 2 or tensor.shape[-1] < 8:
            written[name] = tensor
            continue
        scale = tensor.abs().max() / 448
        written[name] = (tensor / scale).to(torch.float8_e4m3fn)
        written[name.replace(".weight", ".scale_weight")] = scale
    return written


@pytest.fixture
def fp8(wan: Path, tmp_path: Path) -> Path:
    file = tmp_path / "fp8.safetensors"
    save_file(scaled_fp8(makers_names(weights(wan / "transformer"))), file)
    return file


@pytest.fixture
def gguf(wan: Path, tmp_path: Path) -> Path:
    """The transformer as a GGUF file: matrices in Q8_0, the rest as it is."""
    pytest.importorskip("gguf")
    from gguf import GGMLQuantizationType, GGUFWriter
    from gguf.quants import quantize

    file = tmp_path / "wan.gguf"
    writer = GGUFWriter(file, "wan")
    for name, tensor in makers_names(weights(wan / "transformer")).items():
        values = tensor.numpy().astype(np.float32)
        if tensor.ndim == 2 and name.startswith("blocks"):
            kind = GGMLQuantizationType.Q8_0
            writer.add_tensor(name, quantize(values, kind), raw_dtype=kind)
        else:
            writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def run(network: nn.Module) -> Tensor:
    """One forward pass on inputs that are always the same."""
    generator = torch.Generator().manual_seed(0)
    latents = torch.randn(1, 16, 1, 4, 4, generator=generator)
    text = torch.randn(1, 3, 32, generator=generator)
    with torch.no_grad():
        return network(latents, torch.tensor([500]), text, return_dict=False)[0]


def weights_of(network: nn.Module) -> dict[str, Tensor]:
    """Weights and buffers, those that are not stored too."""
    return dict(network.named_parameters()) | dict(network.named_buffers())


def assert_equal(one: nn.Module, other: nn.Module) -> None:
    """Equal weights, bit for bit and in the same precision."""
    first, second = weights_of(one), weights_of(other)
    assert first.keys() == second.keys()
    for name, tensor in first.items():
        assert tensor.dtype == second[name].dtype, name
        assert torch.equal(tensor, second[name]), name
