"""The node that writes a video as a stream of segments."""

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


class SaveStream(
    Node,
    type="output.stream",
    category="Output",
    aliases=("hls", "dash", "cmaf", "segments", "fragments", "playlist", "streaming", "export"),
    output=True,
):
    """Write a video as a stream for HLS and DASH: a folder of signed segments with playlists.

    Every segment is bound to the one signature, with its place, and so is every playlist.
    """

    clip: In[Clip]
    name: str = Param("stream_{seed}", max_length=200, help=NAME_HELP)
    seconds: float = Param(
        4.0, ge=1.0, le=60.0, unit="s", help="Length of a segment at least; it ends by a keyframe."
    )
    codec: Literal["h264", "hevc", "av1"] = Param(
        "h264", help="How the picture is compressed; every player knows 'h264'."
    )
    quality: int = Param(
        -1,
        ge=-1,
        le=63,
        help="Constant quality (crf), 0 is best; -1 takes a visually clean default.",
    )
    classifiers: str = Param("", widget="text", help=CLASSIFIERS_HELP)
    faces: str = Param("", widget="open-file", help=FACES_HELP)
    mark: bool = Param(True, help=MARK_HELP)
    label: Language = Param("none", help=LABEL_HELP)
    sign: bool = Param(True, help=SIGN_HELP)
    overwrite: bool = Param(False, help=OVERWRITE_HELP)

    def run(self, ctx: Context) -> Artifact:
        return export_clip(self, ctx, partial(self._write, ctx), kind="stream")

    def _write(self, ctx: Context, clip: Clip, marking: Marking, path: Path) -> None:
        from engine.media.settings import VideoSettings
        from nodes.writing import write_marked_stream

        settings = VideoSettings("mp4", self.codec, None if self.quality < 0 else self.quality)
        write_marked_stream(ctx, clip, marking, path, settings, self.seconds)

    @classmethod
    def content(cls, params: Mapping[str, ParamValue]) -> str:
        """What tells its classifiers and markers from others."""
        return export_content(params)
