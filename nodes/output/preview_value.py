"""The node that shows what arrives at it."""

from __future__ import annotations

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.ports import In
from engine.values import (
    Artifact,
    Audio,
    Clip,
    Conditioning,
    FrameCondition,
    Image,
    Latent,
    Report,
    VideoModel,
)


class PreviewValue(
    Node,
    type="output.preview",
    category="Output",
    aliases=("show", "view", "look", "inspect", "display", "watch"),
    output=True,
    cached=False,
):
    """Show a picture, the middle of a video, or any other value; nothing is written."""

    value: In[object]

    def run(self, ctx: Context) -> object:
        if isinstance(self.value, Image):
            image = self.value
            ctx.preview(lambda: image)
        elif isinstance(self.value, Clip):
            ctx.preview(self._middle)
        else:
            ctx.note(_in_words(self.value))
        return self.value

    def _middle(self) -> Image:
        from nodes.streams import frame_at

        assert isinstance(self.value, Clip)
        return frame_at(self.value, self.value.frames // 2)


def _in_words(value: object) -> str:
    """A plain value as it is; of any other what is worth knowing, never its arrays."""
    match value:
        case Latent():
            return f"A latent of {value.frames} frames, {value.width} x {value.height} pixels."
        case Audio():
            return f"{float(value.duration):.2f} s of sound at {value.rate} Hz."
        case Conditioning():
            return f"The encoded prompt '{value.text}'."
        case FrameCondition():
            image = value.image
            where = "as a reference" if value.index is None else f"at frame {value.index}"
            return f"A picture of {image.width} x {image.height} pixels {where}."
        case VideoModel():
            return f"The model '{value.source}'."
        case Artifact():
            return str(value.path)
        case Report():
            told = (f"{name} {_figure(found)}" for name, found in value.findings.items())
            return f"{value.title}: {', '.join(told)}."
        case _:
            return str(value)


def _figure(found: str | float | bool) -> str:
    return f"{found:.4g}" if isinstance(found, float) else str(found)
