"""The node that puts sound under a video."""

from __future__ import annotations

from dataclasses import replace

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.ports import In
from engine.values import Audio, Clip


class AttachAudio(
    Node,
    type="audio.attach",
    category="Audio",
    aliases=("add sound", "music", "soundtrack", "mux", "voice"),
):
    """Put sound under a video, in place of any it has.

    When the video is written, the sound is cut or padded with silence to its length.
    """

    clip: In[Clip]
    audio: In[Audio]

    def run(self, ctx: Context) -> Clip:
        origin = self.clip.origin.joined(self.audio.origin)
        return replace(self.clip, audio=self.audio, origin=origin)
