"""What a family may do besides: hand frames out while the rest of the clip is being sampled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from engine.models.family import SampleRequest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@runtime_checkable
class Streams(Protocol):
    """A family that samples causally, chunk by chunk."""

    def stream(self, request: SampleRequest) -> Iterator[NDArray[np.uint8]]:
        """RGB chunks (time, height, width, 3), each sampled and decoded when it is asked for.

        Raises InvalidInput for a request that needs the whole clip at once.
        """
        ...
