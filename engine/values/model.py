"""Which video model to use, and what was changed about it; a light handle, never the weights."""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from hashlib import sha256
from typing import ClassVar, Literal

StepCache = Literal["none", "first block", "magcache", "taylorseer"]
AttentionKernel = Literal["auto", "native", "flash", "flash 3", "cudnn", "sage", "flex"]
Decoding = Literal["auto", "bfloat16"]


@dataclass(frozen=True)
class Adapter:
    """Low-rank weights (LoRA) that are added to a model's own, `strength` times.

    `part` is the network they are for ('transformer_2' for the second expert); '' is every one that
    they name.
    """

    path: str
    digest: str
    strength: float = 1.0
    part: str = ""


@dataclass(frozen=True)
class SwappedPart:
    """A component that is taken from another folder or file than the rest of the model."""

    name: str
    path: str
    digest: str


@dataclass(frozen=True)
class Recommended:
    """What its makers recommend for one model; None is left to what its family likes.

    `second_guidance` is for the second of two experts, or for pictures.  `timesteps` are those that
    a model of few steps was taught: as many as it has are taken at these.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    width: int | None = None
    height: int | None = None
    frames: int | None = None
    fps: float | None = None
    steps: int | None = None
    guidance: float | None = None
    second_guidance: float | None = None
    shift: float | None = None
    timesteps: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Speed:
    """What is given up or changed so that a video takes less time (engine/models/speed).

    `threshold` is how much change 'first block' and 'magcache' overlook, `interval` how many steps
    apart 'taylorseer' computes; `magnitudes` is how 'magcache' expects a step's work to shrink
    against the step before, from the first step to the last.  `decoding` is what a VAE computes
    frames in, 'auto' what it is held in.
    """

    cache: StepCache = "none"
    threshold: float = 0.0
    interval: int = 0
    magnitudes: tuple[float, ...] = ()
    attention: AttentionKernel = "auto"
    compiled: bool = False
    decoding: Decoding = "auto"


@dataclass(frozen=True)
class VideoModel:
    """A handle to a model: the residency loads the weights behind it when a node asks.

    `family` names the code (engine/models/family.py), `source` the catalog id or folder, and
    `digest` the weights' content, so that a result's identity changes when the weights do.
    """

    family: str
    source: str
    digest: str
    precision: str = "auto"
    adapters: tuple[Adapter, ...] = ()
    parts: tuple[SwappedPart, ...] = ()
    recommended: Recommended = Recommended()
    speed: Speed = Speed()

    @property
    def nbytes(self) -> int:
        return 256

    @property
    def identity(self) -> str:
        """Digest of everything that decides what it computes, apart from the precision."""
        told = [self.digest]
        if self.recommended != Recommended():
            told.append(repr(astuple(self.recommended)))
        if self.speed != Speed():
            told.append(f"speed {astuple(self.speed)!r}")
        told += [f"{part.name} {part.digest}" for part in self.parts]
        told += [f"{a.digest} {a.strength} {a.part}" for a in self.adapters]
        return sha256("\n".join(told).encode()).hexdigest() if len(told) > 1 else self.digest

    @property
    def base(self) -> VideoModel:
        """The same model without adapters and as it is: what of it is expensive to load."""
        return replace(self, adapters=(), speed=Speed())

    def with_adapter(self, adapter: Adapter) -> VideoModel:
        """The model with one more adapter; one of no strength changes nothing."""
        return self if not adapter.strength else replace(self, adapters=(*self.adapters, adapter))

    def with_part(self, part: SwappedPart) -> VideoModel:
        """The model with one component from elsewhere, instead of what stood in its place."""
        others = tuple(each for each in self.parts if each.name != part.name)
        return replace(self, parts=(*others, part))

    def part(self, name: str) -> SwappedPart | None:
        """Where a component is taken from, if not from the model itself."""
        return next((each for each in self.parts if each.name == name), None)
