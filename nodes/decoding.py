"""The frames of a latent as a stream that goes on when memory runs out in the middle of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.graph.context import Context
from engine.values import Latent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def decoded(ctx: Context, latent: Latent) -> Iterator[NDArray[np.uint8]]:
    """RGB chunks of shape (time, height, width, 3).

    Where memory runs out, decoding begins again with more room, and what was told already is left
    out.
    """
    from engine.models.memory.relief import relieved

    told = 0
    stream = ctx.models.get(latent.model).decode(latent)

    def following() -> NDArray[np.uint8] | None:
        """The next chunk; after an error, of a stream begun anew."""
        nonlocal stream
        try:
            return next(stream, None)
        except (MemoryError, RuntimeError):
            stream = _after(ctx.models.get(latent.model).decode(latent), told)
            raise

    while (chunk_THWC := relieved(following, ctx.models, latent.model, ctx.note)) is not None:
        told += len(chunk_THWC)
        yield chunk_THWC


def _after(stream: Iterator[NDArray[np.uint8]], told: int) -> Iterator[NDArray[np.uint8]]:
    """What follows the first `told` frames of a stream."""
    for chunk_THWC in stream:
        if len(chunk_THWC) > told:
            yield chunk_THWC[told:]
        told = max(told - len(chunk_THWC), 0)
