"""The node that samples a video from noise."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param
from engine.graph.ports import In
from engine.values import Conditioning, FrameCondition, Latent, Origin, VideoModel

if TYPE_CHECKING:
    from engine.models.family import Capabilities, SampleRequest


class SampleVideo(
    Node,
    type="video.sample",
    category="Generate",
    aliases=("sampler", "ksampler", "denoise", "generate", "text to video", "t2v", "diffusion"),
):
    """Turn noise into a video latent, step by step, following the prompt; its sound with it.

    A parameter left at 0 takes what the model likes best.  Sampling keeps checkpoints and goes
    on from the newest one by itself when the same work is run again.
    """

    model: In[VideoModel]
    positive: In[Conditioning]
    negative: In[Conditioning | None] = None
    keyframes: In[list[FrameCondition] | None] = None
    steps: int = Param(
        0,
        zero="auto",
        ge=0,
        le=200,
        unit="steps",
        help="More is finer and slower; 0 is the model's own.",
    )
    guidance: float = Param(
        0.0,
        zero="auto",
        ge=0,
        le=30,
        step=0.1,
        help="How strictly the prompt is followed; 1 is unguided and twice as fast, "
        "0 is the model's own.",
    )
    seed: int = Param(
        0,
        ge=0,
        le=2**63 - 1,
        widget="seed",
        help="Decides the noise: the same seed makes the same video.",
    )
    width: int = Param(
        0,
        zero="auto",
        ge=0,
        le=8192,
        step=8,
        unit="px",
        help="Width of the video; 0 is the model's own.",
    )
    height: int = Param(
        0,
        zero="auto",
        ge=0,
        le=8192,
        step=8,
        unit="px",
        help="Height of the video; 0 is the model's own.",
    )
    frames: int = Param(
        0,
        zero="auto",
        ge=0,
        le=20_000,
        unit="frames",
        help="Length of the video: 1 and a multiple of the model's stride (often 4), such as 33; "
        "0 is the model's own.",
    )
    fps: float = Param(
        0.0,
        zero="auto",
        ge=0,
        le=240,
        unit="fps",
        help="Frames a second; 0 is what the model was made for.",
    )
    solver: Literal["euler", "heun"] = Param(
        "euler", help="'heun' is finer at few steps; each of its steps costs two."
    )
    shift: float = Param(
        0.0,
        zero="auto",
        ge=0,
        le=20,
        step=0.1,
        help="Above 1 spends more steps on the layout and fewer on detail; 0 is the model's own.",
    )
    attention: Literal["auto", "full", "causal", "window"] = Param(
        "auto",
        help="How frames see each other: 'full' all of them, 'causal' only earlier ones, 'window' "
        "the near ones and anchors; 'auto' goes by the length.",
    )
    sound: bool = Param(
        True, help="Make sound with the picture, where the model can; off is a silent video."
    )
    checkpoint_every: int = Param(
        10,
        ge=1,
        le=200,
        unit="steps",
        matters=False,
        help="How often the work is kept, so that a crash costs at most this many steps.",
    )

    def run(self, ctx: Context) -> Latent:
        from nodes.stepping import sampled

        family = ctx.models.get(self.model)
        request = self._request(family.capabilities)
        latent = sampled(ctx, family, request, self.checkpoint_every)
        return replace(latent, origin=self._origin(request))

    def _request(self, likes: Capabilities) -> SampleRequest:
        from engine.models.family import SampleRequest

        return SampleRequest(
            positive=self.positive,
            negative=self.negative,
            width=self.width or likes.width,
            height=self.height or likes.height,
            frames=self.frames or likes.frames,
            fps=exact_rate(self.fps) or likes.fps,
            steps=self.steps or likes.steps,
            guidance=self.guidance or likes.guidance,
            seed=self.seed,
            solver=self.solver,
            shift=self.shift or None,
            attention=self.attention,
            keyframes=self.positive.frames + tuple(self.keyframes or ()),
            audio=self.sound,
        )

    def _origin(self, request: SampleRequest) -> Origin:
        """The generation, with the files of all pictures that steered it as ingredients."""
        origin = Origin(
            model=Path(self.model.source).name,  # a signature tells the world no folder's path
            model_digest=self.model.digest,
            prompt=self.positive.text,
            seed=self.seed,
        )
        for keyframe in request.keyframes:
            origin = origin.joined(keyframe.image.origin)
        return origin


def exact_rate(fps: float) -> Fraction:
    """The fraction that a written frame rate stands for: 23.976 is 24000/1001, 25 is 25."""
    ntsc = Fraction(round(fps) * 1000, 1001)
    if fps and abs(float(ntsc) - fps) < 0.001:
        return ntsc
    return Fraction(fps).limit_denominator(1000)
