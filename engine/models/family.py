"""What a video model must be able to do, whatever it is: one protocol for every family.

Nodes speak only this.  The caller owns the loop: `begin` makes a state, `step` advances it by
one, and between two steps the caller may report, preview, checkpoint, cancel or hand over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from engine.values import Audio, Clip, Conditioning, FrameCondition, Image, Latent, VideoModel

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

Solver = Literal["auto", "euler", "heun", "unipc", "dpm++", "dpm++ sde", "deis", "lcm", "ddim"]
TemporalMode = Literal["auto", "full", "causal", "window"]


@dataclass(frozen=True)
class Capabilities:
    """What a model can do and likes best; sizes in pixels, lengths in frames.

    A clip's length is `1 + k * length_step`; width and height are multiples of `size_multiple`.
    A latent frame stands for `temporal_factor` frames, but the first for one.
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
    video: bool = False
    """Whether a video can be changed into another."""
    extension: bool = False
    """Whether a clip can be gone on from."""
    control: bool = False
    """Whether a guiding video is followed."""
    group: int = 1
    """How many latent frames after the first are made only together; 0: all of them, always."""

    @property
    def length_step(self) -> int:
        """Frames from one length to the next."""
        return self.temporal_factor * max(self.group, 1)

    def lengths_to(self, frames: int) -> range:
        """The lengths that can be made, up to one that can."""
        return range(1 if self.group else frames, frames + 1, self.length_step)


@dataclass(frozen=True, eq=False)
class SampleRequest:
    """Everything that decides a sample, apart from the weights.

    `keyframes` are all the pictures that must appear, those of `positive` included, and references,
    which have no frame.  `audio` asks for sound; a model that makes none leaves it out.  `watched`
    is a finished video that is kept as it is: only its sound is sampled.  `beginning` is a clip
    that the video begins with and goes on from.  `source` is a video that is changed into another,
    the more the greater `strength` is (above 0, to 1).  `control` is a video whose depth, pose or
    edges are followed; where `mask` is black, it is kept as it is.  `second_guidance` is that of
    the second of two experts, None the first one's; or of pictures, where they have one of their
    own.
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
    solver: Solver = "auto"
    shift: float | None = None
    attention: TemporalMode = "auto"
    keyframes: tuple[FrameCondition, ...] = ()
    audio: bool = True
    watched: Latent | None = None
    beginning: Clip | None = None
    source: Clip | None = None
    strength: float = 0.8
    control: Clip | None = None
    mask: Clip | None = None
    second_guidance: float | None = None


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


@runtime_checkable
class Adaptable(Protocol):
    """A family whose adapters can be exchanged without loading the model anew."""

    def adapt(self, handle: VideoModel) -> None:
        """Become the model of a handle with other adapters.  Raises InvalidInput."""
        ...
