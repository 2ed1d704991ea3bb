"""Makes a network from its settings and fills it with tensors, as the library itself would.

The network is made without memory for its weights, and each weight is put in place as it was read:
nothing is initialised, copied or held twice.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

import torch
from torch import Tensor, nn

from engine.errors import InvalidWeights
from engine.models.loading.layout import Json
from engine.models.loading.tensors import DtypeOf, StoredTensor

_DEFAULT_DTYPE: Final = threading.Lock()


def is_diffusers(kind: type) -> bool:
    """Whether diffusers defines this network's class."""
    from diffusers import ModelMixin

    return issubclass(kind, ModelMixin)


def is_network(kind: type) -> bool:
    return issubclass(kind, nn.Module)


def empty_network(kind: Any, config: Json, dtype: torch.dtype) -> nn.Module:
    """A diffusers network without memory for its weights.

    Buffers that are computed, not stored, are computed in `dtype` as the library would.  Nothing is
    drawn from the global random state.
    """
    from accelerate import init_empty_weights

    with _default_dtype(dtype), torch.random.fork_rng(devices=[]), init_empty_weights():
        network: nn.Module = kind.from_config(config)
    return network


def precision_rule(kind: Any, dtype: torch.dtype) -> DtypeOf:
    """In which precision each weight of a diffusers network is held: some stay in float32."""
    exact = set(kind._keep_in_fp32_modules or ())

    def of(stored: StoredTensor) -> torch.dtype:
        return torch.float32 if exact & set(stored.name.split(".")) else dtype

    return of


def fill(
    network: nn.Module, tensors: Mapping[str, Tensor], where: str, device: str | torch.device
) -> nn.Module:
    """Put the weights in place.  Raises InvalidWeights where one is missing or of another shape."""
    fix = getattr(network, "_fix_state_dict_keys_on_load", None)
    held = dict(tensors)
    if fix is not None:
        fix(held)
    expected = network.state_dict()
    problem = misfit(where, type(network).__name__, expected, held)
    if problem is not None:
        raise problem
    network.load_state_dict({n: t for n, t in held.items() if n in expected}, assign=True)
    return network.to(device).eval().requires_grad_(False)


def misfit(
    where: str, kind: str, expected: Mapping[str, Tensor], held: Mapping[str, Tensor]
) -> InvalidWeights | None:
    """What to say of the first weight which is missing or of another shape, None if all fit."""
    missing = [name for name in expected if name not in held]
    if missing:
        return InvalidWeights(
            f"{where} lacks {len(missing)} of the weights of a {kind}, '{missing[0]}' first.",
            remedy="Use weights that belong to these settings, or fetch the model again.",
        )
    for name, tensor in expected.items():
        if held[name].shape != tensor.shape:
            return InvalidWeights(
                f"{where} does not fit its settings: '{name}' is {_shape(held[name].shape)}, "
                f"not {_shape(tensor.shape)}.",
                remedy="Use weights and settings that belong together.",
            )
    return None


def unused(network: nn.Module, names: Iterable[str]) -> list[str]:
    """Which of the stored weights a network has no place for, and does not expect to."""
    ignored = getattr(network, "_keys_to_ignore_on_load_unexpected", None) or ()
    known = network.state_dict().keys()
    return [
        name
        for name in names
        if name not in known and not any(re.search(pattern, name) for pattern in ignored)
    ]


def filled_transformers(
    kind: Any,
    config: Any,
    tensors: Mapping[str, Tensor],
    where: str,
    device: str | torch.device,
    dtype: torch.dtype,
) -> nn.Module:
    """A transformers network with its weights; the library knows its renamings and tied weights.

    Raises InvalidWeights where one is missing or of another shape.
    """
    try:
        with torch.random.fork_rng(devices=[]), _quiet():
            network, info = kind.from_pretrained(
                None,
                config=config,
                state_dict=dict(tensors),
                dtype=dtype,
                device_map={"": str(device)},
                output_loading_info=True,
                ignore_mismatched_sizes=True,
            )
    except (ValueError, RuntimeError) as error:
        raise InvalidWeights(
            f"{where} does not make a {kind.__name__}: {str(error).splitlines()[0]}",
            remedy="Use weights and settings that belong together.",
        ) from error
    for name in sorted(info["missing_keys"]):
        raise InvalidWeights(
            f"{where} lacks {len(info['missing_keys'])} of the weights of a {kind.__name__}, "
            f"'{name}' first.",
            remedy="Use weights that belong to these settings, or fetch the model again.",
        )
    for name, found, expected in sorted(info["mismatched_keys"]):
        raise InvalidWeights(
            f"{where} does not fit its settings: '{name}' is {_shape(found)}, "
            f"not {_shape(expected)}.",
            remedy="Use weights and settings that belong together.",
        )
    loaded: nn.Module = network
    return loaded.eval().requires_grad_(False)


@contextmanager
def _default_dtype(dtype: torch.dtype) -> Iterator[None]:
    """The setting is the whole process's: one at a time, and back at once."""
    with _DEFAULT_DTYPE:
        before = torch.get_default_dtype()
        torch.set_default_dtype(dtype)
        try:
            yield
        finally:
            torch.set_default_dtype(before)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the library's reports and bars: misfits are told by our own sentence."""
    reports: Any = import_module("transformers.utils.logging")
    level, bars = reports.get_verbosity(), reports.is_progress_bar_enabled()
    reports.set_verbosity_error()
    reports.disable_progress_bar()
    try:
        yield
    finally:
        reports.set_verbosity(level)
        if bars:
            reports.enable_progress_bar()


def _shape(shape: Iterable[int]) -> str:
    return "x".join(str(length) for length in shape) or "a single number"
