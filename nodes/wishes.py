"""What every node that samples a video asks of its user, and the request and origin made of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from engine.graph.params import Param
from engine.models.likes import exact_rate, likes_of
from engine.values import Conditioning, Origin, VideoModel

if TYPE_CHECKING:
    from engine.models.family import Family, SampleRequest

GUIDANCE: Final[Any] = Param(
    0.0,
    zero="auto",
    ge=0,
    le=30,
    step=0.1,
    help="How strictly the prompt is followed; 1 is unguided and twice as fast, "
    "0 is the model's own.",
)
SEED: Final[Any] = Param(
    0,
    ge=0,
    le=2**63 - 1,
    widget="seed",
    help="Decides the noise: the same seed makes the same video.",
)
WIDTH: Final[Any] = Param(
    0,
    zero="auto",
    ge=0,
    le=8192,
    step=8,
    unit="px",
    help="Width of the video; 0 is the model's own.",
)
HEIGHT: Final[Any] = Param(
    0,
    zero="auto",
    ge=0,
    le=8192,
    step=8,
    unit="px",
    help="Height of the video; 0 is the model's own.",
)
FRAMES: Final[Any] = Param(
    0,
    zero="auto",
    ge=0,
    le=20_000,
    unit="frames",
    help="Length of the video: 1 and a multiple of the model's stride (often 4), such as 33; "
    "0 is the model's own.",
)
FPS: Final[Any] = Param(
    0.0,
    zero="auto",
    ge=0,
    le=240,
    unit="fps",
    help="Frames a second; 0 is what the model was made for.",
)


class Wishes(Protocol):
    """A node that samples, as far as all of them agree."""

    model: VideoModel
    positive: Conditioning
    negative: Conditioning | None
    steps: int
    guidance: float
    seed: int
    width: int
    height: int
    frames: int
    fps: float


def request_of(node: Wishes, family: Family) -> SampleRequest:
    """The request of a node; where it says 0, what the model likes best."""
    from engine.models.family import SampleRequest

    likes = likes_of(node.model, family)
    return SampleRequest(
        positive=node.positive,
        negative=node.negative,
        width=node.width or likes.width,
        height=node.height or likes.height,
        frames=node.frames or likes.frames,
        fps=exact_rate(node.fps) or likes.fps,
        steps=node.steps or likes.steps,
        guidance=node.guidance or likes.guidance,
        seed=node.seed,
        keyframes=node.positive.frames,
    )


def origin_of(node: Wishes) -> Origin:
    """The generation that a node stands for."""
    return Origin(
        model=Path(node.model.source).name,  # a signature tells the world no folder's path
        model_digest=node.model.digest,
        prompt=node.positive.text,
        seed=node.seed,
    )
