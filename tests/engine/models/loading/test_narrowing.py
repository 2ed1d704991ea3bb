"""Denoisers in 8 bits: how close they come, from any source, and what of a model stays wide."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from engine.errors import InvalidInput
from engine.models.families import family_in
from engine.models.loading import narrowing, scaled
from engine.models.loading.architectures import architectures
from engine.models.loading.classes import find_class
from engine.models.loading.modules import empty_network, precision_rule
from engine.models.loading.narrowing import fill_narrow, narrow_bytes, narrow_in_place
from engine.models.loading.precision import precision_of
from engine.models.loading.scaled import NARROW, ScaledLinear, block_matrices, narrowed, widened
from engine.models.loading.sizes import held_bytes, memory_of
from engine.models.loading.tensors import mapped_tensors, read_tensors, stored_tensors
from engine.models.memory.placed import Placed
from engine.models.memory.plan import WAYS, Placement, Way
from engine.values import Adapter, VideoModel
from tests.engine.models.conftest import TinyModel
from tests.engine.models.diffusion.test_family import FAMILIES
from tests.engine.models.held_memory import HeldMemory
from tests.engine.models.loading.conftest import (
    Load,
    assert_equal,
    makers_names,
    run,
    weights,
    weights_of,
)
from tests.engine.models.sampling_runs import keyframe, loaded, request_of

pytestmark = pytest.mark.filterwarnings("ignore:In CPU autocast:UserWarning")

BOUNDS = {"fp8": 0.04, "int8": 0.01}
"""Of what one pass gives, by its root mean square."""


def first_pass(model: Any, frames: int, takes_picture: bool) -> list[Tensor]:
    """What the denoiser gives at the first step."""
    keyframes = (keyframe(0, 0),) if takes_picture else ()
    request = request_of(model, frames, keyframes=keyframes, negative=None, guidance=1.0)
    given: list[Any] = []
    hook = model.parts["transformer"].register_forward_hook(lambda m, i, o: given.append(o))
    try:
        model.step(request, model.begin(request))
    finally:
        hook.remove()
    return [tensor for tensor in given[0] if isinstance(tensor, Tensor)]


@pytest.mark.proves("{family}", "fp8", "int8")
@pytest.mark.parametrize("family", FAMILIES)
def test_a_pass_comes_close_to_that_of_wide_weights(family: str, tiny_model: TinyModel) -> None:
    options, frames, takes_picture = FAMILIES[family]
    folder = tiny_model(family, **options)
    exact = first_pass(loaded(family_in(folder), folder, "float32"), frames, takes_picture)
    for precision, bound in BOUNDS.items():
        model = loaded(family_in(folder), folder, precision)
        held = [m for m in model.parts["transformer"].modules() if isinstance(m, ScaledLinear)]
        assert held, "nothing was narrowed"
        assert {layer.weight.dtype for layer in held} == {NARROW[precision]}
        assert model.parts["transformer"].dtype == torch.float32, "what its code computes in"
        for found, expected in zip(first_pass(model, frames, takes_picture), exact, strict=True):
            assert 0 < (found - expected).norm() < bound * expected.norm()


@pytest.mark.parametrize("precision", NARROW)
def test_each_row_keeps_its_greatest_number(precision: str, monkeypatch: Any) -> None:
    weight = (
        torch.randn(7, 16, generator=torch.Generator().manual_seed(0))
        * torch.logspace(-6, 4, 7)[:, None]
    )
    weight[3] = 0
    narrow, scale = narrowed(weight, NARROW[precision])
    assert narrow.dtype == NARROW[precision]
    wide = widened(narrow, scale, torch.float32)
    greatest = weight.abs().amax(1, keepdim=True)
    # Half a step of whole numbers; half a step of three bits behind the first one.
    step = greatest / 254 if precision == "int8" else weight.abs() / 16 + greatest / 448 / 1024
    assert ((wide - weight).abs() <= step * 1.001).all()
    monkeypatch.setattr(scaled, "_PIECE", 40)
    pieces = narrowed(weight, NARROW[precision])
    assert torch.equal(pieces[0].to(torch.float32), narrow.to(torch.float32))
    assert torch.equal(pieces[1], scale)


@pytest.mark.parametrize("model", ["wan2.1-t2v-1.3b", "mochi-1-preview", "hunyuan-video"])
def test_published_denoisers_take_little_more_than_half(model: str) -> None:
    known = next(each for each in architectures() if each.model == model)
    network = empty_network(find_class(known.kind, where=""), known.config, torch.bfloat16)
    whole = sum(weight.nbytes for weight in network.parameters())
    assert whole - narrow_bytes(network) <= 0.55 * whole


def test_what_decides_the_most_stays_wide(load: Load) -> None:
    network = load("transformer", precision="int8")["transformer"]
    wide = {n for n, m in network.named_modules() if isinstance(m, nn.Linear)}
    assert wide == {
        "proj_out", "condition_embedder.time_proj",
        "condition_embedder.time_embedder.linear_1", "condition_embedder.time_embedder.linear_2",
        "condition_embedder.text_embedder.linear_1", "condition_embedder.text_embedder.linear_2",
    }  # fmt: skip
    assert network.blocks[0].attn1.to_q.bias.dtype == torch.float32


def test_only_denoisers_are_narrowed(load: Load) -> None:
    parts, plain = load(precision="fp8"), load()
    for name in ("vae", "text_encoder"):
        assert_equal(parts[name], plain[name])
    assert isinstance(parts["transformer_2"].blocks[0].attn1.to_q, ScaledLinear)


@pytest.mark.parametrize("precision", NARROW)
def test_every_source_makes_the_same_narrow_network(
    load: Load, wan: Path, tmp_path: Path, precision: str
) -> None:
    """In shards, under the makers' names, and narrowed after it was loaded."""
    shards = load("transformer", precision=precision, dtype=torch.bfloat16)["transformer"]
    file = tmp_path / "wan.safetensors"
    save_file(makers_names(weights(wan / "transformer"), "model.diffusion_model."), file)
    single = load(
        "transformer", swapped={"transformer": file}, precision=precision, dtype=torch.bfloat16
    )
    later = load("transformer", dtype=torch.bfloat16)["transformer"]
    narrow_in_place(later, NARROW[precision])
    for other in (single["transformer"], later):
        assert_same_numbers(other, shards)
    assert {t.data_ptr() % 64 for t in weights_of(shards).values()} == {0}, "read, not mapped"


def assert_same_numbers(one: nn.Module, other: nn.Module) -> None:
    first, second = weights_of(one), weights_of(other)
    assert first.keys() == second.keys()
    for name, tensor in first.items():
        assert tensor.dtype == second[name].dtype, name
        assert torch.equal(tensor.to(torch.float32), second[name].to(torch.float32)), name


def test_what_a_file_holds_in_8_bits_stays_as_it_is(load: Load, fp8: Path, gguf: Path) -> None:
    for file in (fp8, gguf):
        packed = load("transformer", swapped={"transformer": file})["transformer"]
        narrow = load("transformer", swapped={"transformer": file}, precision="int8")["transformer"]
        assert narrow.blocks[0].attn1.to_q.weight.dtype == packed.blocks[0].attn1.to_q.weight.dtype
        assert torch.equal(run(narrow), run(packed))


def test_a_lora_adds_to_narrow_weights_what_it_adds_to_wide_ones(load: Load, tmp_path) -> None:
    """And leaves no trace: adapters are exchanged on a loaded model."""
    generator = torch.Generator().manual_seed(5)
    written: dict[str, Tensor] = {}
    for layer in ("blocks.0.attn1.to_q", "blocks.1.attn2.to_out.0", "proj_out"):
        rows = 64 if layer == "proj_out" else 32
        written[f"transformer.{layer}.lora_A.weight"] = torch.randn(4, 32, generator=generator)
        written[f"transformer.{layer}.lora_B.weight"] = torch.randn(rows, 4, generator=generator)
        written[f"transformer.{layer}.lora_B.bias"] = torch.randn(rows, generator=generator)
    save_file(written, tmp_path / "lora.safetensors")
    lora = Adapter(str(tmp_path / "lora.safetensors"), "", 0.5)
    narrow = load("transformer", precision="int8")
    before = run(narrow["transformer"])
    narrow.adapt((lora,))
    wide = load("transformer")
    for path, layer in list(block_matrices(wide["transformer"])):
        held = narrow["transformer"].get_submodule(path)
        layer.weight.data.copy_(widened(held.weight, held.scale, torch.float32))
    wide.adapt((lora,))
    changed = run(narrow["transformer"])
    assert torch.allclose(changed, run(wide["transformer"]), atol=1e-5)
    assert (changed - before).abs().max() > 0.1
    narrow.adapt(())
    assert torch.equal(run(narrow["transformer"]), before)


@pytest.mark.parametrize("way", WAYS[2:], ids=lambda way: way.name)
def test_narrow_weights_compute_the_same_bits_wherever_they_lie(load: Load, way: Way) -> None:
    network = load("transformer", precision="fp8")["transformer"]
    expected = run(network)
    placed = Placed({"transformer": network}, "cpu")
    placed.change(Placement(way, 0))
    with placed.using("transformer"):
        assert torch.equal(run(network), expected)


# Memory


class AtOnce(Executor):
    """Does everything in the thread that asks, where what it takes can be counted."""

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(function(*arguments, **named))
        return done


def test_a_network_is_never_wide_in_memory(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    from diffusers import WanTransformer3DModel

    made = WanTransformer3DModel(
        num_attention_heads=4,
        attention_head_dim=32,
        ffn_dim=512,
        num_layers=8,
        text_dim=32,
        freq_dim=32,
        rope_max_seq_len=32,
    )
    made.save_pretrained(tmp_path)
    stored = stored_tensors([*tmp_path.glob("*.safetensors")])
    network = empty_network(WanTransformer3DModel, dict(made.config), torch.bfloat16)
    rule = precision_rule(WanTransformer3DModel, torch.bfloat16)
    mapped = mapped_tensors(stored.values())
    on_disk = next(iter(mapped.values())).untyped_storage().nbytes()
    monkeypatch.setattr(narrowing, "ThreadPoolExecutor", AtOnce)
    with HeldMemory() as held:
        filled = fill_narrow(network, mapped, {}, rule, torch.int8, "here", "cpu")
    greatest = max(each.nbytes for each in stored.values())
    assert held.peak - on_disk < memory_of(filled) + 4 * greatest
    assert memory_of(filled) + 4 * greatest < 0.5 * on_disk, "as much as it would be wide"


def test_mapped_tensors_are_what_is_read(wan: Path) -> None:
    stored = stored_tensors((wan / "transformer").glob("*.safetensors"))
    mapped, read = mapped_tensors(stored.values()), read_tensors(stored.values())
    assert mapped.keys() == read.keys()
    assert all(torch.equal(tensor, read[name]) for name, tensor in mapped.items())


@pytest.mark.parametrize("precision", ["auto", "bfloat16", "int8"])
def test_what_a_component_will_take_is_told_before_it_is_read(
    load: Load, wan: Path, fp8: Path, precision: str
) -> None:
    from engine.models.loading.layout import read_layout
    from engine.models.loading.places import Part, place
    from engine.values import SwappedPart

    for swapped in ({}, {"transformer": fp8}):
        swaps = tuple(SwappedPart(name, str(path), "") for name, path in swapped.items())
        handle = VideoModel("wan", str(wan), "", precision, parts=swaps)
        found = place(read_layout(wan), Part("transformer"), handle)
        assert found is not None
        told = held_bytes(found, precision_of(handle, "cpu"))
        network = load("transformer", precision=precision, swapped=swapped, dtype=None)
        assert told == pytest.approx(memory_of(network["transformer"]), rel=0.15)


# What is wrong


def test_a_device_that_cannot_hold_them_is_named() -> None:
    handle = VideoModel("wan", "", "", "fp8")
    with pytest.raises(InvalidInput, match="'mps' cannot hold weights in fp8") as refused:
        precision_of(handle, "mps")
    assert "'int8', or to 'auto'" in str(refused.value.remedy)


def test_a_model_without_blocks_says_so(load: Load) -> None:
    with pytest.raises(InvalidInput, match="has no blocks that could be held in int8") as refused:
        load("vae", precision="int8")
    assert "to 'auto'" in str(refused.value.remedy)
