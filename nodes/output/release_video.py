"""The node that releases a video: checked, labelled, marked, signed and written, in this order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Literal, NamedTuple

from engine.errors import BlockedByPolicy
from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param, ParamValue
from engine.graph.ports import In
from engine.values import Artifact, Clip, Report
from nodes.checking import Checks
from nodes.marking import CORNER_HELP, LABEL_HELP, Language, Marking, export_content
from nodes.publishing import NAME_HELP, OVERWRITE_HELP, Export, publish
from nodes.watching import CLASSIFIERS_HELP, FACES_HELP

_SEGMENT: Final = 4.0
"""Seconds of a stream's segment at least."""


class Released(NamedTuple):
    """The finished file, and what was and was not checked and marked of it."""

    file: Artifact
    report: Report


class ReleaseVideo(
    Node,
    type="output.release",
    category="Output",
    aliases=("publish", "export", "safe", "watermark", "sign", "label", "compliance"),
    output=True,
):
    """Check, label, mark, sign and write a video in one pass over its frames, and report on it.

    What is blocked leaves no file.  The report, also in the file's manifest, says plainly what was
    not assessed and what could not be marked.
    """

    clip: In[Clip]
    earlier: In[Report | None] = None
    name: str = Param("release_{seed}", max_length=200, help=NAME_HELP)
    format: Literal["mp4", "mov", "mkv", "webm", "stream"] = Param(
        "mp4", help="Kind of file; 'stream' is a folder of segments for HLS and DASH."
    )
    quality: int = Param(
        -1,
        ge=-1,
        le=63,
        help="Constant quality (crf), 0 is best; -1 takes a visually clean default.",
    )
    classifiers: str = Param("", widget="text", help=CLASSIFIERS_HELP)
    faces: str = Param("", widget="open-file", help=FACES_HELP)
    label: Language = Param("en", help=LABEL_HELP)
    corner: Literal["top-left", "top-right", "bottom-left", "bottom-right"] = Param(
        "bottom-right", help=CORNER_HELP
    )
    require: Literal["nothing", "marks", "marks and checks"] = Param(
        "nothing", help="What must have succeeded; else nothing is released."
    )
    overwrite: bool = Param(False, help=OVERWRITE_HELP)

    def run(self, ctx: Context) -> Released:
        from engine.media.thumbnail import write_thumbnail
        from nodes.writing import Glimpses

        clip, checks = self.clip, Checks(self.classifiers, self.faces)
        marking = Marking(ctx, mark=True, label=self.label, corner=self.corner)
        glimpses = Glimpses(clip)
        export = Export(
            kind="stream" if self.format == "stream" else "video",
            name=self.name,
            suffix="" if self.format == "stream" else f".{self.format}",
            origin=clip.origin,
            write=lambda path: self._write(ctx, watched(), marking, path, lacking),
            sign=True,
            overwrite=self.overwrite,
            assessed=checks.assessed,
            marks=marking.marks,
            thumbnail=lambda path: write_thumbnail(marking.labelled(glimpses.clip()), path),
        )

        def watched() -> Clip:
            return glimpses.watched(checks.clip(clip))

        def lacking() -> str:
            return self._lacking(export)

        made = publish(ctx, export)
        return Released(made, self._report(made))

    def _write(
        self,
        ctx: Context,
        clip: Clip,
        marking: Marking,
        path: Path,
        lacking: Callable[[], str],
    ) -> None:
        from engine.media.settings import CODECS, VideoSettings
        from nodes.writing import write_marked, write_marked_stream

        container = "mp4" if self.format == "stream" else self.format
        crf = None if self.quality < 0 else self.quality
        settings = VideoSettings(container=container, codec=CODECS[container][0], crf=crf)
        if self.format == "stream":
            write_marked_stream(ctx, clip, marking, path, settings, _SEGMENT)
        else:
            write_marked(ctx, clip, marking, path, settings)
        missing = lacking()
        if missing:
            raise BlockedByPolicy(
                f"The video is not released: {missing}.",
                remedy="Put right what is missing, or ask for less in 'require'.",
            )

    def _lacking(self, export: Export) -> str:
        """What `require` asks for and is not there, in words."""
        released = export.released()
        missing = [str(mark) for mark in released.marks if mark.fault]
        if not any(mark.bound for mark in released.marks):
            missing.append("it carries no hidden number")
        if self.require == "marks and checks":
            unjudged = [each.what for each in released.checks if each.outcome == "not assessed"]
            missing += [f"{what} was not assessed" for what in unjudged]
            if not released.checks:
                missing.append("nothing of it was assessed")
        return "; ".join(dict.fromkeys(missing)) if self.require != "nothing" else ""

    def _report(self, made: Artifact) -> Report:
        (own,) = made.reports
        before = self.earlier
        if before is None:
            return own
        findings = {f"{before.title}: {name}": told for name, told in before.findings.items()}
        return Report(own.title, own.assessed and before.assessed, findings | own.findings)

    @classmethod
    def content(cls, params: Mapping[str, ParamValue]) -> str:
        """What tells its classifiers and markers from others."""
        return export_content(params)
