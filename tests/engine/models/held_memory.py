"""How much memory tensors hold at most, counted by what every operation makes."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class HeldMemory(TorchDispatchMode):
    """Counts the bytes of all storages that were made inside and still live; `peak` is the most."""

    def __init__(self) -> None:
        super().__init__()
        self.peak = 0
        self._living: dict[int, tuple[StorageWeakRef, int]] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, Tensor):
                storage = tensor.untyped_storage()
                self._living[storage._cdata] = (StorageWeakRef(storage), storage.nbytes())
        self._living = {key: held for key, held in self._living.items() if not held[0].expired()}
        self.peak = max(self.peak, sum(nbytes for _, nbytes in self._living.values()))
        return made
