"""Which kernel computes attention: the best exact one that is here, or the one that is asked for.

diffusers dispatches to all of them.  Its own switch fetches some from the network and changes every
other model of the process too; so a denoiser's processors are told here, one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import nn

from engine.errors import InvalidInput
from engine.values.model import AttentionKernel

BACKENDS: Final[Mapping[AttentionKernel, str]] = {
    "native": "native",
    "flash": "flash",
    "flash 3": "_flash_3",
    "cudnn": "_native_cudnn",
    "sage": "sage",
    "flex": "flex",
}
"""diffusers' names for them."""
TAKE_MASKS: Final[frozenset[AttentionKernel]] = frozenset({"native", "cudnn", "flex"})
UNMASKED: Final = frozenset(
    {"WanTransformer3DModel", "WanVACETransformer3DModel", "OpenSoraTransformer"}
)
"""Denoisers that hide no words from their attention."""
HALVES: Final = (torch.bfloat16, torch.float16)
NO_GPU: Final = (0, 0)
AMPERE: Final = (8, 0)
HOPPER: Final = (9, 0)
WIDEST_HEAD: Final = 256


@dataclass(frozen=True)
class Setting:
    """What decides which kernels can compute a denoiser's attention.

    `capability` is that of the GPU, (0, 0) for a CPU; `head` is the width of a head.  `cudnn` says
    whether PyTorch finds a kernel of cuDNN for it, `compiled` whether blocks are compiled.
    """

    capability: tuple[int, int]
    dtype: torch.dtype
    installed: frozenset[AttentionKernel]
    masked: bool
    head: int = 128
    cudnn: bool = False
    compiled: bool = False

    @property
    def flex(self) -> bool:
        """Whether 'flex' works: not compiled it would fill a GPU with scores, and compiled for a
        CPU, PyTorch 2.13 fails on what Wan asks of it.
        """
        return self.compiled == (self.capability != NO_GPU)


def usable(setting: Setting) -> tuple[AttentionKernel, ...]:
    """The kernels that can be used, from the slowest to the fastest exact one, 'sage' last."""
    half = setting.dtype in HALVES and setting.head <= WIDEST_HEAD
    fits: dict[AttentionKernel, bool] = {
        "flex": setting.flex,
        "native": True,
        "flash": half and setting.capability >= AMPERE,
        "cudnn": half and setting.capability >= HOPPER and setting.cudnn,
        "flash 3": half and setting.capability[0] == HOPPER[0],
        "sage": half and setting.capability >= AMPERE,
    }
    return tuple(
        kernel
        for kernel, can in fits.items()
        if can and kernel in setting.installed and (kernel in TAKE_MASKS or not setting.masked)
    )


def chosen(wanted: AttentionKernel, setting: Setting, title: str) -> AttentionKernel:
    """The kernel to use.  Raises InvalidInput for one that cannot be, naming those that can.

    'auto' never takes 'sage', which rounds to 8 bits, nor 'cudnn' where there is a mask.
    """
    can = usable(setting)
    if wanted == "auto":
        exact = [kernel for kernel in can if kernel != "sage"]
        return "native" if setting.masked else exact[-1]
    if wanted in can:
        return wanted
    compiling = "Compile the model, or use" if wanted == "flex" and not setting.compiled else "Use"
    raise InvalidInput(
        f"{title} cannot use the attention '{wanted}' on this device.",
        remedy=f"{compiling} 'auto' or one of: {', '.join(sorted(can))}.",
    )


def chosen_for(
    wanted: AttentionKernel,
    denoiser: nn.Module,
    device: torch.device,
    title: str,
    compiled: bool = False,
) -> AttentionKernel:
    """The kernel to use for a denoiser on a device.  Raises InvalidInput."""
    if wanted in ("auto", "native") and device.type == "cpu":
        return "native"
    if processors_of(denoiser):
        return chosen(wanted, setting_of(denoiser, device, compiled), title)
    if wanted in ("auto", "native"):
        return "native"
    raise InvalidInput(
        f"{title} computes its attention in one way only, not by '{wanted}'.", remedy="Use 'auto'."
    )


def setting_of(denoiser: Any, device: torch.device, compiled: bool) -> Setting:
    """What there is to compute a denoiser's attention with on a device."""
    gpu = device.type == "cuda"
    head = int(denoiser.config.get("attention_head_dim", WIDEST_HEAD))
    dtype = denoiser.dtype
    return Setting(
        capability=torch.cuda.get_device_capability(device) if gpu else NO_GPU,
        dtype=dtype,
        installed=installed(),
        masked=type(denoiser).__name__ not in UNMASKED,
        head=head,
        cudnn=gpu and _cudnn_can(device, dtype, head),
        compiled=compiled,
    )


def installed() -> frozenset[AttentionKernel]:
    """The kernels whose packages are on this computer."""
    from diffusers.models import attention_dispatch

    packages: dict[AttentionKernel, bool] = {
        "native": True,
        "cudnn": torch.backends.cudnn.is_available(),
        "flash": attention_dispatch._CAN_USE_FLASH_ATTN,
        "flash 3": attention_dispatch._CAN_USE_FLASH_ATTN_3,
        "sage": attention_dispatch._CAN_USE_SAGE_ATTN,
        "flex": attention_dispatch._CAN_USE_FLEX_ATTN,
    }
    return frozenset(kernel for kernel, here in packages.items() if here)


def processors_of(denoiser: nn.Module) -> list[Any]:
    """What computes a denoiser's attention, as far as diffusers lets the kernel be chosen."""
    found = (getattr(module, "processor", None) for module in denoiser.modules())
    return [each for each in found if hasattr(each, "_attention_backend")]


def use(denoiser: nn.Module, kernel: AttentionKernel) -> None:
    """Have a denoiser's attention computed by a kernel."""
    from diffusers.models.attention_dispatch import AttentionBackendName

    backend = AttentionBackendName(BACKENDS[kernel])
    for processor in processors_of(denoiser):
        processor._attention_backend = backend


def _cudnn_can(device: torch.device, dtype: torch.dtype, head: int) -> bool:
    probe = torch.empty(1, 1, 128, head, device=device, dtype=dtype)
    asked = torch.backends.cuda.SDPAParams(probe, probe, probe, None, 0.0, False, False)
    return bool(torch.backends.cuda.can_use_cudnn_attention(asked))
