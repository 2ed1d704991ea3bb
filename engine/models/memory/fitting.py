"""Weights of 8 bits where a model would else be slow, or not fit: the precision 'fit'.

Moving weights (plan.py) changes no bit of a sample; narrowing them does.  So it is done only where
the user chose 'fit', and then

- before a sample begins: when the model is read, if its weights alone are too much, and again when
  the memory for a request is settled;
- only if wide weights would be moved at every step, or did not fit: that a part goes while another
  works costs seconds a run, and is not worth other bits;
- to int8, which of the kinds of 8 bits is the closest to what it stands for;
- aloud, each time that something is sampled;
- for good: the state of a sample says what it is sampled with (`HELD_IN`), and so do its
  checkpoints.  It goes on with that, wherever it goes on and however much is free there, and so
  does every rank that helps with it; weights are narrowed, or read anew, for it.

Only denoisers become narrow.  Prompts, pictures and latents are encoded and decoded by the same
bits either way, and a finished sample is found again by its fingerprint like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import torch

from engine.models.loading.sizes import held_bytes
from engine.models.memory.networks import phase_of
from engine.models.memory.plan import HEADROOM, Need, Part, Placement, gib, stays

if TYPE_CHECKING:
    from engine.models.family import SampleState
    from engine.models.loading.components import Components
    from engine.models.loading.places import Place
    from engine.models.loading.precision import Precision
    from engine.models.memory.placed import Placed
    from engine.values import VideoModel

FIT: Final = "fit"
FITTED: Final = torch.int8
HELD_IN: Final = "held in"
"""What of a state says which weights it is sampled with."""
_NARROW: Final = "int8"
_WIDE: Final = "wide"


def weights_stay(
    places: Mapping[str, Place], wide: Mapping[str, Precision], free: int, device: str
) -> bool:
    """Whether a model's weights alone leave room for themselves; told before they are read."""
    sizes = {name: held_bytes(place, wide[name]) for name, place in places.items()}
    parts = tuple(Part(name, phase_of(name), size, size) for name, size in sizes.items())
    return stays(Need(parts, {}), int(free * HEADROOM), moves=device != "cpu")


def settle_precision(
    handle: VideoModel,
    parts: Components,
    placed: Placed,
    need: Callable[[], Need],
    free: int,
    begun: SampleState | None,
) -> str | None:
    """Hold the denoisers as a sample needs them; says it where they are narrow.

    `need` tells what the sample takes as they are held now, `begun` is its state where there is
    one.  What is narrow stays so for the samples that follow, until the model is loaded anew.
    """
    if handle.precision != FIT:
        return None
    if begun is not None and HELD_IN in begun.scalars:
        hold_as(begun, handle, parts, placed)
        return "Precision: int8, in which this sample was begun." if parts.narrow else None
    room, moves = int(free * HEADROOM), placed.device.type != "cpu"
    if not parts.narrow and not stays(need(), room, moves=moves):
        _hold(True, handle, parts, placed)
    if not parts.narrow:
        return None
    return f"Precision: int8, for wider weights would not stay in the {gib(free)} that are free."


def hold_as(state: SampleState, handle: VideoModel, parts: Components, placed: Placed) -> None:
    """Hold the denoisers as a sample was begun with them."""
    narrow = state.scalars.get(HELD_IN) == _NARROW
    if handle.precision == FIT and narrow != parts.narrow:
        _hold(narrow, handle, parts, placed)


def held_in(handle: VideoModel, parts: Components) -> dict[str, str]:
    """What a state says of the weights that it is sampled with, where that is not told already by
    what the user chose.
    """
    if handle.precision != FIT:
        return {}
    return {HELD_IN: _NARROW if parts.narrow else _WIDE}


def _hold(narrow: bool, handle: VideoModel, parts: Components, placed: Placed) -> None:
    if placed.way.in_blocks:
        placed.change(Placement(placed.way, 0))  # what hangs on the blocks knows their weights
    parts.hold(narrow, handle.adapters)
