"""The node that hands frames out while the rest of a video is still being sampled."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import InvalidInput
from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param
from engine.graph.ports import In
from engine.values import Clip, Conditioning, VideoModel
from nodes.wishes import FPS, FRAMES, GUIDANCE, HEIGHT, SEED, WIDTH, origin_of, request_of


class StreamVideo(
    Node,
    type="video.stream",
    category="Generate",
    aliases=("streaming", "causal", "live", "chunk by chunk", "real time"),
):
    """Make a video a few frames at a time: the first can be seen before the last are made.

    Each part sees only what came before it, so the whole is a little less planned than a sampled
    video's, and it has no sound yet: sound is made for the finished clip.  A parameter left at 0
    takes what the model likes best.
    """

    model: In[VideoModel]
    positive: In[Conditioning]
    negative: In[Conditioning | None] = None
    steps: int = Param(
        0,
        zero="auto",
        ge=0,
        le=200,
        unit="steps",
        help="Steps for each part; more is finer and slower; 0 is the model's own.",
    )
    guidance: float = GUIDANCE
    seed: int = SEED
    width: int = WIDTH
    height: int = HEIGHT
    frames: int = FRAMES
    fps: float = FPS

    def run(self, ctx: Context) -> Clip:
        from engine.models.streams import Streams
        from nodes.streams import kept

        family = ctx.models.get(self.model)
        if not isinstance(family, Streams):
            raise InvalidInput(
                "This model samples a video as a whole, and cannot hand it out in parts.",
                remedy="Use 'Sample video' and 'Decode video', or the starter model.",
            )
        asked = request_of(self, family)
        request = replace(asked, attention="causal", audio=False)
        family.stream(request)  # what it cannot make is said now, not by whoever reads the clip
        models, handle = ctx.models, self.model

        def streaming() -> Streams:
            again = models.get(handle)
            assert isinstance(again, Streams)
            return again

        return Clip(
            kept(
                lambda: streaming().stream(request),
                frames=request.frames,
                height=request.height,
                width=request.width,
                folder=ctx.workspace,
            ),
            frames=request.frames,
            height=request.height,
            width=request.width,
            fps=request.fps,
            origin=origin_of(self),
        )
