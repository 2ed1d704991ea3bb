"""What is loaded: the one place that decides which model is on the device, and evicts."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from engine.models.family import Adaptable, Family
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
        from engine.models.loading.sizes import stored_bytes

        return stored_bytes(handle, folder_of(handle.source))

    def load(self, handle: VideoModel, device: str) -> Family:
        from engine.models.catalog import folder_of
        from engine.models.families import loader

        return loader(handle.family)(handle, folder_of(handle.source), device)


@dataclass
class _Resident:
    """A loaded model, and what it is worth to keep: the least worth goes first."""

    family: Family
    seconds: float
    worth: float = 0.0


class Residency:
    """Loaded models; asks for memory before it loads, not after, and evicts only when it must.

    Who goes is decided by Greedy-Dual-Size (Cao and Irani 1997): a model is worth the seconds that
    a gigabyte of it took to load, more than whatever went last when it was last used.  So what was
    not used for long goes, and what is slow to load for its size (converted, over a network) stays
    longer.  `budget` is how many bytes of weights may be loaded at once; None takes what the device
    has free when a model is first loaded, less a quarter for activations.  A model that is in use
    by a caller stays alive with that caller even when it is evicted here.
    """

    def __init__(
        self,
        *,
        device: str | None = None,
        budget: int | None = None,
        source: ModelSource | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._device = device
        self._budget = budget
        self._source = source or CatalogSource()
        self._clock = clock
        self._loaded: dict[VideoModel, _Resident] = {}
        self._floor = 0.0  # the worth of what was evicted last
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
            resident = self._loaded.pop(handle, None) or self._adapted(handle)
            if resident is None:
                self._evict(self._source.size(handle))
                begun = self._clock()
                family = self._source.load(handle, self.device)
                resident = _Resident(family, self._clock() - begun)
            resident.worth = self._floor + resident.seconds / max(resident.family.nbytes, 1)
            self._loaded[handle] = resident
            return resident.family

    def release(self, handle: VideoModel | None = None) -> None:
        """Forget one model, or all of them."""
        with self._lock:
            if handle is None:
                self._loaded.clear()
            else:
                self._loaded.pop(handle, None)

    def keep_only(self, handle: VideoModel) -> tuple[VideoModel, ...]:
        """Forget all models but one, which is short of memory; answers what was forgotten."""
        with self._lock:
            others = tuple(each for each in self._loaded if each != handle)
            for other in others:
                del self._loaded[other]
            return others

    def _adapted(self, handle: VideoModel) -> _Resident | None:
        """The same model with other adapters, changed to those of the handle."""
        for other, resident in self._loaded.items():
            if other.base == handle.base and isinstance(resident.family, Adaptable):
                del self._loaded[other]  # what fails halfway must not be found again
                resident.family.adapt(handle)
                return resident
        return None

    def _evict(self, wanted: int) -> None:
        if self._budget is None:
            self._budget = free_memory(self.device) * 3 // 4
        held = sum(each.family.nbytes for each in self._loaded.values())
        before = len(self._loaded)
        while self._loaded and held + wanted > self._budget:
            held -= self._forget_least()
        if len(self._loaded) < before:
            gc.collect()  # what stands in for a network's own calls knows it, and so holds it

    def _forget_least(self) -> int:
        """Forget the model that is worth least; of equal ones the least recently used, which comes
        first.  Answers its bytes.
        """
        least = min(self._loaded, key=lambda handle: self._loaded[handle].worth)
        forgotten = self._loaded.pop(least)
        self._floor = max(self._floor, forgotten.worth)
        return forgotten.family.nbytes


def free_memory(device: str) -> int:
    """Bytes free on the device; on the CPU, what the system has available."""
    if device.startswith("cuda"):
        import torch

        # What was freed is kept by torch for its next tensors, and free all the same.
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(torch.cuda.mem_get_info(device)[0]) + kept
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
