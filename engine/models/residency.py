"""What is loaded: the one place that decides which model is on the device, and evicts."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from typing import Protocol

from engine.models.family import Family
from engine.values import VideoModel


class ModelSource(Protocol):
    """Where the residency gets models from."""

    def size(self, handle: VideoModel) -> int:
        """Bytes that the model's weights will take, known before they are loaded."""
        ...

    def load(self, handle: VideoModel, device: str) -> Family:
        """Load the weights.  Raises InvalidWeights, InvalidInput."""
        ...


class CatalogSource:
    """Models of the catalog, or in a folder that the handle names."""

    def size(self, handle: VideoModel) -> int:
        from engine.models.catalog import folder_of
        from engine.models.weights import weight_files

        return sum(path.stat().st_size for path in weight_files(folder_of(handle.source)))

    def load(self, handle: VideoModel, device: str) -> Family:
        from engine.models.catalog import folder_of
        from engine.models.families import loader

        return loader(handle.family)(handle, folder_of(handle.source), device)


class Residency:
    """Loaded models, most recently used last; asks for memory before it loads, not after.

    `budget` is how many bytes of weights may be loaded at once; None takes what the device has
    free when a model is first loaded, less a quarter for activations.  A model that is in use by
    a caller stays alive with that caller even when it is evicted here.
    """

    def __init__(
        self,
        *,
        device: str | None = None,
        budget: int | None = None,
        source: ModelSource | None = None,
    ) -> None:
        self._device = device
        self._budget = budget
        self._source = source or CatalogSource()
        self._loaded: OrderedDict[VideoModel, Family] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def device(self) -> str:
        """Where models are loaded to: 'cuda' if there is one, else 'cpu'."""
        if self._device is None:
            import torch

            self._device = "cuda" if torch.cuda.is_available() else "cpu"
        return self._device

    @property
    def loaded(self) -> tuple[VideoModel, ...]:
        """What is loaded now, least recently used first."""
        with self._lock:
            return tuple(self._loaded)

    def get(self, handle: VideoModel) -> Family:
        """The loaded model; loads it on first use.  Raises InvalidWeights, InvalidInput."""
        with self._lock:
            if handle in self._loaded:
                self._loaded.move_to_end(handle)
                return self._loaded[handle]
            self._evict(self._source.size(handle))
            self._loaded[handle] = self._source.load(handle, self.device)
            return self._loaded[handle]

    def release(self, handle: VideoModel | None = None) -> None:
        """Forget one model, or all of them."""
        with self._lock:
            if handle is None:
                self._loaded.clear()
            else:
                self._loaded.pop(handle, None)

    def _evict(self, wanted: int) -> None:
        if self._budget is None:
            self._budget = free_memory(self.device) * 3 // 4
        held = sum(model.nbytes for model in self._loaded.values())
        while self._loaded and held + wanted > self._budget:
            _, evicted = self._loaded.popitem(last=False)
            held -= evicted.nbytes


def free_memory(device: str) -> int:
    """Bytes free on the device; on the CPU, what the system has available."""
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.mem_get_info(device)[0])
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
