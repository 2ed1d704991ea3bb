"""Weights in 8 bits with scales: as files bring them, or narrowed here, and widened for each use.

    fp8     4 bits of exponent and 3 of mantissa (OCP 8-bit floating point, E4M3)
    int8    whole numbers from -127 to 127

A weight is `stored * scale`; the product is taken in float32 and rounded once.  Held and widened
weights give equal results, bit for bit.  Files have one scale for a matrix (ComfyUI); what is
narrowed here has one for each row, by the row's greatest number (Dettmers et al. 2022,
arXiv:2208.07339, section 2.1).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.errors import InvalidInput

FP8: Final = (torch.float8_e4m3fn, torch.float8_e5m2)
NARROW: Final[Mapping[str, torch.dtype]] = {"fp8": torch.float8_e4m3fn, "int8": torch.int8}
"""Kinds of 8 bits by the names of precisions."""

_GREATEST: Final = {torch.float8_e4m3fn: 448.0, torch.int8: 127.0}
_PIECE: Final = 1 << 19
"""Numbers that are narrowed at once, in float32: few enough to lie in a processor's own memory."""


def widened(weight: Tensor, scale: Tensor | None, dtype: torch.dtype) -> Tensor:
    """A stored weight in a precision that can be computed with."""
    if scale is None:
        return weight.to(dtype)
    return (weight.to(torch.float32) * scale.to(torch.float32)).to(dtype)


def narrowed(
    weight: Tensor, dtype: torch.dtype, wide: torch.dtype | None = None
) -> tuple[Tensor, Tensor]:
    """A matrix [out, in] in 8 bits, and its rows' scales [out, 1] in float32.

    `wide` is the precision to which it is rounded first, None for its own.  Equal on every device.
    """
    rows, columns = weight.shape
    narrow = torch.empty(weight.shape, dtype=dtype, device=weight.device)
    scale = torch.empty(rows, 1, device=weight.device)
    for start in range(0, rows, each := max(1, _PIECE // max(columns, 1))):
        here = slice(start, start + each)
        exact = weight[here].to(wide or weight.dtype).to(torch.float32, copy=True)
        least, most = torch.aminmax(exact, dim=1, keepdim=True)
        step = torch.maximum(-least, most) / _GREATEST[dtype]
        scale[here] = step.clamp(min=torch.finfo(torch.float32).tiny)
        exact.div_(scale[here])
        narrow[here] = exact.round_() if dtype is torch.int8 else exact
    return narrow, scale


class ScaledLinear(nn.Module):
    """A linear layer whose weight rests in 8 bits and is widened for each use."""

    weight: Tensor
    scale: Tensor
    bias: nn.Parameter | None

    def __init__(self, linear: nn.Linear, weight: Tensor, scale: Tensor | None) -> None:
        super().__init__()
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.weight = nn.Parameter(weight, requires_grad=False)
        one = torch.ones((), dtype=torch.float32, device=weight.device)
        rest = one if scale is None else scale.to(torch.float32)
        self.register_buffer("scale", rest, persistent=False)
        self.register_parameter("bias", linear.bias)

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, widened(self.weight, self.scale, x.dtype), self.bias)


def block_matrices(network: nn.Module) -> Iterator[tuple[str, nn.Linear]]:
    """The linear layers of a denoiser's blocks, by path: nearly all of its weights.

    Left out are those that diffusers keeps exact, and everything outside of the blocks: it is
    small, and decides the most.  A norm has no linear layer, but what modulates it is one, and
    among the greatest: of the patterns that diffusers spares, 'norm' is not for them.
    """
    exact = set(getattr(network, "_keep_in_fp32_modules", None) or ())
    spared = set(getattr(network, "_skip_layerwise_casting_patterns", None) or ()) - {"norm"}
    for name, child in network.named_children():
        if not isinstance(child, nn.ModuleList):
            continue
        for path, layer in child.named_modules(prefix=name):
            kept = exact & set(path.split(".")) or any(re.search(each, path) for each in spared)
            if isinstance(layer, nn.Linear) and not kept:
                yield path, layer


def hold_linears(
    network: nn.Module, tensors: Mapping[str, Tensor], scales: Mapping[str, Tensor]
) -> set[str]:
    """Put weights of 8 bits into layers that hold them; the names of those that were put in place.

    Left out are layers that stay as exact as they can be.
    """
    held: set[str] = set()
    for path, layer in list(block_matrices(network)):
        name = f"{path}.weight"
        if name in tensors and tensors[name].dtype in (*FP8, torch.int8):
            put_layer(network, path, ScaledLinear(layer, tensors[name], scales.get(name)))
            held.add(name)
    return held


def refuse_unless_computed(precision: str, device: str) -> None:
    """Raises InvalidInput for a device that cannot hold or widen numbers of this kind."""
    try:
        torch.zeros(1, device=device).to(NARROW[precision]).to(torch.float32)
    except (RuntimeError, NotImplementedError, TypeError, AssertionError):
        others = " or ".join(f"'{name}'" for name in NARROW if name != precision)
        raise InvalidInput(
            f"'{device}' cannot hold weights in {precision}.",
            remedy=f"Set 'precision' of the model to {others}, or to 'auto'.",
        ) from None


def origins(stored: Mapping[str, Tensor], converted: Mapping[str, Tensor]) -> dict[str, str]:
    """From which stored weight each converted one was taken, renamed or cut: it lies within it."""
    begins = sorted((tensor.data_ptr(), name) for name, tensor in stored.items())
    found: dict[str, str] = {}
    for name, tensor in converted.items():
        place = bisect_right(begins, tensor.data_ptr(), key=lambda each: each[0]) - 1
        if place >= 0 and tensor.data_ptr() < begins[place][0] + stored[begins[place][1]].nbytes:
            found[name] = begins[place][1]
    return found


def put_layer(network: nn.Module, path: str, layer: nn.Module) -> None:
    """Put a layer in the place of another."""
    parent, _, child = path.rpartition(".")
    setattr(network.get_submodule(parent), child, layer)
