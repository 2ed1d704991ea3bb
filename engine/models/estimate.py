"""What a sample will take: tokens and FLOPs, memory as the planner sees it, time by stage, cost.

Work is counted exactly (engine/models/costs).  Time is that work over a rate: `SHARE` of what a
large matrix product reaches on the device, the share that diffusers' pipeline reaches on Wan 2.1
1.3B on an H200.  Whether it fits is asked of the very plan that places a model's parts before it
samples, so both say the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from engine.models.costs.blueprint import Blueprint, Component
from engine.models.costs.denoisers import all_passes, passes
from engine.models.costs.network import Network
from engine.models.costs.sizes import Sizes
from engine.models.memory.plan import (
    ALL_STAY,
    GIB,
    HEADROOM,
    Need,
    Part,
    Phase,
    Placement,
    peak,
    place,
)
from engine.models.memory.working import (
    BLOCKS_HELD,
    LEAST_DECODING,
    phase_of,
    step_bytes,
    tokens_of,
)
from engine.values.model import Decoding

BYTES_HALF: Final = 2
SHARE: Final = 0.44
BASIS: Final = (
    "Time is the work counted, at 44 % of what a large matrix product reaches on the device, which "
    "is diffusers' share on Wan 2.1 1.3B; writing the file is not in it."
)
ITEMSIZE: Final[Mapping[str, int]] = {"float32": 4, "bfloat16": 2, "float16": 2}
NARROW: Final = ("fp8", "int8")
"""Precisions in which the denoisers' weights take one byte; they are computed with in bfloat16."""
WIDE_PARTS: Final[Mapping[str, tuple[str, ...]]] = {"wan": ("vae", "image_encoder")}
"""What a family holds in float32 whatever is asked for."""
READER: Final = "text_encoder"
"""What every model has that reads, whatever else it has."""
CHANNELS: Final = 3
STAGES: Final[Mapping[Phase, str]] = {"encode": "text", "sample": "steps", "decode": "decode"}


@dataclass(frozen=True)
class Device:
    """A device to estimate for: FLOP/s of a large matrix product in bfloat16 and in float32, bytes
    of memory, dollars an hour.
    """

    name: str
    matmul: float
    float32: float
    memory: int
    hourly: float
    is_cpu: bool = False

    def rate(self, itemsize: int, *, convolutions: bool = False) -> float:
        """FLOP/s that are sustained; convolutions in float32 are computed as TF32, half as fast as
        in bfloat16.
        """
        wide = max(self.float32, self.matmul / 2) if convolutions else self.float32
        return SHARE * (wide if itemsize > BYTES_HALF else self.matmul)


# 790 TFLOP/s are measured on an H200, four fifths of its data sheet; the other cards' are four
# fifths of theirs.  The CPU's is such that 80 GFLOP/s are sustained, as measured on two cores.
DEVICES: Final[Mapping[str, Device]] = {
    "cpu": Device("CPU, 2 cores", 0.18e12, 0.18e12, 8 * GIB, 0.0, is_cpu=True),
    "l40s": Device("L40S 48 GB", 290e12, 73e12, 48 * GIB, 0.80),
    "a100": Device("A100 80 GB", 250e12, 15.6e12, 80 * GIB, 1.50),
    "h100": Device("H100 80 GB", 790e12, 53.6e12, 80 * GIB, 3.00),
    "h200": Device("H200 141 GB", 790e12, 53.6e12, 141 * 10**9, 3.50),
}


@dataclass(frozen=True)
class Work:
    """What is to be sampled: sizes in pixels, lengths in frames."""

    width: int
    height: int
    frames: int
    steps: int
    guidance: float
    fps: float = 24.0


@dataclass(frozen=True)
class Estimate:
    """The figures; `memory` maps a component to bytes of its weights, and a step and decoding to
    what they take beside them.

    `flops` are those of one pass through the denoiser, and `seconds` those of each stage that could
    be counted.  `unknown` are the stages that could not be: their time is not in `seconds`, and
    where weights are not known, neither `peak` nor `fits` is.  `way` is how the parts lie.
    """

    latent_elements: int
    latent_bytes: int
    tokens: int
    passes: int
    flops: int
    memory: Mapping[str, int]
    stages: Mapping[str, float]
    unknown: tuple[str, ...]
    cost: float
    peak: int | None
    fits: bool | None
    way: str

    @property
    def counted(self) -> float:
        """Seconds of all stages that could be counted."""
        return sum(self.stages.values())

    @property
    def seconds(self) -> float | None:
        """Seconds of all stages; None where one of them is not known."""
        return None if self.unknown else self.counted


def latent_elements(model: Blueprint, work: Work) -> int:
    """Number of elements of the latent of one video (system design, VRAM requirements)."""
    sizes = _sizes(model, work)
    return sizes.frames * sizes.height * sizes.width * model.channels


def estimate(
    model: Blueprint,
    work: Work,
    device: Device,
    precision: str = "auto",
    decoding: Decoding = "auto",
) -> Estimate:
    """What sampling and decoding `work` with a model takes on a device."""
    elements = latent_elements(model, work)
    denoiser = model.denoiser
    network = denoiser.denoiser(_sizes(model, work))
    times = passes(denoiser.kind, denoiser.config, work.guidance)
    whole = all_passes(denoiser.kind, denoiser.config, work.guidance, work.steps)
    stages = dict(_seconds(model, work, device, precision, decoding, network, whole))
    need = need_of(model, work, device, precision, decoding)
    placement = _placement(need, device)
    known = need is not None
    return Estimate(
        latent_elements=elements,
        latent_bytes=elements * BYTES_HALF,
        tokens=network.tokens if network else 0,
        passes=times,
        flops=network.flops if network else 0,
        memory=_memory(model, device, precision, need),
        stages=stages,
        unknown=tuple(name for name in STAGES.values() if name not in stages),
        cost=sum(stages.values()) / 3600 * device.hourly,
        peak=placement.peak if placement else None,
        fits=placement is not None if known else None,
        way=placement.way.name if placement else "",
    )


def need_of(
    model: Blueprint, work: Work, device: Device, precision: str, decoding: Decoding = "auto"
) -> Need | None:
    """What the planner will be told; None where the weights of a phase are not known."""
    parts = tuple(_parts(model, device, precision))
    weighed = {part.name for part in parts if part.nbytes}
    if not weighed >= {READER, "vae"} or not any(map(_samples, weighed)):
        return None
    network = model.denoiser.denoiser(_sizes(model, work))
    if network is None:
        return None
    side = model.spatial * network.side
    tokens = tokens_of(work.frames, work.height, work.width, model.temporal, side)
    step = step_bytes(tokens, network.width, _itemsize(model, "transformer", device, precision))
    beside = LEAST_DECODING
    if _decoded_in(model, device, precision, decoding) < _itemsize(model, "vae", device, precision):
        beside += model.components["vae"].weights * BYTES_HALF  # narrowed, beside what is held
    if model.family == "starter":  # it has no plan: it decodes a group of frames at a time
        beside = step_bytes(model.temporal * work.height * work.width, CHANNELS, 4)
    return Need(parts, {"sample": step, "decode": beside}, tiled=beside)


def _samples(component: str) -> bool:
    return phase_of(component) == "sample"


def _placement(need: Need | None, device: Device) -> Placement | None:
    """How the parts would lie; a CPU has one memory, so that there is but one way."""
    if need is None:
        return None
    if not device.is_cpu:
        return place(need, int(device.memory * HEADROOM))
    most = peak(need, ALL_STAY)
    return Placement(ALL_STAY, most) if most <= device.memory else None


def _parts(model: Blueprint, device: Device, precision: str) -> Iterator[Part]:
    for name, component in model.components.items():
        nbytes = _held(model, name, component, device, precision)
        network = component.denoiser(Sizes(1, 2, 2)) or component.reader(1)
        share = 1.0 if network is None else network.share_in_blocks(BLOCKS_HELD)
        yield Part(name, phase_of(name), nbytes, round(nbytes * share))


def _held(model: Blueprint, name: str, component: Component, device: Device, precision: str) -> int:
    """Bytes that a component's weights take on the device."""
    narrow = precision in NARROW and _samples(name)
    return component.weights * (1 if narrow else _itemsize(model, name, device, precision))


def _itemsize(model: Blueprint, name: str, device: Device, precision: str) -> int:
    """Bytes of a number as a component computes with it."""
    if name in WIDE_PARTS.get(model.family, ()) or model.family == "starter":
        return ITEMSIZE["float32"]
    usual = "float32" if device.is_cpu else "bfloat16"
    return ITEMSIZE.get(precision, ITEMSIZE[usual])


def _decoded_in(model: Blueprint, device: Device, precision: str, decoding: Decoding) -> int:
    """Bytes of a number as frames are computed with it."""
    held = _itemsize(model, "vae", device, precision)
    return held if decoding == "auto" else min(held, BYTES_HALF)


def _memory(model: Blueprint, device: Device, precision: str, need: Need | None) -> dict[str, int]:
    held = {
        f"{name.replace('_', ' ')} weights": _held(model, name, component, device, precision)
        for name, component in model.components.items()
        if component.weights
    }
    beside = {} if need is None else need.working
    names: dict[Phase, str] = {"sample": "a step, beside them", "decode": "decoding, at least"}
    return held | {names[phase]: size for phase, size in beside.items()}


def _seconds(
    model: Blueprint,
    work: Work,
    device: Device,
    precision: str,
    decoding: Decoding,
    network: Network | None,
    times: int,
) -> Iterator[tuple[str, float]]:
    """Seconds of each stage whose work can be counted."""
    read = [
        (name, each.reader(model.words(name)))
        for name, each in model.components.items()
        if phase_of(name) == "encode" and name != "image_encoder"
    ]
    if READER in dict(read) and all(reader is not None for _, reader in read):
        prompts = 2 if work.guidance > 1 else 1
        yield (
            "text",
            prompts
            * sum(
                reader.flops / device.rate(_itemsize(model, name, device, precision))
                for name, reader in read
                if reader is not None
            ),
        )
    if network is not None:
        rate = device.rate(_itemsize(model, "transformer", device, precision))
        yield "steps", times * network.flops / rate
    pixels = model.components.get("vae", Component()).decoding
    if pixels is not None:
        first, later = pixels
        flops = work.width * work.height * (first + later * (work.frames - 1))
        itemsize = _decoded_in(model, device, precision, decoding)
        yield "decode", flops / device.rate(itemsize, convolutions=True)


def _sizes(model: Blueprint, work: Work) -> Sizes:
    return Sizes.of(
        work.frames,
        work.height,
        work.width,
        temporal=model.temporal,
        spatial=model.spatial,
        seconds=work.frames / work.fps,
    )
