"""One rank of several: attends to its share of a sequence, and writes what it saw.

`python -m tests.engine.models.parallel_rank RANK SIZE FOLDER LENGTH`
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from engine.models.attention import full_attention, temporal_attention
from engine.models.parallel import Team, attend, share, together, whole

KERNELS: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "full": full_attention,
    "causal": partial(temporal_attention, "causal"),
    "window": partial(temporal_attention, "window"),
}
WORDS = 5


def sequence(length: int) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values [3, 6, L, 8] that every rank draws alike."""
    chance = torch.Generator().manual_seed(7)
    q, k, v = (torch.randn(3, 6, length, 8, generator=chance) for _ in range(3))
    return q, k, v


def seen(kernel: str, length: int) -> Tensor:
    """What attention makes of it: of the share of this rank, joined with those of the others."""
    q, k, v = (share(part, dim=2) for part in sequence(length))
    return whole(attend(KERNELS[kernel], q, k, v, length), dim=2, length=length)


def seen_with_words(before: int, length: int) -> Tensor:
    """The same with `WORDS` more places that all ranks hold, some of them in front of the rest."""
    whole_q, whole_k, whole_v = sequence(length + WORDS)
    sizes = [before, length, WORDS - before]

    def held(x: Tensor) -> Tensor:
        first, shared, last = x.split(sizes, dim=2)
        return torch.cat([first, share(shared, dim=2), last], dim=2)

    made = attend(
        full_attention, held(whole_q), held(whole_k), held(whole_v), length, before=before
    )
    mine = made.shape[2] - WORDS
    first, shared, last = made.split([before, mine, WORDS - before], dim=2)
    return torch.cat([first, whole(shared, dim=2, length=length), last], dim=2)


def seen_of_another(length: int) -> Tensor:
    """What a sequence sees of another, which is shorter."""
    keys = length // 3
    _, k, v = (share(part, dim=2) for part in sequence(keys))
    q = share(sequence(length)[0], dim=2)
    return whole(attend(full_attention, q, k, v, length, keys=keys), dim=2, length=length)


def everything(length: int) -> dict[str, Tensor]:
    """All of these, by name."""
    return {
        **{kernel: seen(kernel, length) for kernel in KERNELS},
        "words behind": seen_with_words(0, length),
        "words around": seen_with_words(2, length),
        "another": seen_of_another(length),
    }


def main(rank: int, size: int, folder: Path, length: int) -> None:
    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo", init_method=f"file://{folder / 'meeting'}", rank=rank, world_size=size,
        timeout=timedelta(minutes=2),
    )  # fmt: skip
    with together(Team(None, rank, size)):
        for name, made in everything(length).items():
            np.save(folder / f"{name}-{rank}.npy", made.numpy())
    dist.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
