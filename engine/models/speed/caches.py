"""Step caches: where a step changes little, what blocks made in an earlier one stands in for them.

diffusers' hooks do the skipping.  They are on a denoiser only while a step is taken, and what they
remember travels in the sample's state: so a step depends on nothing but its state, and one that
failed, was stopped, or is taken again in another process is the same.

Which cache is sound for which denoiser:

                          first block   magcache   taylorseer
    Wan (words, pictures)      x            x           x
    Wan VACE                                            x        hints would be added twice
    LTX-Video                  x            x           x
    LTX-2                                               x        blocks of two modalities
    HunyuanVideo               x            x           x
    HunyuanVideo 1.5           x            x           x        told to diffusers (`_made_known`)
    CogVideoX, Mochi           x            x           x

'magcache' also wants magnitudes that were measured on the model (magnitudes.py).  'taylorseer' is
its light kind: blocks are passed over and the last projection is foretold, with a memory of two
latents a prompt; the other kind would keep hidden states of every block.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import torch
from torch import Tensor, nn

from engine.errors import InvalidInput
from engine.models.abilities import first_step
from engine.models.diffusion.scheduler_state import plain, revived
from engine.models.family import SampleRequest, SampleState
from engine.models.parallel import team
from engine.models.speed.blocks import blocks_of, lists_of_blocks
from engine.values import Speed

REMEMBERED: Final = "cache."
"""What the names of a cache's tensors begin with in a sample's state."""
CACHE: Final = "cache"
"""Where the rest of it stands among the state's scalars."""

ALL: Final = ("first block", "magcache", "taylorseer")
SOUND: Final[Mapping[str, tuple[str, ...]]] = {
    "WanTransformer3DModel": ALL,
    "WanVACETransformer3DModel": ("taylorseer",),
    "LTXVideoTransformer3DModel": ALL,
    "LTX2VideoTransformer3DModel": ("taylorseer",),
    "HunyuanVideoTransformer3DModel": ALL,
    "HunyuanVideo15Transformer3DModel": ALL,
    "CogVideoXTransformer3DModel": ALL,
    "MochiTransformer3DModel": ALL,
}
LASTING: Final[Mapping[str, tuple[str, ...]]] = {
    "first block": ("head_block_residual", "tail_block_residuals"),
    "magcache": (
        "previous_residual",
        "accumulated_ratio",
        "accumulated_err",
        "accumulated_steps",
        "step_index",
    ),
    "taylorseer": (
        "module_dtypes",
        "last_update_step",
        "taylor_factors",
        "inactive_shapes",
        "current_step",
    ),
}
"""What lasts from one step to the next in the states of diffusers' hooks."""
PROJECTIONS: Final = ("proj_out", "audio_proj_out")
WARM_UP: Final = 3
"""Steps at the beginning that 'taylorseer' always computes."""


@dataclass
class Remembered:
    """What caches remember after a step, as a part of the sample's state."""

    tensors: dict[str, Tensor] = field(default_factory=dict)
    scalars: dict[str, str] = field(default_factory=dict)


def check_cache(title: str, speed: Speed, denoisers: Mapping[str, nn.Module]) -> None:
    """Raises InvalidInput for a cache that is not sound for a model."""
    if speed.cache == "none":
        return
    if team() is not None:  # each would remember its own share, and one writes the checkpoint
        raise InvalidInput(
            "Step caches do not work across several GPUs.",
            remedy="Ask for one GPU, or take the cache off the model.",
        )
    for denoiser in denoisers.values():
        sound = SOUND.get(type(denoiser).__name__, ())
        if speed.cache not in sound:
            others = f"Use {' or '.join(map(repr, sound))}." if sound else "Use none."
            raise InvalidInput(f"{title} cannot use the step cache '{speed.cache}'.", remedy=others)
        if speed.cache == "first block" and len(blocks_of(denoiser)) < 2:
            raise InvalidInput(
                f"This {title} has one block, of which no step cache can leave any out.",
                remedy="Use 'taylorseer' or none.",
            )


def config_of(speed: Speed, denoiser: nn.Module, request: SampleRequest) -> Any:
    """diffusers' configuration of a cache for a denoiser, as its pipelines would be given it."""
    from diffusers import hooks
    from diffusers.hooks.mag_cache import nearest_interp

    _made_known()
    if speed.cache == "first block":
        return hooks.FirstBlockCacheConfig(threshold=speed.threshold)
    if speed.cache == "magcache":
        magnitudes = nearest_interp(torch.tensor(speed.magnitudes), request.steps)
        taken = magnitudes[first_step(request) :]
        return hooks.MagCacheConfig(
            threshold=speed.threshold, mag_ratios=taken, num_inference_steps=len(taken)
        )
    return hooks.TaylorSeerCacheConfig(
        cache_interval=speed.interval,
        disable_cache_before_step=WARM_UP,
        taylor_factors_dtype=None,
        skip_predict_identifiers=[rf"{name}\.\d+" for name in lists_of_blocks(denoiser)],
        cache_identifiers=[name for name, _ in denoiser.named_children() if name in PROJECTIONS],
    )


@cache
def _made_known() -> None:
    """Tell diffusers what it has not written down: what a block of HunyuanVideo 1.5 gives."""
    from diffusers.hooks._helpers import TransformerBlockMetadata, TransformerBlockRegistry
    from diffusers.models.transformers.transformer_hunyuan_video15 import (
        HunyuanVideo15TransformerBlock,
    )

    metadata = TransformerBlockMetadata(
        return_hidden_states_index=0, return_encoder_hidden_states_index=1
    )
    TransformerBlockRegistry.register(HunyuanVideo15TransformerBlock, metadata)


@contextmanager
def cached(
    denoisers: Mapping[str, nn.Module],
    speed: Speed,
    request: SampleRequest,
    state: SampleState,
    device: torch.device,
) -> Iterator[Remembered]:
    """Inside, denoisers pass over what they can, from what `state` remembers.

    What they remember then is in what this gives, once all is done.
    """
    remembered = Remembered()
    told: dict[str, Any] = json.loads(str(state.scalars.get(CACHE, "{}")))
    with ExitStack() as stack:
        managers: dict[str, Any] = {}
        for name, denoiser in denoisers.items():
            own = stack.enter_context(_enabled(denoiser, config_of(speed, denoiser, request)))
            managers |= {f"{name}.{path}": manager for path, manager in own.items()}
        for path, contexts in told.items():
            for context, content in contexts.items():
                _recall(managers[path], context, revived(content, state.tensors), device)
        yield remembered
        lasting = LASTING[speed.cache]
        kept = {
            path: {
                context: plain(
                    {name: getattr(held, name) for name in lasting},
                    f"{REMEMBERED}{path}.{context}",
                    remembered.tensors,
                )
                for context, held in manager._state_cache.items()
            }
            for path, manager in managers.items()
        }
    remembered.scalars[CACHE] = json.dumps(kept)


@contextmanager
def _enabled(denoiser: Any, config: Any) -> Iterator[dict[str, Any]]:
    """The cache on a denoiser, with its memories by the module that is the first to use each.

    Each call of the denoiser in a step has a memory of its own.  They are told apart by their
    order: the prompts of a request come in the same one at every step.
    """
    from diffusers.hooks.hooks import CacheContext

    denoiser.enable_cache(config)
    hooked = _hooked(denoiser)
    managers = {
        id(hook.state_manager): (path, hook.state_manager) for path, _, hook in hooked[::-1]
    }
    calls = 0

    def count(*given: object) -> None:
        nonlocal calls
        for _, manager in managers.values():
            manager.set_context(CacheContext(str(calls)))
        calls += 1

    counting = denoiser.register_forward_pre_hook(count)
    try:
        yield dict(managers.values())
    finally:
        counting.remove()
        for _, registry, hook in hooked:  # as `disable_cache` does, which walks all modules often
            name = next(name for name, each in registry.hooks.items() if each is hook)
            registry.remove_hook(name, recurse=False)
        denoiser._cache_config = None


def _hooked(denoiser: nn.Module) -> list[tuple[str, Any, Any]]:
    """The hooks of a denoiser's cache, each with its module's name and registry."""
    return [
        (path, module._diffusers_hook, hook)
        for path, module in denoiser.named_modules()
        if hasattr(module, "_diffusers_hook")
        for hook in module._diffusers_hook.hooks.values()
        if hasattr(hook, "state_manager")
    ]


def _recall(manager: Any, context: str, content: dict[str, Any], device: torch.device) -> None:
    from diffusers.hooks.hooks import CacheContext

    manager.set_context(CacheContext(context))
    held = manager.get_state()
    for name, value in content.items():
        # Sums are added to in place; the state they come from must stay as it is.
        setattr(
            held, name, value.clone() if isinstance(value, Tensor) and not value.ndim else value
        )
    if hasattr(held, "device"):
        held.device = device
