"""The node that asks of a reference video whether a machine made it or altered it."""

from __future__ import annotations

from collections.abc import Mapping

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param, ParamValue
from engine.graph.ports import In
from engine.values import Clip
from nodes.safety.check_video import CheckedVideo

_ENCODERS_HELP = (
    "Calibrations (D3 or STALL) beside a transformers picture encoder, one a line; "
    "see 'reelwright calibrate'. Empty: not assessed."
)


class CheckMedia(
    Node,
    type="safety.media",
    category="Safety",
    aliases=("deepfake", "ai-generated", "synthetic", "manipulated", "reference", "authenticity"),
):
    """Pass a reference video on unless it counts as made by a machine.

    Only a calibrated encoder gives a number.  Pulse and spectrum are told as weak evidence: they
    tell real from made no better than chance, and never block.
    """

    clip: In[Clip]
    encoders: str = Param("", widget="text", help=_ENCODERS_HELP)
    block: bool = Param(True, help="Stop here if it counts as made by a machine; else only tell.")

    def run(self, ctx: Context) -> CheckedVideo:
        from engine.errors import BlockedByPolicy
        from engine.trust.vision.made.watch import MATTER, MadeWatch
        from nodes.auditing import block, report_of, watched

        clip = self.clip
        watch = MadeWatch(self.encoders, clip.frames, clip.fps)
        watched(ctx, clip, watch.see)
        found = watch.end()
        assessment = found.assessment
        if assessment.flagged and self.block:
            scores = ", ".join(f"{name} {score:.2f}" for name, score in assessment.scores.items())
            error = BlockedByPolicy(
                f"The reference video counts as made by a machine ({scores}).",
                remedy="Give a recording, or let its owner switch 'block' off.",
            )
            entries = (assessment.entry(MATTER),)
            raise block(ctx, error, "video", entries, MATTER, clip.origin)
        if not assessment.assessed:
            ctx.note(f"Whether a machine made the video was not assessed: {assessment.why}.")
        return CheckedVideo(clip, report_of("Media", {MATTER: assessment}, found.weak))

    @classmethod
    def content(cls, params: Mapping[str, ParamValue]) -> str:
        """What tells the encoders from others: a changed one judges every video again."""
        from nodes.auditing import named_content

        return named_content(params.get("encoders"))
