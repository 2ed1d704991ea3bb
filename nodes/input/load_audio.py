"""The node that reads sound."""

from __future__ import annotations

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param
from engine.values import Audio


class LoadAudio(
    Node,
    type="input.audio",
    category="Input",
    aliases=("sound", "music", "voice", "wav", "mp3", "file"),
):
    """Read sound from a file; of a video, its sound track."""

    path: str = Param("", widget="open-file", help="The sound's file, as this computer names it.")

    def run(self, ctx: Context) -> Audio:
        from engine.media.read_audio import read_audio
        from nodes.files import named

        return read_audio(named(self.path, "sound"))
