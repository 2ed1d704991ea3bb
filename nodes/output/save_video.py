"""The node that writes a video file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Literal

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param, ParamValue
from engine.graph.ports import In
from engine.values import Artifact, Clip
from nodes.exporting import export_clip
from nodes.marking import LABEL_HELP, MARK_HELP, Language, Marking, export_content
from nodes.publishing import NAME_HELP, OVERWRITE_HELP, SIGN_HELP
from nodes.watching import CLASSIFIERS_HELP, FACES_HELP


class SaveVideo(
    Node,
    type="output.video",
    category="Output",
    aliases=("export", "write", "mp4", "webm", "gif", "encode", "render", "save"),
    output=True,
):
    """Write a video file with its sound, the graph inside, signed.

    Frames stream by: they are decoded, converted and encoded at the same time.
    """

    clip: In[Clip]
    name: str = Param("video_{seed}", max_length=200, help=NAME_HELP)
    format: Literal["mp4", "mov", "mkv", "webm", "gif", "webp"] = Param(
        "mp4", help="Kind of file; 'gif' and 'webp' are animations without sound."
    )
    codec: Literal["auto", "h264", "hevc", "av1", "vp9"] = Param(
        "auto", help="How the picture is compressed; 'auto' takes the format's most common one."
    )
    quality: int = Param(
        -1,
        ge=-1,
        le=63,
        help="Constant quality (crf), 0 is best; -1 takes a visually clean default.",
    )
    preset: Literal["ultrafast", "veryfast", "fast", "medium", "slow", "veryslow"] = Param(
        "medium", help="Slower makes smaller files of the same quality."
    )
    hardware: bool = Param(True, help="Use a hardware encoder where there is one.")
    thumbnail: bool = Param(True, help="Put a picture of a typical frame beside the video.")
    classifiers: str = Param("", widget="text", help=CLASSIFIERS_HELP)
    faces: str = Param("", widget="open-file", help=FACES_HELP)
    mark: bool = Param(True, help=MARK_HELP)
    label: Language = Param("none", help=LABEL_HELP)
    sign: bool = Param(True, help=SIGN_HELP)
    overwrite: bool = Param(False, help=OVERWRITE_HELP)

    def run(self, ctx: Context) -> Artifact:
        from engine.media.thumbnail import write_thumbnail

        clip = self.clip
        return export_clip(
            self,
            ctx,
            partial(self._write, ctx),
            kind="video",
            suffix=f".{self.format}",
            thumbnail=(lambda path: write_thumbnail(clip, path)) if self.thumbnail else None,
        )

    def _write(self, ctx: Context, clip: Clip, marking: Marking, path: Path) -> None:
        from engine.media.settings import CODECS, VideoSettings
        from engine.media.write_animation import write_animation
        from nodes.writing import write_marked

        if self.format == "gif" or self.format == "webp":

            def progress(frames: int) -> None:
                ctx.progress(frames, clip.frames, "frames")

            shown = marking.labelled(clip)
            if self.mark:
                marking.tell_picture("animations have too few colours to hide it")
            write_animation(shown, path, document=ctx.document, check=ctx.check, progress=progress)
            return
        settings = VideoSettings(
            container=self.format,
            codec=CODECS[self.format][0] if self.codec == "auto" else self.codec,
            crf=None if self.quality < 0 else self.quality,
            preset=self.preset,
            hardware="auto" if self.hardware else "off",
        )
        write_marked(ctx, clip, marking, path, settings)

    @classmethod
    def content(cls, params: Mapping[str, ParamValue]) -> str:
        """What tells its classifiers and markers from others."""
        return export_content(params)
