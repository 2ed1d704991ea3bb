"""One sample on several GPUs: each rank holds a share of the sequence (context parallelism).

Everything that looks at one place at a time is done on the share alone.  Attention looks at all
places: for it the shares are exchanged, so that each rank has all places of some heads, and are
exchanged back (Ulysses, arXiv:2309.14509).  A model becomes parallel by three calls, which change
nothing for who works alone:

    x_NlD = share(x_NLD, dim=1)                      # before its blocks
    seen_NHlD = attend(kernel, q_NHlD, k_NHlD, v_NHlD, places)  # instead of kernel(q, k, v)
    x_NLD = whole(x_NlD, dim=1, length=places)       # after its blocks

Shapes: N sequences, H heads, L places of all ranks, D head width; h and l are this rank's share
of the heads and of the places.  For inference: no gradients pass through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeAlias

import torch
import torch.distributed as dist
from torch import Tensor

Kernel: TypeAlias = Callable[[Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class Team:
    """The ranks that work together, and which of them this one is."""

    group: dist.ProcessGroup | None
    rank: int
    size: int

    def sizes(self, length: int) -> list[int]:
        """How many of `length` places each rank has: as equal as can be, the first ones more."""
        least, more = divmod(length, self.size)
        return [least + (rank < more) for rank in range(self.size)]


_team: ContextVar[Team | None] = ContextVar("team", default=None)


def team() -> Team | None:
    """The ranks that work together at the moment; None for who works alone."""
    return _team.get()


@contextmanager
def together(team: Team) -> Iterator[None]:
    """What is computed inside is computed by all of them, each doing the same calls."""
    token = _team.set(team if team.size > 1 else None)
    try:
        yield
    finally:
        _team.reset(token)


def share(x: Tensor, dim: int) -> Tensor:
    """This rank's places of a tensor that all ranks hold whole."""
    now = team()
    return x if now is None else x.split(now.sizes(x.shape[dim]), dim)[now.rank]


def whole(x: Tensor, dim: int, length: int) -> Tensor:
    """All `length` places of a tensor of which each rank holds its share."""
    now = team()
    if now is None:
        return x
    sizes = now.sizes(length)
    # Equal pieces travel at once; the longest share is the first rank's.
    padded = x.new_zeros(*x.shape[:dim], sizes[0], *x.shape[dim + 1 :])
    padded.narrow(dim, 0, x.shape[dim]).copy_(x)
    pieces = [torch.empty_like(padded) for _ in range(now.size)]
    dist.all_gather(pieces, padded, group=now.group)
    return torch.cat([p.narrow(dim, 0, size) for p, size in zip(pieces, sizes, strict=True)], dim)


def attend(
    kernel: Kernel,
    q_NHlD: Tensor,
    k_NHlD: Tensor,
    v_NHlD: Tensor,
    length: int,
    *,
    keys: int | None = None,
    before: int = 0,
) -> Tensor:
    """Attention over all `length` places of all ranks, for this rank's queries, [N, H, l, D].

    `kernel` is given all places, [N, h, L, D]: whatever masks it makes, it makes as if alone.
    `keys` are the places of keys and values, where those are another sequence's.  Places beyond
    the share (a prompt's) are held whole by every rank, `before` of them in front of it, and so
    is what is seen at them.  Raises ValueError where the heads cannot be shared out evenly.
    """
    now = team()
    if now is None:
        return kernel(q_NHlD, k_NHlD, v_NHlD)
    heads = q_NHlD.shape[1]
    if heads % now.size:
        raise ValueError(f"{heads} heads cannot be shared out among {now.size} ranks.")
    sizes = now.sizes(length)
    if keys is None:
        all_NHlD = torch.cat([q_NHlD, k_NHlD, v_NHlD])
        q, k, v = _places_for_heads(all_NHlD, sizes, before, now).chunk(3)
    else:
        q = _places_for_heads(q_NHlD, sizes, before, now)
        both_NHlD = torch.cat([k_NHlD, v_NHlD])
        k, v = _places_for_heads(both_NHlD, now.sizes(keys), 0, now).chunk(2)
    return _heads_for_places(kernel(q, k, v), sizes, before, now)


def _places_for_heads(x_NHlD: Tensor, sizes: list[int], before: int, now: Team) -> Tensor:
    """Give away heads, get places: [N, H, l, D] to [N, h, L, D]."""
    count, heads, _, width = x_NHlD.shape
    mine, length = heads // now.size, sizes[now.rank]
    shared = x_NHlD.narrow(2, before, length)
    sent = shared.reshape(count, now.size, mine, length, width).transpose(0, 1).contiguous()
    one = count * mine * width
    got = x_NHlD.new_empty(one * sum(sizes))
    dist.all_to_all_single(
        got, sent.view(-1), [one * size for size in sizes], [one * length] * now.size, now.group
    )
    pieces = got.split([one * size for size in sizes])
    shaped = [p.view(count, mine, size, width) for p, size in zip(pieces, sizes, strict=True)]
    held = x_NHlD.narrow(1, now.rank * mine, mine)
    return torch.cat([held[:, :, :before], *shaped, held[:, :, before + length :]], dim=2)


def _heads_for_places(x_NhLD: Tensor, sizes: list[int], before: int, now: Team) -> Tensor:
    """The way back: [N, h, L, D] to [N, H, l, D]; what all ranks hold goes to each of them."""
    count, mine, places, width = x_NhLD.shape
    held = places - sum(sizes)
    first, shared, last = x_NhLD.split([before, sum(sizes), held - before], dim=2)
    shares = [torch.cat([first, share, last], dim=2) for share in shared.split(sizes, dim=2)]
    one, length = count * mine * width, sizes[now.rank] + held
    got = x_NhLD.new_empty(one * length * now.size)
    dist.all_to_all_single(
        got,
        torch.cat([share.reshape(-1) for share in shares]),
        [one * length] * now.size,
        [one * (size + held) for size in sizes],
        now.group,
    )
    shaped = got.view(now.size, count, mine, length, width)
    return shaped.transpose(0, 1).reshape(count, now.size * mine, length, width)
