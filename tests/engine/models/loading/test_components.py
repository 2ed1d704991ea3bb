"""Whole models from folders: equal to what diffusers loads, and what is wrong is one sentence."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import diffusers
import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.errors import InvalidInput, InvalidWeights
from engine.models.loading.components import Part, load_components
from engine.models.loading.layout import read_layout
from engine.values import VideoModel
from tests.engine.models.loading.conftest import Load, assert_equal, vae

WEIGHTS = "diffusion_pytorch_model.safetensors"


@pytest.fixture
def copy(wan: Path, tmp_path: Path) -> Path:
    """A copy of the tiny Wan, to be damaged."""
    return shutil.copytree(wan, tmp_path / "copy")


def edit(path: Path, change: Callable[[dict], object]) -> None:
    settings = json.loads(path.read_text())
    change(settings)
    path.write_text(json.dumps(settings))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_sharded_folder_makes_what_diffusers_makes_of_it(
    load: Load, wan: Path, dtype: torch.dtype
) -> None:
    loaded = load(dtype=dtype)
    theirs = diffusers.WanPipeline.from_pretrained(wan, dtype=dtype)
    assert list(loaded.networks) == ["transformer", "transformer_2", "vae", "text_encoder"]
    for name, network in loaded.networks.items():
        assert_equal(network, getattr(theirs, name))
        assert not network.training
    assert loaded["scheduler"].config.shift == 7.0
    assert loaded["tokenizer"]("a").input_ids == theirs.tokenizer("a").input_ids
    assert loaded.settings["boundary_ratio"] == 0.9
    assert loaded.pipeline == "WanPipeline"


@pytest.mark.parametrize("family", ["ltx2", "hunyuan", "hunyuan15"])
def test_every_component_of_other_families_is_loaded_alike(tiny_model, family: str) -> None:
    folder = tiny_model(family)
    layout = read_layout(folder)
    handle = VideoModel(family, str(folder), "")
    loaded = load_components(handle, folder, [Part(name) for name in layout.components])
    theirs = getattr(diffusers, layout.pipeline).from_pretrained(folder)
    for name, network in loaded.networks.items():
        assert_equal(network, getattr(theirs, name))


def test_weights_lie_where_kernels_want_them(load: Load) -> None:
    for network in load("transformer", "vae", "text_encoder").networks.values():
        assert {t.data_ptr() % 64 for t in network.parameters()} == {0}


def test_loading_leaves_the_random_state_and_the_default_precision_alone(load: Load) -> None:
    before = torch.get_rng_state()
    load("transformer", "text_encoder", dtype=torch.bfloat16)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_default_dtype() == torch.float32


def test_the_variant_of_the_precision_is_taken(load: Load, copy: Path) -> None:
    shutil.rmtree(copy / "vae")
    vae().save_pretrained(copy / "vae")
    marked = {name: t.half() for name, t in load_file(copy / "vae" / WEIGHTS).items()}
    marked["quant_conv.bias"] += 1
    save_file(marked, copy / "vae" / WEIGHTS.replace(".safetensors", ".fp16.safetensors"))
    plain = load("vae", folder=copy)["vae"].quant_conv.bias
    half = load("vae", folder=copy, dtype=torch.float16)["vae"].quant_conv.bias
    assert torch.equal(half, (plain.half() + 1))


def test_an_only_variant_is_taken_for_every_precision(load: Load, copy: Path) -> None:
    shutil.rmtree(copy / "vae")
    vae().half().save_pretrained(copy / "vae", variant="fp16")
    assert load("vae", folder=copy)["vae"].dtype == torch.float32


def test_one_part_may_have_a_precision_of_its_own(wan: Path) -> None:
    parts = [Part("vae", dtype="float32"), Part("transformer")]
    handle = VideoModel("wan", "", "", precision="bfloat16")
    loaded = load_components(handle, wan, parts)
    assert loaded["vae"].dtype == torch.float32
    assert loaded["transformer"].dtype == torch.bfloat16


# What is wrong


def test_a_wrong_folder_is_named(load: Load, wan: Path) -> None:
    with pytest.raises(InvalidInput, match=r"'.*vae' is no model's folder: it has no 'model_index"):
        load(folder=wan / "vae")


def test_a_missing_component_is_named(load: Load, copy: Path) -> None:
    shutil.rmtree(copy / "text_encoder")
    with pytest.raises(InvalidWeights, match="'text_encoder' is missing from"):
        load("text_encoder", folder=copy)
    shutil.rmtree(copy / "scheduler")
    with pytest.raises(InvalidWeights, match="'scheduler' is missing from"):
        load("scheduler", folder=copy)


def test_a_component_that_the_model_never_had_is_named_with_those_it_has(wan: Path) -> None:
    with pytest.raises(InvalidInput, match=r"no component 'vocoder'; it has .*'transformer'"):
        load_components(VideoModel("x", "", ""), wan, [Part("vocoder")])
    assert (
        load_components(VideoModel("x", "", ""), wan, [Part("x", optional=True)]).get("x") is None
    )


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (["diffusers", "WanTransformer9DModel"], "the class 'WanTransformer9DModel', which is not"),
        (["my_code", "Model"], "'Model' from 'my_code', which is code of its own"),
        (["os", "system"], "from 'os', which is code of its own"),
        (["diffusers", "AutoencoderKLWan"], "is a AutoencoderKLWan, not a WanTransformer3DModel"),
    ],
)
def test_classes_that_cannot_be_used_are_named(load: Load, copy: Path, named, words) -> None:
    edit(copy / "model_index.json", lambda index: index.update(transformer=named))
    with pytest.raises(InvalidInput, match=words):
        load("transformer", folder=copy)


def test_a_truncated_shard_is_named(load: Load, copy: Path) -> None:
    shard = sorted((copy / "transformer").glob("*.safetensors"))[1]
    shard.write_bytes(shard.read_bytes()[:-1])
    with pytest.raises(InvalidWeights, match=f"{shard.name}' is cut off"):
        load("transformer", folder=copy)


def test_a_missing_shard_is_named(load: Load, copy: Path) -> None:
    shard = sorted((copy / "transformer").glob("*.safetensors"))[1]
    shard.unlink()
    with pytest.raises(InvalidWeights, match=f"shard '{shard.name}' is missing"):
        load("transformer", folder=copy)


def test_an_index_names_nothing_outside_its_folder(load: Load, copy: Path) -> None:
    index = next((copy / "transformer").glob("*.index.json"))
    edit(index, lambda i: i["weight_map"].update(proj="../vae/x.safetensors"))
    with pytest.raises(InvalidWeights, match=r"which is no \.safetensors file beside it"):
        load("transformer", folder=copy)


def test_a_pickle_is_refused_with_the_way_to_convert_it(load: Load, copy: Path) -> None:
    for path in (copy / "vae").glob("diffusion*"):
        path.unlink()
    (copy / "vae" / "diffusion_pytorch_model.bin").touch()
    with pytest.raises(InvalidWeights, match=r"pickle.*models convert .*model\.bin"):
        load("vae", folder=copy)


def test_settings_of_another_size_are_named_with_the_first_weight(load: Load, copy: Path) -> None:
    edit(copy / "transformer" / "config.json", lambda c: c.update(ffn_dim=96))
    with pytest.raises(InvalidWeights, match=r"'blocks\.0\.ffn.*' is 64.*, not 96"):
        load("transformer", folder=copy)
    edit(copy / "transformer" / "config.json", lambda c: c.update(ffn_dim=64, num_layers=3))
    with pytest.raises(InvalidWeights, match=r"lacks \d+ of the weights .*'blocks\.2"):
        load("transformer", folder=copy)


def test_a_text_encoder_without_some_weights_is_refused(load: Load, copy: Path) -> None:
    edit(copy / "text_encoder" / "config.json", lambda c: c.update(num_layers=9))
    with pytest.raises(InvalidWeights, match=r"lacks .* of the weights of a T5EncoderModel"):
        load("text_encoder", folder=copy)
    edit(copy / "text_encoder" / "config.json", lambda c: c.update(num_layers=1, d_ff=48))
    with pytest.raises(InvalidWeights, match="does not fit its settings"):
        load("text_encoder", folder=copy)


@pytest.mark.parametrize("content", ["{", "[]"])
def test_damaged_settings_are_named(load: Load, copy: Path, content: str) -> None:
    (copy / "vae" / "config.json").write_text(content)
    with pytest.raises(InvalidWeights, match=r"config\.json' is damaged"):
        load("vae", folder=copy)


def test_a_damaged_tokenizer_is_named(load: Load, copy: Path) -> None:
    for path in (copy / "tokenizer").iterdir():
        path.write_text("{")
    with pytest.raises(InvalidWeights, match="tokenizer' does not make a T5Tokenizer") as caught:
        load("tokenizer", folder=copy)
    assert "\n" not in str(caught.value)


def test_weights_that_are_not_used_are_noted(load: Load, copy: Path) -> None:
    shutil.rmtree(copy / "vae")
    vae().save_pretrained(copy / "vae")
    more = load_file(copy / "vae" / WEIGHTS) | {"loss.weight": torch.zeros(1)}
    save_file(more, copy / "vae" / WEIGHTS)
    assert "1 weights in" in load("vae", folder=copy).notes[0]
