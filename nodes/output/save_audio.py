"""The node that writes a sound file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param
from engine.graph.ports import In
from engine.values import Artifact, Audio
from nodes.marking import MARK_HELP, Marking
from nodes.publishing import NAME_HELP, OVERWRITE_HELP, SIGN_HELP, Export, publish


class SaveAudio(
    Node,
    type="output.audio",
    category="Output",
    aliases=("export", "write", "sound", "wav", "mp3", "flac", "music", "save"),
    output=True,
):
    """Write a sound file, marked, and signed with the graph in its manifest."""

    audio: In[Audio]
    name: str = Param("sound_{seed}", max_length=200, help=NAME_HELP)
    format: Literal["wav", "flac", "mp3", "m4a", "ogg"] = Param(
        "wav", help="Kind of file; 'wav' and 'flac' lose nothing, the others are smaller."
    )
    mark: bool = Param(True, help=MARK_HELP)
    sign: bool = Param(True, help=SIGN_HELP)
    overwrite: bool = Param(False, help=OVERWRITE_HELP)

    def run(self, ctx: Context) -> Artifact:
        marking = Marking(ctx, mark=self.mark)
        export = Export(
            kind="audio",
            name=self.name,
            suffix=f".{self.format}",
            origin=self.audio.origin,
            write=lambda path: self._write(marking, path),
            sign=self.sign,
            overwrite=self.overwrite,
            marks=marking.marks,
        )
        return publish(ctx, export)

    def _write(self, marking: Marking, path: Path) -> None:
        from engine.media.write_audio import write_audio

        marking.written(lambda: write_audio(marking.sound(self.audio), path), path)
