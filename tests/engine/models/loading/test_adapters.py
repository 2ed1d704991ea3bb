"""LoRA: every way of naming, several with weights, one expert alone, and off without a trace."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from engine.errors import InvalidInput
from engine.values import Adapter
from tests.engine.models.loading.conftest import Load, assert_equal, makers_name, run

RANK = 4
LAYERS = ("blocks.0.attn1.to_q", "blocks.1.attn2.to_out.0", "blocks.1.ffn.net.0.proj")
SIZES = {"blocks.1.ffn.net.0.proj": (64, 32)}


def low_rank(seed: int = 0) -> dict[str, tuple[Tensor, Tensor]]:
    """Down and up of each changed layer."""
    generator = torch.Generator().manual_seed(seed)
    made = {}
    for layer in LAYERS:
        rows, columns = SIZES.get(layer, (32, 32))
        down = torch.randn(RANK, columns, generator=generator)
        made[layer] = (down, torch.randn(rows, RANK, generator=generator) * 0.1)
    return made


def makers_layer(layer: str) -> str:
    return makers_name(f"{layer}.weight").removesuffix(".weight")


def named(style: str, alpha: float | None = None) -> dict[str, Tensor]:
    """The same adapter as different programs write it."""
    written: dict[str, Tensor] = {}
    for layer, (down, up) in low_rank().items():
        match style:
            case "diffusers":
                stem, a, b = f"transformer.{layer}", "lora_A", "lora_B"
            case "peft":
                stem, a, b = f"base_model.model.{layer}", "lora_A.default", "lora_B.default"
            case "comfyui":
                stem, a, b = f"diffusion_model.{makers_layer(layer)}", "lora_A", "lora_B"
            case "lightx2v":
                stem, a, b = f"diffusion_model.{makers_layer(layer)}", "lora_down", "lora_up"
            case "kohya":
                flat = makers_layer(layer).replace(".", "_")
                stem, a, b = f"lora_unet_{flat}", "lora_down", "lora_up"
            case _:
                stem, a, b = f"lora_transformer_{layer.replace('.', '_')}", "lora_down", "lora_up"
        written |= {f"{stem}.{a}.weight": down, f"{stem}.{b}.weight": up}
        if alpha is not None:
            written[f"{stem}.alpha"] = torch.tensor(alpha)
    return written


def expected(plain: Tensor, layer: str, *weighted: tuple[int, float]) -> Tensor:
    total = plain.float()
    for seed, strength in weighted:
        down, up = low_rank(seed)[layer]
        total = total + strength * (up @ down)
    return total.to(plain.dtype)


@pytest.mark.parametrize(
    "style", ["diffusers", "peft", "comfyui", "lightx2v", "kohya", "kohya of our names"]
)
def test_every_way_of_naming_changes_the_same_weights(
    load: Load, tmp_path: Path, style: str
) -> None:
    file = tmp_path / "lora.safetensors"
    save_file(named(style), file)
    plain = load("transformer")["transformer"]
    loaded = load("transformer", adapters=(Adapter(str(file), "", 0.5),))
    assert loaded.notes == ()
    for name, weight in loaded["transformer"].named_parameters():
        layer = name.removesuffix(".weight")
        before = plain.get_parameter(name)
        if layer in LAYERS:
            assert torch.equal(weight, expected(before, layer, (0, 0.5)))
        else:
            assert torch.equal(weight, before)


def test_alpha_scales_by_the_rank_wherever_it_is_kept(load: Load, tmp_path: Path) -> None:
    plain = load("transformer")["transformer"].blocks[0].attn1.to_q.weight
    told = {"lora_adapter_metadata": json.dumps({"transformer.r": 4, "transformer.lora_alpha": 2})}
    save_file(named("kohya", alpha=2.0), tmp_path / "beside.safetensors")
    save_file(named("diffusers"), tmp_path / "above.safetensors", told)
    for name in ("beside", "above"):
        adapter = Adapter(str(tmp_path / f"{name}.safetensors"), "")
        loaded = load("transformer", adapters=(adapter,))["transformer"]
        assert torch.equal(loaded.blocks[0].attn1.to_q.weight, expected(plain, LAYERS[0], (0, 0.5)))


def test_several_add_up_in_one_rounding(load: Load, tmp_path: Path) -> None:
    files = []
    for seed in (0, 1):
        files.append(tmp_path / f"{seed}.safetensors")
        tensors = {}
        for layer, (down, up) in low_rank(seed).items():
            tensors |= {f"{layer}.lora_A.weight": down, f"{layer}.lora_B.weight": up}
        save_file(tensors, files[-1])
    adapters = (Adapter(str(files[0]), "", 0.7), Adapter(str(files[1]), "", -0.2))
    half = torch.bfloat16
    plain = load("transformer", dtype=half)["transformer"]
    both = load("transformer", adapters=adapters, dtype=half)["transformer"]
    for layer in LAYERS:
        weight = both.get_submodule(layer).weight
        before = plain.get_submodule(layer).weight
        assert torch.equal(weight, expected(before, layer, (0, 0.7), (1, -0.2)))


def test_one_expert_alone_is_adapted(load: Load, tmp_path: Path) -> None:
    file = tmp_path / "lora.safetensors"
    save_file(named("comfyui"), file)
    plain = load("transformer", "transformer_2")
    both = load("transformer", "transformer_2", adapters=(Adapter(str(file), ""),))
    second = load(
        "transformer", "transformer_2", adapters=(Adapter(str(file), "", part="transformer_2"),)
    )
    assert_equal(second["transformer"], plain["transformer"])
    assert_equal(second["transformer_2"], both["transformer_2"])
    assert not torch.equal(
        both["transformer"].blocks[0].attn1.to_q.weight,
        plain["transformer"].blocks[0].attn1.to_q.weight,
    )


@pytest.mark.proves("wan", "lora")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_taken_off_again_and_again_nothing_has_drifted(
    load: Load, tmp_path: Path, dtype: torch.dtype
) -> None:
    file = tmp_path / "lora.safetensors"
    save_file(named("diffusers"), file)
    plain, loaded = load("transformer", dtype=dtype), load("transformer", dtype=dtype)
    for _ in range(5):
        loaded.adapt((Adapter(str(file), "", 1e4),))
        loaded.adapt((Adapter(str(file), "", 0.3),))
    once = load("transformer", adapters=(Adapter(str(file), "", 0.3),), dtype=dtype)
    assert_equal(loaded["transformer"], once["transformer"])
    loaded.adapt(())
    assert_equal(loaded["transformer"], plain["transformer"])


def test_packed_weights_stay_packed_and_their_layers_add(
    load: Load,
    tmp_path: Path,
    fp8: Path,
    gguf: Path,
) -> None:
    file = tmp_path / "lora.safetensors"
    save_file(named("diffusers"), file)
    for packed in (fp8, gguf):
        swapped = {"transformer": packed}
        adapter = Adapter(str(file), "", 0.5)
        loaded = load("transformer", swapped=swapped)
        before = run(loaded["transformer"])
        loaded.adapt((adapter,))
        after = run(loaded["transformer"])
        wide = load("transformer", swapped=swapped, precision="float32", adapters=(adapter,))
        assert not torch.allclose(before, after, atol=1e-3)
        assert torch.allclose(after, run(wide["transformer"]), atol=1e-4)
        loaded.adapt(())
        assert torch.equal(run(loaded["transformer"]), before)


def test_whole_weights_and_biases_are_added_too(load: Load, tmp_path: Path) -> None:
    file = tmp_path / "lora.safetensors"
    stem = "diffusion_model.blocks.0.self_attn.q"
    save_file({f"{stem}.diff": torch.ones(32, 32), f"{stem}.diff_b": torch.ones(32)}, file)
    plain = load("transformer")["transformer"].blocks[0].attn1.to_q
    loaded = load("transformer", adapters=(Adapter(str(file), "", 2.0),))["transformer"]
    assert torch.equal(loaded.blocks[0].attn1.to_q.weight, plain.weight + 2)
    assert torch.equal(loaded.blocks[0].attn1.to_q.bias, plain.bias + 2)


def test_a_fused_projection_of_the_makers_becomes_three_of_ours(tiny_model) -> None:
    from diffusers import HunyuanVideoTransformer3DModel as Hunyuan

    from engine.models.loading.conversion import rename_one

    rows = torch.arange(12.0).reshape(12, 1)
    made = rename_one(Hunyuan, "double_blocks.0.img_attn_qkv.weight", rows)
    assert {name: part.flatten().tolist() for name, part in made.items()} == {
        f"transformer_blocks.0.attn.to_{which}.weight": list(range(4 * i, 4 * i + 4))
        for i, which in enumerate("qkv")
    }


# What is wrong


def test_a_lora_for_another_family_is_refused(load: Load, tmp_path: Path) -> None:
    file = tmp_path / "lora.safetensors"
    stem = "transformer.transformer_blocks.0.attn1.to_q"
    save_file(
        {f"{stem}.lora_A.weight": torch.ones(4, 8), f"{stem}.lora_B.weight": torch.ones(8, 4)}, file
    )
    words = "was made for another family: a WanTransformer3DModel has none of its layers"
    with pytest.raises(InvalidInput, match=words):
        load("transformer", adapters=(Adapter(str(file), ""),))


def test_a_lora_for_another_size_is_refused(load: Load, tmp_path: Path) -> None:
    file = tmp_path / "lora.safetensors"
    stem = "diffusion_model.blocks.0.self_attn.q"
    save_file(
        {f"{stem}.lora_A.weight": torch.ones(4, 8), f"{stem}.lora_B.weight": torch.ones(8, 4)}, file
    )
    words = "takes 32 and gives 32 numbers here, 8 and 8 there"
    with pytest.raises(InvalidInput, match=words):
        load("transformer", adapters=(Adapter(str(file), ""),))


def test_other_kinds_of_adapters_are_refused(load: Load, tmp_path: Path) -> None:
    file = tmp_path / "lora.safetensors"
    save_file(named("comfyui") | {"diffusion_model.x.dora_scale": torch.ones(1)}, file)
    with pytest.raises(InvalidInput, match="of the kind 'dora_scale', which is not supported"):
        load("transformer", adapters=(Adapter(str(file), ""),))


def test_an_expert_that_is_not_there_is_named(load: Load, tmp_path: Path) -> None:
    file = tmp_path / "lora.safetensors"
    save_file(named("comfyui"), file)
    with pytest.raises(
        InvalidInput, match="is for 'transformer_2', which this model does not have"
    ):
        load("transformer", adapters=(Adapter(str(file), "", 1.0, "transformer_2"),))


def test_layers_that_a_model_lacks_are_noted(load: Load, tmp_path: Path) -> None:
    file = tmp_path / "lora.safetensors"
    stem = "diffusion_model.blocks.0.cross_attn.k_img"
    more = {f"{stem}.lora_A.weight": torch.ones(4, 32), f"{stem}.lora_B.weight": torch.ones(32, 4)}
    save_file(named("comfyui") | more, file)
    loaded = load("transformer", adapters=(Adapter(str(file), ""),))
    assert "1 layers of" in loaded.notes[0]
