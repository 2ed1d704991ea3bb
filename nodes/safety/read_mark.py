"""The node that looks for this computer's mark in a video."""

from __future__ import annotations

from dataclasses import replace

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.ports import In
from engine.values import Clip, Report


class ReadMark(
    Node,
    type="safety.read_mark",
    category="Safety",
    aliases=("watermark", "detect", "find", "provenance", "origin", "ledger"),
    cached=False,
):
    """Look for a hidden number in picture and sound, and for what the ledgers know of it.

    Only marks made with this computer's key can be read; that none is found proves nothing.
    """

    clip: In[Clip]

    def run(self, ctx: Context) -> Report:
        from engine.trust.ledger import ledgers
        from engine.trust.release import AUDIO_WATERMARK, Mark, MarkKind
        from engine.trust.watermark.audio.read import read_audio_mark
        from engine.trust.watermark.keys import owner_key
        from engine.trust.watermark.markers import reading_markers

        key, audio, books = owner_key(), self.clip.audio, ledgers()
        looked = [
            (
                f"picture, {marker.name}" if marker.name else "picture",
                Mark(marker.kind, marker.algorithm),
                marker.read(
                    iter(self.clip),
                    key=key,
                    fps=self.clip.fps,
                    known={n for book in books for n in book.numbers(marker.algorithm)},
                ),
            )
            for marker in reading_markers()
        ]
        heard = None if audio is None else read_audio_mark(audio, key)
        looked.append(("sound", Mark(MarkKind.AUDIO, AUDIO_WATERMARK), heard))
        findings: dict[str, str | float | bool] = {}
        for where, kind, found in looked:
            if found is None:
                findings[where] = "no mark of this computer's key"
                continue
            mark = replace(kind, id=found.id)
            known = [entry for book in books for entry in book.marked(mark)]
            findings[where] = f"marked with the number {mark.value}"
            findings[f"standard deviations, {where}"] = round(found.confidence, 1)
            findings["ledger"] = f"'{known[0].title}' of {known[0].time}" if known else "not known"
        if audio is None:
            findings["sound"] = "there is none"
        return Report("Hidden mark", True, findings)
