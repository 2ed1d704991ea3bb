"""Blocks as compiled kernels: one of each kind is compiled, for all blocks of that kind.

What was compiled rests in a folder of ours, so that another process takes seconds, not minutes.
Another prompt compiles nothing: prompts are padded to one length, but Mochi's, which are cut, so
that one of another length compiles once more.  A second size does too, for sizes of all kinds.
What lies between blocks stays as it is, so that they may be on the host, be passed over by a cache,
or be stopped between.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from types import MethodType
from typing import Any, Final

import torch
from torch import nn

from engine.folders import state_folder
from engine.models.speed.blocks import blocks_of

FOLDER_VARIABLE: Final = "TORCHINDUCTOR_CACHE_DIR"
FOLDER: Final = "compiled"


class Compiled:
    """The blocks of denoisers, compiled while `on`."""

    def __init__(self, denoisers: Mapping[str, nn.Module]) -> None:
        self._blocks = [block for each in denoisers.values() for block in blocks_of(each)]
        self.on = False

    @property
    def can(self) -> bool:
        """Whether there are blocks to compile."""
        return bool(self._blocks)

    def turn(self, on: bool) -> None:
        """Compile the blocks when they are next computed, or leave them as they are.

        No other hook may lie on the blocks meanwhile.
        """
        if on == self.on:
            return
        if on:
            _choose_folder()
            kinds = {type(block) for block in self._blocks}
            made: dict[type, Callable[..., Any]] = {
                kind: torch.compile(kind.forward) for kind in kinds
            }
            for block in self._blocks:
                block.forward = MethodType(made[type(block)], block)
        else:
            for block in self._blocks:
                del block.forward
        self.on = on


def _choose_folder() -> None:
    """Keep what is compiled, unless the user has said where; PyTorch's own place is temporary, and
    it writes that into the environment as if someone had said it.
    """
    from torch._inductor.runtime.cache_dir_utils import default_cache_dir

    if os.environ.get(FOLDER_VARIABLE, "") in ("", default_cache_dir()):
        os.environ[FOLDER_VARIABLE] = str(state_folder() / FOLDER)


def missing_compiler(device: torch.device) -> str:
    """What is missing for compiling on a device; '' where nothing is."""
    if device.type == "cuda":
        from torch.utils._triton import has_triton

        return "" if has_triton() else "Triton"
    from torch._inductor.cpp_builder import get_cpp_compiler
    from torch._inductor.exc import InvalidCxxCompiler

    try:
        get_cpp_compiler()
    except (InvalidCxxCompiler, RuntimeError):
        return "a C++ compiler"
    return ""
