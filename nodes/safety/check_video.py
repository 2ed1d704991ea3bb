"""The node that looks through a finished video for what must not be shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param, ParamValue
from engine.graph.ports import In
from engine.values import Clip, Report
from nodes.watching import CLASSIFIERS_HELP


class CheckedVideo(NamedTuple):
    """The video as it came, and what was and was not assessed."""

    clip: Clip
    report: Report


class CheckVideo(
    Node,
    type="safety.video",
    category="Safety",
    aliases=("nsfw", "violence", "gore", "moderation", "classifier", "block"),
):
    """Pass a video on unless classifiers of your own find nudity or violence in it.

    They look at frames where the scene changes, and evenly over the rest; what lasts counts more
    than a single frame.
    """

    clip: In[Clip]
    classifiers: str = Param("", widget="text", help=CLASSIFIERS_HELP)
    samples: int = Param(
        32, ge=4, le=256, unit="frames", help="How many frames are looked at; more finds more."
    )

    def run(self, ctx: Context) -> CheckedVideo:
        from engine.trust.vision.checkpoints import visual_classifiers
        from engine.trust.vision.watch import HarmWatch
        from nodes.auditing import block, report_of, watched
        from nodes.watching import flagged

        clip = self.clip
        named = visual_classifiers(self.classifiers)
        watch = HarmWatch(named, clip.frames, clip.fps, most=self.samples)
        if named:
            watched(ctx, clip, watch.see)
        found = watch.end()
        for matter, assessment in found.items():
            if assessment.flagged:
                entries = tuple(each.entry(about) for about, each in found.items())
                raise block(ctx, flagged(matter, assessment), "video", entries, matter, clip.origin)
            if not assessment.assessed:
                ctx.note(f"The video was not assessed for {matter}: {assessment.why}.")
        return CheckedVideo(clip, report_of("Video", found))

    @classmethod
    def content(cls, params: Mapping[str, ParamValue]) -> str:
        """What tells the classifiers from others: a changed one judges every video again."""
        from nodes.auditing import named_content

        return named_content(params.get("classifiers"))
