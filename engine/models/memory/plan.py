"""Where the parts of a model lie while it works: a pure plan from what they need and what is free.

A generation has three phases, and each needs its own parts.  `WAYS` is tried from the fastest to
the slowest, and the first that fits is taken.  Every way leaves each bit of the sample as it is:
weights are moved, not changed.  Only tiles change what is decoded, by the width of their seams.
Narrower weights (8 bits) give other samples, so no plan chooses them: where they would avoid the
slow ways, it says so.  The user does, by a precision of 8 bits, or by 'fit', which leaves it to
what is free (fitting.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from engine.errors import InvalidInput

Phase = Literal["encode", "sample", "decode"]
PHASES: Final[tuple[Phase, ...]] = ("encode", "sample", "decode")

GIB: Final = 1024**3
HEADROOM: Final = 0.92
"""Of what is free; the rest is for what the device's own libraries hold."""
NARROWER: Final = "set 'precision' of 'Load model' to 'int8'"
"""How weights of 8 bits are chosen."""


@dataclass(frozen=True)
class Part:
    """One network: bytes of its weights, and those on the device when it works block by block."""

    name: str
    phase: Phase
    nbytes: int
    in_blocks: int


@dataclass(frozen=True)
class Need:
    """What a piece of work takes: its parts, and bytes beside the weights in each phase.

    `tiled` is what decoding takes in tiles; None where the decoder has no tiles.
    """

    parts: tuple[Part, ...]
    working: Mapping[Phase, int]
    tiled: int | None = None

    @property
    def weights(self) -> int:
        return sum(part.nbytes for part in self.parts)


@dataclass(frozen=True)
class Way:
    """How memory is saved: parts go when their phase ends, decode in tiles, lie block by block."""

    name: str
    handed_over: bool = False
    tiled: bool = False
    in_blocks: frozenset[Phase] = frozenset()


ALL_STAY: Final = Way("everything stays on the device")
WAYS: Final = (
    ALL_STAY,
    Way("all stays, decoding in tiles", tiled=True),
    Way("each part on the device only while it works", handed_over=True),
    Way("each part on the device only while it works, decoding in tiles", True, True),
    Way("the text encoder block by block, decoding in tiles", True, True, frozenset({"encode"})),
    Way(
        "text encoder and denoiser block by block, decoding in tiles",
        True,
        True,
        frozenset({"encode", "sample"}),
    ),
)


@dataclass(frozen=True)
class Placement:
    """The way that was taken, and the bytes it holds on the device at most."""

    way: Way
    peak: int

    @property
    def sentence(self) -> str:
        return f"Memory: {self.way.name}; {gib(self.peak)} at most."


def gib(nbytes: int) -> str:
    """Bytes in words, as '1.5 GiB' or '12 MiB'."""
    return f"{nbytes / GIB:.1f} GiB" if nbytes >= GIB else f"{nbytes / 1024**2:.3g} MiB"


def peak(need: Need, way: Way) -> int:
    """Bytes on the device at most; weights of all phases count unless they are handed over."""
    held = {
        phase: sum(_held(part, way) for part in need.parts if part.phase == phase)
        for phase in PHASES
    }
    working = {phase: need.working.get(phase, 0) for phase in PHASES}
    if way.tiled and need.tiled is not None:
        working["decode"] = min(working["decode"], need.tiled)
    if way.handed_over:
        return max(held[phase] + working[phase] for phase in PHASES)
    return sum(held.values()) + max(working.values())


def _held(part: Part, way: Way) -> int:
    return part.in_blocks if part.phase in way.in_blocks else part.nbytes


def ways_of(need: Need) -> tuple[Way, ...]:
    """The ways that differ for this need: without tiles, the tiled ones are the others again."""
    if need.tiled is not None:
        return WAYS
    return tuple(way for way in WAYS if not way.tiled or way.in_blocks)


def place(need: Need, free: int, *, after: Way | None = None) -> Placement | None:
    """The fastest way that fits into `free` bytes; None if none does.

    `after` is a way that was tried and was too much: only slower ones are looked at.
    """
    ways = ways_of(need)
    begin = 0 if after is None or after not in ways else ways.index(after) + 1
    for way in ways[begin:]:
        most = peak(need, way)
        if most <= free:
            return Placement(way, most)
    return None


def stays(need: Need, free: int, *, moves: bool) -> bool:
    """Whether a way fits that moves no weights while a step is taken; without `moves`, one that
    moves none at all, as on a CPU, which has but one memory.
    """
    ways = (
        w for w in ways_of(need) if "sample" not in w.in_blocks and (moves or not w.handed_over)
    )
    return any(peak(need, way) <= free for way in ways)


def least(need: Need) -> int:
    """Bytes that the slowest way takes."""
    return min(peak(need, way) for way in ways_of(need))


def most_frames(need_at: Callable[[int], Need], lengths: range, free: int) -> int | None:
    """The longest of some lengths in frames that fits; None if the shortest does not.

    Memory grows with length, so the search halves the lengths that are left.
    """
    low, high = 0, len(lengths)
    while low < high:
        middle = (low + high) // 2
        if place(need_at(lengths[middle]), free) is None:
            high = middle
        else:
            low = middle + 1
    return lengths[low - 1] if low else None


def placement_or_refusal(
    what: str,
    need_at: Callable[[int], Need],
    frames: int,
    lengths: range,
    free: int,
    *,
    narrower: bool = True,
) -> Placement:
    """The placement of `frames` frames.  Raises InvalidInput that says what would fit.

    `narrower` is whether there could be weights of 8 bits.
    """
    need = need_at(frames)
    found = place(need, free)
    if found is not None:
        return found
    fitting = most_frames(need_at, lengths, free)
    less = f", {NARROWER}" if narrower else ""
    remedy = (
        f"Make at most {fitting} frames, or a smaller picture."
        if fitting is not None
        else f"Make a smaller picture{less}, or choose a smaller model."
    )
    raise InvalidInput(
        f"{what} needs {gib(least(need))} at least, and {gib(free)} are free.", remedy=remedy
    )
