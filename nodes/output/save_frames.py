"""The node that writes a video as single pictures."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param, ParamValue
from engine.graph.ports import In
from engine.values import Artifact, Clip
from nodes.exporting import export_clip
from nodes.marking import LABEL_HELP, MARK_HELP, Language, Marking, export_content
from nodes.publishing import NAME_HELP, OVERWRITE_HELP, SIGN_HELP
from nodes.watching import CLASSIFIERS_HELP, FACES_HELP


class SaveFrames(
    Node,
    type="output.frames",
    category="Output",
    aliases=("png sequence", "image sequence", "export", "frames", "save"),
    output=True,
):
    """Write every frame as a PNG into a folder, with the sound and the graph beside them."""

    clip: In[Clip]
    name: str = Param("frames_{seed}", max_length=200, help=NAME_HELP)
    classifiers: str = Param("", widget="text", help=CLASSIFIERS_HELP)
    faces: str = Param("", widget="open-file", help=FACES_HELP)
    mark: bool = Param(True, help=MARK_HELP)
    label: Language = Param("none", help=LABEL_HELP)
    sign: bool = Param(True, help=SIGN_HELP)
    overwrite: bool = Param(False, help=OVERWRITE_HELP)

    def run(self, ctx: Context) -> Artifact:
        return export_clip(self, ctx, partial(self._write, ctx), kind="frames")

    def _write(self, ctx: Context, clip: Clip, marking: Marking, path: Path) -> None:
        from engine.media.write_frames import SOUND_FILE, write_frames

        def progress(frames: int) -> None:
            ctx.progress(frames, clip.frames, "frames")

        def write() -> None:
            marked = marking.clip(clip)
            write_frames(marked, path, document=ctx.document, check=ctx.check, progress=progress)

        marking.written(write, path / SOUND_FILE)

    @classmethod
    def content(cls, params: Mapping[str, ParamValue]) -> str:
        """What tells its classifiers and markers from others."""
        return export_content(params)
