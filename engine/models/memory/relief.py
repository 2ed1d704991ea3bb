"""Work that ran out of memory goes on: room is made, by one means after another, and told."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Protocol, TypeVar, runtime_checkable

import torch

from engine.errors import InvalidInput
from engine.models.family import SampleRequest, SampleState
from engine.models.memory.plan import NARROWER
from engine.models.residency import Residency
from engine.values import VideoModel

Made = TypeVar("Made")


@runtime_checkable
class Sparing(Protocol):
    """A family that can do the same work with less memory, more slowly."""

    def settle_memory(self, request: SampleRequest, begun: SampleState | None = None) -> str | None:
        """Choose where the parts lie for a piece of work; says so unless all stays as it was.

        `begun` is where a sample stands that is gone on with.  Raises InvalidInput for work that
        does not fit, with what would.
        """
        ...

    def spare_memory(self) -> str | None:
        """Take the next means, and say which; None where none is left."""
        ...


def relieved(
    work: Callable[[], Made], models: Residency, handle: VideoModel, tell: Callable[[str], None]
) -> Made:
    """The result of `work`, which is begun again with more room each time that memory runs out.

    `work` must be able to begin again: a step from its state, a decode from its latent.  Raises
    InvalidInput where nothing more can be done.
    """
    while True:
        try:
            return work()
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
        # Here, not above: while an error is handled, its frames hold what they computed.
        said = _make_room(models, handle)
        if said is None:
            raise InvalidInput(
                f"'{handle.source}' ran out of memory on '{models.device}', with nothing left to "
                "put away.",
                remedy=f"Make fewer frames or a smaller picture, or {NARROWER}.",
            )
        tell(said)


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error says that memory ran out; on a CPU, PyTorch has no class for it."""
    known = isinstance(error, MemoryError | torch.OutOfMemoryError)
    return known or "can't allocate memory" in str(error)


def _make_room(models: Residency, handle: VideoModel) -> str | None:
    """Put other models away; where there are none, do the same with less.  Says what was done."""
    said: str | None = None
    others = models.keep_only(handle)
    if others:
        names = ", ".join(f"'{other.source}'" for other in others)
        said = f"Out of memory: put away {names}, and going on."
    else:
        family = models.get(handle)
        if isinstance(family, Sparing) and (means := family.spare_memory()) is not None:
            said = f"Out of memory, so from here on: {means}."
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return said
