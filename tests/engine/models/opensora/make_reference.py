"""Runs the code of Open-Sora's makers on tiny weights, and keeps what it makes.

    python -m tests.engine.models.opensora.make_reference SOURCE

SOURCE is a copy of their repository (github.com/hpcaitech/Open-Sora); einops has to be importable.
Their own files run as they are: the denoiser, the VAE, the schedule, the conditions, and the whole
sampling loop.  Only what needs a GPU or a cluster is replaced by what it says of itself: kernels of
liger and flash-attn by plain torch, colossalai's checkpointing by a call, readers of files by the
tensors that they would read.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Final

import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from tests.engine.models.tiny import opensora as tiny

REFERENCE: Final = Path(__file__).with_name("reference.safetensors")
HEIGHT, WIDTH, STEPS, SEED = 32, 48, 12, 7
GUIDANCE: Final = {"guidance": 7.5, "guidance_img": 3.0}
TEXTS: Final = ("a red cat jumps", "blurry")
GRID: Final = (2, 2, 3)
WORDS: Final = 6
PROMPTS: Final = ("a cat", " A cat. ", "A cat. 16 FPS.", "")
SCHEDULES: Final = ((50, 252, 33), (30, 2304, 33), (7, 6, 1))
MODES: Final = {
    "t2v": (9, 0), "i2v_head": (9, 1), "i2v_tail": (9, 1), "i2v_loop": (9, 2), "v2v_head": (41, 33),
}  # fmt: skip
"""Frames to be made, and frames that are given."""
EVERY: Final = 8
"""One pixel in so many is kept of a large picture, in both directions."""


def pixels(frames: int, seed: int = 0) -> Tensor:
    """What is given, as bytes (frames, height, width, 3)."""
    drawn = tiny.numbers(f"pixels {seed}", frames, HEIGHT, WIDTH, 3)
    return (drawn * 60 + 128).clamp(0, 255).to(torch.uint8)


def wide_picture() -> Tensor:
    """A picture that is wider and higher than the VAE's squares, in [-1, 1]."""
    return tiny.numbers("wide picture", 1, 3, 1, 280, 296).clamp(-1, 1)


def embedded(texts: list[str]) -> tuple[Tensor, Tensor]:
    """What encoders would make of texts: word by word, and as a whole."""
    words = torch.stack([tiny.numbers(f"words {text}", WORDS, tiny.WIDTH) for text in texts])
    return words, torch.stack([tiny.numbers(f"whole {text}", tiny.WIDTH) for text in texts])


def denoiser_inputs() -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Places, words, the whole, the timestep and what is known, of two clips."""
    count, channels = GRID[0] * GRID[1] * GRID[2], 4 * tiny.CHANNELS
    words, whole = embedded(list(TEXTS))
    cond = tiny.numbers("cond", 2, count, channels + 4)
    return tiny.numbers("places", 2, count, channels), words, whole, torch.tensor([0.3, 0.8]), cond


def names_digest(shapes: dict[str, tuple[int, ...]]) -> str:
    """Of all names and shapes of a network's weights."""
    return sha256("\n".join(f"{n} {list(shapes[n])}" for n in sorted(shapes)).encode()).hexdigest()


def main(source: Path) -> None:
    upstream = _upstream(source)
    kept: dict[str, Tensor] = {}
    kept["denoiser"] = _denoise(upstream, tiny.DENOISER_SETTINGS, {})
    kept["denoiser other way"] = _denoise(upstream, tiny.DENOISER_SETTINGS, tiny.OTHER_WAY)
    vae = _vae(upstream)
    video = pixels(9).permute(3, 0, 1, 2)[None] / 127.5 - 1
    kept["vae encoded"] = vae.encode(video[..., :16, :24], sample_posterior=False)
    kept["vae decoded"] = vae.decode(tiny.numbers("latent", 1, tiny.CHANNELS, 3, 2, 3))
    vae.enable_spatial_tiling()
    kept["vae encoded in squares"] = vae.encode(wide_picture(), sample_posterior=False)
    latent = tiny.numbers("wide", 1, tiny.CHANNELS, 1, 35, 37)
    kept["vae decoded in squares"] = vae.decode(latent)[..., ::EVERY, ::EVERY]
    for mode in MODES:
        kept[mode] = _sampled(upstream, vae, mode)
    for steps, places, frames in SCHEDULES:
        levels = upstream.sampling.get_schedule(steps, places, frames)
        kept[f"schedule {steps} {places} {frames}"] = torch.tensor(levels)
    told = upstream.inference.add_motion_score_to_text(
        upstream.inference.add_fps_info_to_text(list(PROMPTS), fps=24), 4
    )
    with torch.device("meta"):
        denoiser = _network(upstream, {}, {})
        published = upstream.vae.AutoencoderKLCausal3D(upstream.vae.AutoEncoder3DConfig(None))
    metadata = {
        "prompts": json.dumps(told),
        "denoiser names": names_digest(tiny.shapes_of(denoiser)),
        "vae names": names_digest(tiny.shapes_of(published)),
        "denoiser parameters": str(sum(p.numel() for p in denoiser.parameters())),
    }
    save_file({name: t.contiguous() for name, t in kept.items()}, REFERENCE, metadata)


def _network(upstream: Any, settings: dict[str, Any], other: dict[str, bool]) -> Any:
    """Their denoiser; without settings as configs/diffusion/inference/256px.py has it."""
    get = {"num_attention_heads": 24, "attention_head_dim": 128, **settings, **other}.get
    width = get("num_attention_heads") * get("attention_head_dim")
    return upstream.model.MMDiTModel(
        upstream.model.MMDiTConfig(
            from_pretrained="",
            cache_dir="",
            in_channels=get("in_channels", 64),
            vec_in_dim=get("vec_in_dim", 768),
            context_in_dim=get("context_in_dim", 4096),
            hidden_size=width,
            mlp_ratio=get("mlp_width", 4 * width) / width,
            num_heads=get("num_attention_heads"),
            depth=get("depth", 19),
            depth_single_blocks=get("depth_single_blocks", 38),
            axes_dim=list(get("axes_dim", (16, 56, 56))),
            theta=10_000,
            qkv_bias=True,
            guidance_embed=get("guidance_embed", False),
            cond_embed=get("cond_embed", True),
            fused_qkv=get("fused_qkv", False),
            use_liger_rope=get("turn_halves", True),
        )
    )


def _filled(network: Any, seed: int = 0) -> Any:
    network.load_state_dict(tiny.drawn(tiny.shapes_of(network), seed), strict=True)
    return network.eval()


@torch.inference_mode()
def _denoise(upstream: Any, settings: dict[str, Any], other: dict[str, bool]) -> Tensor:
    places, words, whole, timestep, cond = denoiser_inputs()
    ids = torch.cartesian_prod(*(torch.arange(n).float() for n in GRID)).expand(2, -1, -1)
    flow: Tensor = _filled(_network(upstream, settings, other))(
        img=places,
        img_ids=ids,
        txt=words,
        txt_ids=torch.zeros(2, WORDS, 3),
        timesteps=timestep,
        y_vec=whole,
        cond=cond,
        guidance=torch.tensor([7.5, 3.0]),
    )
    return flow


def _vae(upstream: Any) -> Any:
    config = upstream.vae.AutoEncoder3DConfig(None, **tiny.VAE_SETTINGS)
    return _filled(upstream.vae.AutoencoderKLCausal3D(config), seed=1).requires_grad_(False)


def _sampled(upstream: Any, vae: Any, mode: str) -> Tensor:
    """The latent that their loop hands to the decoder."""
    frames, given = MODES[mode]
    paths = [f"{mode} {seed}" for seed in range(max(given, 1))] if given <= 2 else [mode]
    for seed, path in enumerate(paths):
        shown = pixels(given if given > 2 else 1, seed).permute(3, 0, 1, 2).float()
        upstream.files[path] = (shown / 255 - 0.5) / 0.5
    keeping = SimpleNamespace(encode=vae.encode, parameters=vae.parameters, seen=None)
    keeping.decode = lambda latent: setattr(keeping, "seen", latent.clone()) or latent
    sample: Callable[..., Tensor] = upstream.sampling.prepare_api(
        _filled(_network(upstream, tiny.DENOISER_SETTINGS, {})),
        keeping,
        lambda texts, **options: embedded(texts)[0],
        lambda texts: embedded(texts)[1],
        {},
    )
    # They draw pictures' latents from the global generator: it goes on where the noise ends.
    generator = torch.Generator().manual_seed(SEED)
    length = 1 + (frames - 1) // 4
    torch.randn(1, tiny.CHANNELS, length, HEIGHT // 8, WIDTH // 8, generator=generator)
    torch.set_rng_state(generator.get_state())
    option = upstream.sampling.SamplingOption(
        width=WIDTH, height=HEIGHT, num_frames=frames, num_steps=STEPS, **GUIDANCE,
        text_osci=True, image_osci=True, scale_temporal_osci=True, temporal_reduction=4,
        is_causal_vae=True, method=upstream.inference.SamplingMethod.I2V,
    )  # fmt: skip
    reference = {} if mode == "t2v" else {"ref": [";".join(paths)]}
    told = upstream.inference.add_motion_score_to_text(
        upstream.inference.add_fps_info_to_text([TEXTS[0]], fps=24), 4
    )
    sample(
        option, mode, seed=SEED, text=told, neg=[TEXTS[1]], channel=4 * tiny.CHANNELS, **reference
    )
    seen: Tensor = keeping.seen
    return seen


def _upstream(source: Path) -> Any:
    """Their modules, with what cannot run here replaced."""
    files: dict[str, Tensor] = {}
    for package in (
        "opensora", "opensora.acceleration", "opensora.utils", "opensora.datasets",
        "opensora.models", "opensora.models.mmdit", "opensora.models.hunyuan_vae",
        "opensora.models.vae", "opensora.models.text",
    ):  # fmt: skip
        _replaced(package, __path__=[str(source / package.replace(".", "/"))])
    registry = SimpleNamespace(register_module=lambda name: lambda kind: kind)

    def called(module: Any, *arguments: Any) -> Any:
        return module(*arguments)

    _replaced("opensora.acceleration.checkpoint", auto_grad_checkpoint=called, checkpoint=None)
    _replaced("opensora.registry", MODELS=registry, build_module=None)
    _replaced("opensora.utils.ckpt", load_checkpoint=None)
    _replaced("opensora.utils.logger", log_message=print)
    _replaced("opensora.utils.prompt_refine", refine_prompts=None)
    _replaced("opensora.models.text.conditioner", HFEmbedder=object)
    sys.modules["opensora.datasets"].save_sample = None  # type: ignore[attr-defined]
    _replaced(
        "opensora.datasets.utils",
        read_from_path=lambda path, *size, **options: files[path],
        rescale_image_by_path=None,
    )
    _replaced("mmengine")
    _replaced("mmengine.config", Config=object)
    _replaced("peft", PeftModel=object)
    _replaced("flash_attn", flash_attn_func=_flash_attention)
    for package in ("liger_kernel", "liger_kernel.ops"):
        _replaced(package)
    _replaced("liger_kernel.ops.rms_norm", LigerRMSNormFunction=SimpleNamespace(apply=_rms_norm))
    _replaced("liger_kernel.ops.rope", LigerRopeFunction=SimpleNamespace(apply=_rope))
    torch.compile = lambda *_, **__: lambda function: function  # type: ignore[assignment]
    from opensora.models.hunyuan_vae import autoencoder_kl_causal_3d as vae
    from opensora.models.mmdit import model
    from opensora.utils import inference, sampling

    return SimpleNamespace(
        model=model, vae=vae, sampling=sampling, inference=inference, files=files
    )


def _replaced(name: str, **contents: Any) -> None:
    module = ModuleType(name)
    vars(module).update(contents)
    sys.modules[name] = module


def _flash_attention(q_BLHK: Tensor, k_BLHK: Tensor, v_BLHK: Tensor) -> Tensor:
    q, k, v = (x.transpose(1, 2) for x in (q_BLHK, k_BLHK, v_BLHK))
    return F.scaled_dot_product_attention(q, k, v).transpose(1, 2)


def _rms_norm(
    x: Tensor, scale: Tensor, epsilon: float, offset: float, casting: str, in_place: bool
) -> Tensor:
    """liger's: in 'llama' casting the norm is in float32, the scale in the input's precision."""
    assert (offset, casting, in_place) == (0.0, "llama", False)
    wide = x.float()
    norm = torch.rsqrt((wide * wide).mean(-1, keepdim=True) + epsilon)
    return (wide * norm).to(x.dtype) * scale


def _rope(q: Tensor, k: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor]:
    """liger's: y = [x1, x2] * [cos, cos] + [-x2, x1] * [sin, sin]."""

    def turned(x: Tensor) -> Tensor:
        first, second = x.float().chunk(2, dim=-1)
        crossed = torch.cat([-second, first], dim=-1)
        return (x.float() * cos[:, None] + crossed * sin[:, None]).to(x.dtype)

    return turned(q), turned(k)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
