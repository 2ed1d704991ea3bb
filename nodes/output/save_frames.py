"""The node that writes a video as single pictures."""

from __future__ import annotations

from pathlib import Path

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param
from engine.graph.ports import In
from engine.values import Artifact, Clip
from nodes.publishing import NAME_HELP, OVERWRITE_HELP, SIGN_HELP, Export, publish
from nodes.screening import Screening


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
    sign: bool = Param(True, help=SIGN_HELP)
    overwrite: bool = Param(False, help=OVERWRITE_HELP)

    def run(self, ctx: Context) -> Artifact:
        clip, screening = self.clip, Screening()
        export = Export(
            kind="frames",
            name=self.name,
            suffix="",
            origin=clip.origin,
            write=lambda path: self._write(ctx, screening.clip(clip), path),
            sign=self.sign,
            overwrite=self.overwrite,
            assessed=screening.assessed,
        )
        return publish(ctx, export)

    def _write(self, ctx: Context, clip: Clip, path: Path) -> None:
        from engine.media.write_frames import write_frames

        def progress(frames: int) -> None:
            ctx.progress(frames, clip.frames, "frames")

        write_frames(clip, path, document=ctx.document, check=ctx.check, progress=progress)
