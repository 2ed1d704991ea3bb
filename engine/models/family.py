"""What a video model must be able to do, whatever it is: one protocol for every family.

Nodes speak only this.  The caller owns the loop: `begin` makes a state, `step` advances it by
one, and between two steps the caller may report, preview, checkpoint, cancel or hand over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, Protocol

from engine.values import Audio, Clip, Conditioning, FrameCondition, Image, Latent, VideoModel

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

Solver = Literal["euler", "heun"]
TemporalMode = Literal["auto", "full", "causal", "window"]


@dataclass(frozen=True)
class Capabilities:
    """What a model can do and likes best; sizes in pixels, lengths in frames.

    A clip's length is `1 + k * temporal_factor`; width and height are multiples of
    `size_multiple`.
    """

    text: bool
    image: bool
    keyframes: bool
    audio: bool
    size_multiple: int
    temporal_factor: int
    spatial_factor: int
    latent_channels: int
    width: int
    height: int
    frames: int
    fps: Fraction
    steps: int
    guidance: float
    shift: float
    max_pixels: int
    parameters: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class SampleRequest:
    """Everything that decides a sample, apart from the weights.

    `keyframes` are all the pictures that must appear, those of `positive` included.  `audio` asks
    for sound; a model that makes none leaves it out.  `watched` is a finished video that is kept as
    it is: only its sound is sampled.
    """

    positive: Conditioning
    negative: Conditioning | None
    width: int
    height: int
    frames: int
    fps: Fraction
    steps: int
    guidance: float
    seed: int
    solver: Solver = "euler"
    shift: float | None = None
    attention: TemporalMode = "auto"
    keyframes: tuple[FrameCondition, ...] = ()
    audio: bool = True
    watched: Latent | None = None


@dataclass
class SampleState:
    """Where a sampler stands after `step` of `steps` steps.

    `tensors` (latents, generator states, solver history) and `scalars` (JSON values) are the
    whole of it: saved, moved to another machine and given to `restore`, sampling continues bit
    for bit as if it had never stopped.
    """

    step: int
    steps: int
    tensors: dict[str, torch.Tensor]
    scalars: dict[str, int | float | str | list[float]] = field(default_factory=dict)


class Family(Protocol):
    """A loaded model.  Raises InvalidInput for a request that it cannot fulfil."""

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def handle(self) -> VideoModel: ...

    @property
    def nbytes(self) -> int:
        """Memory that the loaded weights hold."""
        ...

    def encode_prompt(self, text: str) -> Conditioning:
        """Encode a prompt; words that the model does not know are named in `notes`."""
        ...

    def begin(self, request: SampleRequest) -> SampleState:
        """Draw the noise and set up the solver; step 0."""
        ...

    def restore(self, request: SampleRequest, state: SampleState) -> SampleState:
        """Check a saved state against the request and make it ready to step."""
        ...

    def step(self, request: SampleRequest, state: SampleState) -> SampleState:
        """Advance by one step.  Does not touch the given state's tensors."""
        ...

    def finish(self, request: SampleRequest, state: SampleState) -> Latent:
        """The sampled latent, after the last step; its origin is the caller's to tell."""
        ...

    def preview(self, state: SampleState) -> Image:
        """A cheap picture of what is being sampled."""
        ...

    def decode(self, latent: Latent) -> Iterator[NDArray[np.uint8]]:
        """Decode as a stream of (time, height, width, 3) RGB chunks, in memory flat in length."""
        ...

    def decode_audio(self, latent: Latent) -> Audio | None:
        """The latent's sound, as long as its frames are shown; None if it has none."""
        ...

    def encode(self, clip: Clip) -> Latent:
        """Encode frames into the latent space; the origin is the caller's to tell."""
        ...
