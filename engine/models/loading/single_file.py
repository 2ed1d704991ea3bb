"""A network from a single file: safetensors under any names, fp8 with scales, or GGUF."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from engine.errors import InvalidInput, InvalidWeights
from engine.models.loading.architectures import recognise
from engine.models.loading.checkpoint import GGUF, Section, check_kind, section
from engine.models.loading.conversion import converted
from engine.models.loading.gguf_file import gguf_tensors
from engine.models.loading.layout import CONFIG, Json
from engine.models.loading.modules import (
    empty_network,
    fill,
    filled_transformers,
    is_diffusers,
    misfit,
    precision_rule,
)
from engine.models.loading.narrowing import fill_narrow, narrow_in_place
from engine.models.loading.precision import Precision
from engine.models.loading.scaled import FP8, hold_linears, origins, widened
from engine.models.loading.tensors import mapped_tensors, read_tensors, recast


def load_file(
    kind: Any, file: Path, part: str, config: Any, device: str, precision: Precision
) -> nn.Module:
    """A component from a file.

    `config` are the settings of the model that the file is used with; where the weights do not fit
    them, those of the architecture that the weights show are taken.  Raises InvalidInput,
    InvalidWeights.
    """
    check_kind(file)
    if file.suffix == GGUF:
        return load_gguf(kind, file, part, config, device, precision)
    dtype = precision.wide
    found = section(file, part)
    narrows = precision.narrow is not None and is_diffusers(kind)
    stored = found.weights.values()
    tensors = mapped_tensors(stored) if narrows else read_tensors(stored, device)
    tensors = {name: tensors[each.name] for name, each in found.weights.items()}
    scales = _scales(found, device)
    if not is_diffusers(kind):
        wide = {name: widened(t, scales.get(name), dtype) if t.dtype in FP8 else t
                for name, t in tensors.items()}  # fmt: skip
        return filled_transformers(kind, config, wide, f"'{file}'", device, dtype)
    network, named = _network(kind, found, part, config, tensors, dtype)
    source = origins({n: t for n, t in tensors.items() if n in scales}, named)
    moved = {name: scales[origin] for name, origin in source.items()}
    _refuse_lost_scales(file, scales, set(source.values()))
    rule = precision_rule(kind, dtype)
    if precision.narrow is not None:
        return fill_narrow(network, named, moved, rule, precision.narrow, f"'{file}'", device)
    kept = hold_linears(network, named, moved) if precision.packed else set()
    wide = {
        name: tensor if name in kept else _cast(name, tensor, moved.get(name), rule)
        for name, tensor in named.items()
    }
    return fill(network, wide, f"'{file}'", device)


def _network(
    kind: Any,
    found: Section,
    part: str,
    config: Json,
    tensors: Mapping[str, Tensor],
    dtype: torch.dtype,
) -> tuple[nn.Module, dict[str, Tensor]]:
    """The first network, of those that the file may be of, that its weights fit."""
    where = f"'{found.file}'"
    first: InvalidWeights | None = None
    for settings in _candidates(kind, config, found.shapes, part):
        network = empty_network(kind, settings, dtype)
        expected = network.state_dict()
        named = converted(kind, settings, tensors, set(expected), where)
        problem = misfit(where, kind.__name__, expected, named)
        if problem is None:
            return network, named
        first = first or problem
    assert first is not None
    raise first


def _candidates(
    kind: Any, config: Json, shapes: Mapping[str, tuple[int, ...]], part: str
) -> Iterator[Json]:
    yield config
    known = recognise(shapes, part)
    if known is not None and known.kind == kind.__name__:
        yield dict(known.config)


def load_gguf(
    kind: Any, file: Path, part: str, config: Any, device: str, precision: Precision
) -> nn.Module:
    """A network from a GGUF file; diffusers unpacks each weight as it is used."""
    dtype = precision.wide
    _refuse_unless_gguf(kind, file)
    quantization: Any = import_module("diffusers").GGUFQuantizationConfig
    known = recognise(gguf_shapes(file), part)
    settings = dict(known.config) if known and known.kind == kind.__name__ else dict(config)
    with tempfile.TemporaryDirectory() as folder, torch.random.fork_rng(devices=[]):
        Path(folder, CONFIG).write_text(json.dumps(settings, default=list), "utf-8")
        try:
            network = kind.from_single_file(
                str(file),
                config=folder,
                quantization_config=quantization(compute_dtype=dtype),
                torch_dtype=dtype,
                local_files_only=True,
            )
        except (ValueError, KeyError, RuntimeError, OSError) as error:
            raise InvalidWeights(
                f"'{file}' does not make a {kind.__name__}: {str(error).splitlines()[0]}",
                remedy="Use a file that belongs to this model.",
            ) from error
    lost = [n for n, t in network.state_dict().items() if t.device.type == "meta"]
    if lost:
        raise InvalidWeights(
            f"'{file}' lacks {len(lost)} of the weights of a {kind.__name__}, '{lost[0]}' first.",
            remedy="Use a file that belongs to this model.",
        )
    for tensor in (*network.parameters(), *network.buffers()):
        tensor.data = tensor.data.clone()  # out of the mapped file, into aligned memory
    if not precision.packed:
        network.dequantize()
    elif precision.narrow is not None:
        narrow_in_place(network, precision.narrow)  # what the file left wide
    loaded: nn.Module = network.to(device)
    return loaded.eval().requires_grad_(False)


def gguf_shapes(file: Path) -> dict[str, tuple[int, ...]]:
    """Shapes of the weights in a GGUF file, from its header.

    Raises InvalidWeights for a damaged one, and one of a kind that cannot be unpacked.
    """
    _require_gguf()
    from diffusers.quantizers.gguf.utils import SUPPORTED_GGUF_QUANT_TYPES
    from gguf import GGMLQuantizationType

    plain = {GGMLQuantizationType.F32, GGMLQuantizationType.F16}
    able = plain.union(SUPPORTED_GGUF_QUANT_TYPES)
    found = gguf_tensors(file)
    for name, tensor in found.items():
        if tensor.kind not in able:
            kind = GGMLQuantizationType(tensor.kind).name
            raise InvalidWeights(
                f"'{file}' holds '{name}' as {kind}, which cannot be unpacked.",
                remedy="Use a file in Q8_0 or one of the K kinds, such as Q4_K_M.",
            )
    return {name: tensor.shape for name, tensor in found.items()}


def _refuse_unless_gguf(kind: Any, file: Path) -> None:
    _require_gguf()
    if not is_diffusers(kind) or not hasattr(kind, "from_single_file"):
        raise InvalidInput(
            f"A {kind.__name__} cannot be read from a GGUF file, as '{file}' is one.",
            remedy="Use safetensors for this component.",
        )


def _require_gguf() -> None:
    if find_spec("gguf") is None:
        raise InvalidInput(
            "GGUF files need the package gguf.",
            remedy="Install it with 'pip install reelwright[models]'.",
        )


def _scales(found: Section, device: str) -> dict[str, Tensor]:
    read = read_tensors(found.scales.values(), device)
    return {weight: read[each.name] for weight, each in found.scales.items()}


def _cast(name: str, tensor: Tensor, scale: Tensor | None, rule: Any) -> Tensor:
    wide = tensor if scale is None else widened(tensor, scale, torch.float32)
    return recast(name, wide, rule)


def _refuse_lost_scales(file: Path, scales: Mapping[str, Tensor], used: set[str]) -> None:
    lost = sorted(scales.keys() - used)
    if lost:
        raise InvalidWeights(
            f"'{file}' scales '{lost[0]}' in a way that is not supported.",
            remedy="Use the model in bfloat16, float16 or GGUF.",
        )
