"""The node that makes sound for a finished video."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import InvalidInput
from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param
from engine.graph.ports import In
from engine.models.likes import likes_of
from engine.values import Clip, Conditioning, VideoModel


class MakeSound(
    Node,
    type="audio.make",
    category="Audio",
    aliases=("foley", "post-sync", "video to audio", "sound effects", "v2a", "dub"),
):
    """Make sound for a finished video: the model watches it, and samples only what is heard.

    The video's size and length must be ones that the model can make; its frames stay untouched.
    """

    model: In[VideoModel]
    clip: In[Clip]
    positive: In[Conditioning]
    steps: int = Param(
        0,
        zero="auto",
        ge=0,
        le=200,
        unit="steps",
        help="More is finer and slower; 0 is the model's own.",
    )
    guidance: float = Param(
        0.0, zero="auto", ge=0, le=30, step=0.1,
        help="How strictly the prompt is followed; 1 is unguided, 0 is the model's own.",
    )  # fmt: skip
    seed: int = Param(
        0, ge=0, le=2**63 - 1, widget="seed", help="Another number, another take of the sound."
    )

    def run(self, ctx: Context) -> Clip:
        from engine.models.family import SampleRequest
        from nodes.stepping import sampled

        family = ctx.models.get(self.model)
        likes = likes_of(self.model, family)
        if not likes.audio:
            raise InvalidInput(
                "This model makes no sound.",
                remedy="Choose one that does; the starter model is one.",
            )
        clip = self.clip
        request = SampleRequest(
            positive=self.positive,
            negative=None,
            width=clip.width,
            height=clip.height,
            frames=clip.frames,
            fps=clip.fps,
            steps=self.steps or likes.steps,
            guidance=self.guidance or likes.guidance,
            seed=self.seed,
            watched=family.encode(clip),
        )
        audio = family.decode_audio(sampled(ctx, family, request, checkpoint_every=10))
        return replace(clip, audio=audio)
