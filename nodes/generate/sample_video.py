"""The node that samples a video from noise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param
from engine.graph.ports import In
from engine.models.likes import second_guidance_of
from engine.values import Clip, Conditioning, FrameCondition, Latent, Origin, VideoModel
from nodes.wishes import FPS, FRAMES, GUIDANCE, HEIGHT, SEED, WIDTH, origin_of, request_of

if TYPE_CHECKING:
    from engine.models.family import Family, SampleRequest


class SampleVideo(
    Node,
    type="video.sample",
    category="Generate",
    aliases=("sampler", "ksampler", "denoise", "generate", "text to video", "t2v", "diffusion"),
):
    """Turn noise into a video latent, step by step, following the prompt; its sound with it.

    A parameter left at 0 takes what the model likes best.  What else is connected decides what is
    made: pictures at frames (keyframes), a clip that goes on (beginning), a video that becomes
    another (source), a guiding video (control, mask).  A model says what it cannot do.  Sampling
    keeps checkpoints and goes on from the newest one by itself when the same work is run again.
    """

    model: In[VideoModel]
    positive: In[Conditioning]
    negative: In[Conditioning | None] = None
    keyframes: In[list[FrameCondition] | None] = None
    beginning: In[Clip | None] = None
    source: In[Clip | None] = None
    control: In[Clip | None] = None
    mask: In[Clip | None] = None
    steps: int = Param(
        0,
        zero="auto",
        ge=0,
        le=200,
        unit="steps",
        help="More is finer and slower; 0 is the model's own.",
    )
    guidance: float = GUIDANCE
    second_guidance: float = Param(
        0.0,
        zero="auto",
        ge=0,
        le=30,
        step=0.1,
        help="Guidance of the second expert, where a model has two, or of pictures, where they "
        "have one of their own (Open-Sora); 0 is the model's own, or that of the first expert "
        "where you give one.",
    )
    strength: float = Param(
        0.8,
        ge=0.01,
        le=1,
        step=0.01,
        help="How much of the source video is made anew: 1 keeps nothing of it.",
    )
    seed: int = SEED
    width: int = WIDTH
    height: int = HEIGHT
    frames: int = FRAMES
    fps: float = FPS
    solver: Literal[
        "auto", "euler", "heun", "unipc", "dpm++", "dpm++ sde", "deis", "lcm", "ddim"
    ] = Param(
        "auto",
        help="How steps are taken; 'auto' is the model's own way. 'unipc' and 'dpm++' need fewer "
        "steps than 'euler', a step of 'heun' costs two, 'lcm' is for models made for few steps.",
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
        request = self._request(family)
        latent = sampled(ctx, family, request, self.checkpoint_every)
        return replace(latent, origin=self._origin(request))

    def _request(self, family: Family) -> SampleRequest:
        request = request_of(self, family)
        return replace(
            request,
            solver=self.solver,
            shift=self.shift or self.model.recommended.shift,
            attention=self.attention,
            keyframes=request.keyframes + tuple(self.keyframes or ()),
            audio=self.sound,
            beginning=self.beginning,
            source=self.source,
            strength=self.strength,
            control=self.control,
            mask=self.mask,
            second_guidance=second_guidance_of(self.model, self.guidance, self.second_guidance),
        )

    def _origin(self, request: SampleRequest) -> Origin:
        """The generation, with the files of all that steered it as ingredients."""
        origin = origin_of(self)
        for keyframe in request.keyframes:
            origin = origin.joined(keyframe.image.origin)
        for clip in (request.beginning, request.source, request.control, request.mask):
            if clip is not None:
                origin = origin.joined(clip.origin)
        return origin
