"""Networks from single files: any names, several components in one, fp8 with scales, GGUF."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderKLWan, LTXVideoTransformer3DModel
from safetensors.torch import save_file

from engine.errors import InvalidInput, InvalidWeights
from engine.models.loading.precision import Precision
from engine.models.loading.scaled import ScaledLinear
from tests.engine.models.loading.conftest import (
    Load,
    assert_equal,
    makers_name,
    makers_names,
    run,
    scaled_fp8,
    transformer,
    vae,
    weights,
)
from tests.engine.models.tiny.text import lively


@pytest.mark.parametrize("prefix", ["", "model.diffusion_model.", "diffusion_model."])
def test_the_makers_names_make_the_same_network(
    load: Load, wan: Path, tmp_path: Path, prefix: str
) -> None:
    file = tmp_path / "wan.safetensors"
    save_file(makers_names(weights(wan / "transformer"), prefix), file)
    assert_equal(load("transformer", swapped={"transformer": file})["transformer"],
                 load("transformer")["transformer"])  # fmt: skip


def test_our_names_are_taken_as_they_are(load: Load, wan: Path, tmp_path: Path) -> None:
    file = tmp_path / "wan.safetensors"
    save_file(weights(wan / "transformer_2"), file)
    swapped = load("transformer", swapped={"transformer": file}, dtype=torch.bfloat16)
    assert_equal(swapped["transformer"],
                 load("transformer_2", dtype=torch.bfloat16)["transformer_2"])  # fmt: skip


def test_one_file_may_hold_several_components(load: Load, wan: Path, tmp_path: Path) -> None:
    file = tmp_path / "all.safetensors"
    denoiser = makers_names(weights(wan / "transformer_2"), "model.diffusion_model.")
    decoder = {f"vae.{name}": t for name, t in weights(wan / "vae").items()}
    save_file(denoiser | decoder, file)
    loaded = load("transformer", "vae", swapped={"transformer": file, "vae": file})
    assert_equal(loaded["transformer"], load("transformer_2")["transformer_2"])
    assert_equal(loaded["vae"], load("vae")["vae"])


def makers_vae_name(name: str) -> str:
    """The name that Wan's makers gave a weight of its VAE (2.1): stages are one list there."""
    for ours, theirs in {
        "post_quant_conv": "conv2", "quant_conv": "conv1", "norm_out": "head.0",
        "coder.conv_out": "coder.head.2", "coder.conv_in": "coder.conv1",
        "mid_block.attentions.0": "middle.1", "mid_block.resnets.0": "middle.0",
        "mid_block.resnets.1": "middle.2", "down_blocks": "downsamples",
        "conv_shortcut": "shortcut",
    }.items():  # fmt: skip
        name = name.replace(ours, theirs)
    name = re.sub(
        r"up_blocks\.(\d)\.(resnets|upsamplers)\.(\d)",
        lambda m: f"upsamples.{4 * int(m[1]) + (3 if m[2] == 'upsamplers' else int(m[3]))}",
        name,
    )
    if "samples." in name or "middle.0" in name or "middle.2" in name:
        for ours, theirs in {
            ".norm1.": ".residual.0.", ".conv1.": ".residual.2.",
            ".norm2.": ".residual.3.", ".conv2.": ".residual.6.",
        }.items():  # fmt: skip
            name = name.replace(ours, theirs)
    return name


def test_a_vae_under_the_makers_names_makes_the_same_network(load: Load, wan, tmp_path) -> None:
    """With as many stages and blocks as the published one: its names tell them apart."""
    whole = lively(AutoencoderKLWan(base_dim=3, z_dim=16))
    whole.save_pretrained(tmp_path / "vae")
    shutil.copytree(wan, tmp_path / "model")
    shutil.rmtree(tmp_path / "model" / "vae")
    shutil.move(tmp_path / "vae", tmp_path / "model" / "vae")
    file = tmp_path / "vae.safetensors"
    save_file({makers_vae_name(name): t for name, t in whole.state_dict().items()}, file)
    loaded = load("vae", folder=tmp_path / "model", swapped={"vae": file})
    assert_equal(loaded["vae"], whole)


def test_an_ltx_file_brings_its_vae_under_the_makers_names(tiny_model, tmp_path: Path) -> None:
    """The patch embedding, the norms and the statistics have other names; a few are enough."""
    from engine.models.loading.single_file import load_file as load_single

    folder = tiny_model("ltx")
    ours = weights(folder / "transformer")
    theirs = {
        "model.diffusion_model." + name.replace("proj_in", "patchify_proj")
        .replace("time_embed", "adaln_single").replace("norm_q", "q_norm")
        .replace("norm_k", "k_norm"): t
        for name, t in ours.items()
    }  # fmt: skip
    file = tmp_path / "ltx.safetensors"
    save_file(theirs | {"vae.encoder.conv_in.conv.weight": torch.zeros(1)}, file)
    config = LTXVideoTransformer3DModel.load_config(folder / "transformer")
    made = load_single(
        LTXVideoTransformer3DModel, file, "transformer", config, "cpu", Precision(torch.float32)
    )
    assert_equal(made, LTXVideoTransformer3DModel.from_pretrained(folder / "transformer"))


def test_fp8_stays_small_and_computes_what_its_widened_weights_compute(load: Load, fp8) -> None:
    held = load("transformer", swapped={"transformer": fp8})["transformer"]
    wide = load("transformer", swapped={"transformer": fp8}, precision="float32")["transformer"]
    plain = load("transformer")["transformer"]
    assert isinstance(held.blocks[0].attn1.to_q, ScaledLinear)
    assert held.blocks[0].attn1.to_q.weight.dtype == torch.float8_e4m3fn
    assert wide.blocks[0].attn1.to_q.weight.dtype == torch.float32
    assert held.condition_embedder.time_embedder.linear_1.weight.dtype == torch.float32
    assert held.dtype == torch.float32, "what the network's code casts its inputs to"
    first, second, exact = (run(network) for network in (held, wide, plain))
    assert torch.equal(first, second)
    assert 0 < (first - exact).abs().max() < 0.1 * exact.abs().max()


def test_a_text_encoder_in_fp8_is_widened(load: Load, wan: Path, tmp_path: Path) -> None:
    file = tmp_path / "t5.safetensors"
    marked = {"spiece_model": torch.zeros(3, dtype=torch.uint8)}
    save_file(scaled_fp8(weights(wan / "text_encoder")) | marked, file)
    loaded = load("text_encoder", swapped={"text_encoder": file})["text_encoder"]
    plain = load("text_encoder")["text_encoder"]
    for (name, one), (_, other) in zip(
        loaded.named_parameters(), plain.named_parameters(), strict=True
    ):
        assert one.dtype == torch.float32
        assert torch.allclose(one, other, atol=0.1 * other.abs().max().item()), name


@pytest.mark.proves("wan", "gguf")
def test_gguf_weights_stay_packed_and_come_close(load: Load, gguf: Path) -> None:
    loaded = load("transformer", swapped={"transformer": gguf})["transformer"]
    plain = load("transformer")["transformer"]
    assert loaded.blocks[0].attn1.to_q.weight.dtype == torch.uint8
    assert {t.data_ptr() % 64 for t in loaded.parameters()} == {0}
    difference = (run(loaded) - run(plain)).abs().max()
    assert 0 < difference < 0.02 * run(plain).abs().max()


def test_gguf_is_unpacked_where_a_precision_is_named(load: Load, gguf: Path) -> None:
    packed = load("transformer", swapped={"transformer": gguf})["transformer"]
    wide = load("transformer", swapped={"transformer": gguf}, precision="float32")["transformer"]
    assert wide.blocks[0].attn1.to_q.weight.dtype == torch.float32
    assert torch.allclose(run(wide), run(packed), atol=1e-5)


# What is wrong


def test_a_file_of_another_size_is_named(load: Load, tmp_path: Path) -> None:
    file = tmp_path / "other.safetensors"
    save_file(makers_names(transformer(channels=12).state_dict()), file)
    with pytest.raises(
        InvalidWeights, match=r"'patch_embedding\.weight' is 32x12x1x2x2, not 32x16"
    ):
        load("transformer", swapped={"transformer": file})


def test_a_file_of_another_model_is_refused(load: Load, tmp_path: Path) -> None:
    file = tmp_path / "other.safetensors"
    save_file({"conv.weight": torch.zeros(3, 3)}, file)
    with pytest.raises(InvalidWeights, match=r"lacks .* of the weights of a WanTransformer3DModel"):
        load("transformer", swapped={"transformer": file})


def test_files_of_other_kinds_are_refused(load: Load, tmp_path: Path) -> None:
    for name, words in (
        ("a.ckpt", "reelwright models convert"), ("a.txt", "no weight file"),
        ("none.gguf", "does not exist"),
    ):  # fmt: skip
        path = tmp_path / name
        if name != "none.gguf":
            path.touch()
        with pytest.raises(InvalidInput, match=words):
            load("transformer", swapped={"transformer": path})


def test_a_damaged_gguf_file_is_named(load: Load, gguf: Path) -> None:
    gguf.write_bytes(gguf.read_bytes()[:200])
    with pytest.raises(InvalidWeights, match=r"wan\.gguf' is no GGUF file, or is cut off"):
        load("transformer", swapped={"transformer": gguf})


def test_a_text_encoder_is_not_read_from_gguf(load: Load, gguf: Path) -> None:
    with pytest.raises(InvalidInput, match="T5EncoderModel cannot be read from a GGUF file"):
        load("text_encoder", swapped={"text_encoder": gguf})


# Components from other folders


def test_a_component_is_taken_from_another_model_or_its_own_folder(
    load: Load, wan: Path, tmp_path: Path
) -> None:
    other = lively_vae(tmp_path / "vae")
    for place in (tmp_path / "vae", wan):
        loaded = load("vae", swapped={"vae": place})
        assert_equal(loaded["vae"], other if place != wan else load("vae")["vae"])


def lively_vae(folder: Path):
    other = lively(vae(), seed=9)
    other.save_pretrained(folder)
    return other


def test_a_vae_with_other_channels_is_refused_before_anything_loads(
    load: Load, tmp_path: Path
) -> None:
    vae(channels=48).save_pretrained(tmp_path / "vae")
    words = "The vae in '.*' has 48 latent channels; the model works with 16"
    with pytest.raises(InvalidInput, match=words):
        load("transformer", "vae", swapped={"vae": tmp_path / "vae"})


def test_a_text_encoder_of_another_width_is_refused(load: Load, tmp_path: Path) -> None:
    from tests.engine.models.tiny.text import t5_encoder

    t5_encoder(16).save_pretrained(tmp_path / "t5")
    words = "The text encoder in '.*' has 16 numbers a token; the model works with 32"
    with pytest.raises(InvalidInput, match=words):
        load("transformer", "text_encoder", swapped={"text_encoder": tmp_path / "t5"})


def test_a_component_of_another_class_or_nowhere_is_refused(
    load: Load, wan: Path, tmp_path
) -> None:
    with pytest.raises(InvalidInput, match="is a WanTransformer3DModel, not a AutoencoderKLWan"):
        load("vae", swapped={"vae": wan / "transformer"})
    with pytest.raises(InvalidWeights, match="holds no component 'vae'"):
        load("vae", swapped={"vae": tmp_path})


def test_the_makers_names_are_what_they_should_be() -> None:
    """The names that the tests write are those of the published file."""
    assert makers_name("blocks.3.attn1.to_out.0.weight") == "blocks.3.self_attn.o.weight"
    assert makers_name("blocks.3.ffn.net.0.proj.bias") == "blocks.3.ffn.0.bias"
    assert makers_name("scale_shift_table") == "head.modulation"
