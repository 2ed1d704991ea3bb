"""Linear layers that compute in 8 bits, weights and activations both (W8A8).

A weight has a scale for each row, an activation one for each token, found as it comes (Dettmers et
al. 2022, arXiv:2208.07339, section 2.1):

    y = (x_q w_q^T) * s_x * s_w + b, x = x_q * s_x, w = w_q * s_w

The product of whole numbers is exact, so it is the same on every device and in either of two ways:
by the device's own 8-bit instructions (`torch._int_mm`: GPUs, and CPUs with VNNI or AMX), or as
float32, whose sums are exact as long as they stay below 2^24. Without such instructions PyTorch
2.13 multiplies 8-bit numbers one by one, 45 times as slow as float32, and oneDNN's quantised layers
overflow 16 bits on the way; so that is never asked for.

Shapes: M tokens, I inputs, O outputs.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import torch
from torch import Tensor, nn

from engine.models.loading.scaled import ScaledLinear, block_matrices, narrowed, put_layer

_GREATEST: Final = 127
_EXACT_INPUTS: Final = 2**24 // _GREATEST**2
"""So many products of two 8-bit numbers add up exactly in float32, in any order."""
_GPU_ROWS, _GPU_MULTIPLE = 17, 8  # what cuBLAS takes
_INSTRUCTIONS: Final = ("avx512_vnni", "avx_vnni", "amx_int8")


def rounded(x_MI: Tensor) -> tuple[Tensor, Tensor]:
    """Activations as whole numbers from -127 to 127, and the tokens' scales [M, 1], in float32."""
    x_MI = x_MI.float()
    least, most = torch.aminmax(x_MI, dim=-1, keepdim=True)
    scale_M1 = torch.maximum(-least, most) / _GREATEST
    scale_M1 = scale_M1.clamp_min(torch.finfo(torch.float32).tiny)
    return (x_MI / scale_M1).round_(), scale_M1


def int8_product(x_MI: Tensor, w_OI: Tensor) -> Tensor:
    """The exact product x w^T [M, O] of whole numbers, `rounded` ones and int8, as float32 (above
    2^24 rounded once).
    """
    if _computes(x_MI, w_OI):
        made: Tensor = torch._int_mm(x_MI.to(torch.int8), w_OI.t())
        return made.float()
    return exact_product(x_MI, w_OI)


def exact_product(x_MI: Tensor, w_OI: Tensor) -> Tensor:
    """`int8_product` by way of float32, a bounded number of inputs at a time."""
    x_parts, w_parts = (m.split(_EXACT_INPUTS, dim=1) for m in (x_MI, w_OI.float()))
    parts: list[Tensor] = [x @ w.t() for x, w in zip(x_parts, w_parts, strict=True)]
    if len(parts) == 1:
        return parts[0]
    sums: Tensor = torch.stack([part.to(torch.int32) for part in parts]).sum(0, dtype=torch.int32)
    return sums.float()


def _computes(x_MI: Tensor, w_OI: Tensor) -> bool:
    """Whether the device has instructions for this product."""
    if x_MI.device.type == "cuda":
        outputs, inputs = w_OI.shape
        return len(x_MI) >= _GPU_ROWS and not (inputs % _GPU_MULTIPLE or outputs % _GPU_MULTIPLE)
    return x_MI.device.type == "cpu" and cpu_computes_int8()


@cache
def cpu_computes_int8() -> bool:
    """Whether this CPU has instructions for products of 8-bit numbers."""
    able = torch.cpu.get_capabilities()
    return any(able.get(name, False) for name in _INSTRUCTIONS)


class Int8Linear(ScaledLinear):
    """A linear layer whose weight rests in int8, and whose product is taken in int8."""

    def forward(self, x: Tensor) -> Tensor:
        tokens_MI, scale_M1 = rounded(x.flatten(0, -2))
        made_MO = int8_product(tokens_MI, self.weight).mul_(scale_M1).mul_(self.scale.view(1, -1))
        if self.bias is not None:
            made_MO += self.bias
        return made_MO.to(x.dtype).view(*x.shape[:-1], -1)


def compute_in_int8(network: nn.Module) -> None:
    """Have the matrices of a denoiser's blocks rest and multiply in int8, one after the other."""
    for path, layer in list(block_matrices(network)):
        narrow = Int8Linear(layer, *narrowed(layer.weight.data, torch.int8))
        put_layer(network, path, narrow.train(layer.training))
