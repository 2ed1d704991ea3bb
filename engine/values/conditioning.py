"""What steers a sampler: an encoded prompt, and frames that must appear."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.values.image import Image

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class FrameCondition:
    """A picture that the video shows at frame `index`; negative counts from the end.

    Without a frame it is a reference: what is in it shall look so, wherever it appears.
    """

    image: Image
    index: int | None

    @property
    def nbytes(self) -> int:
        return self.image.nbytes


@dataclass(frozen=True, eq=False)
class Conditioning:
    """An encoded prompt: tensors by name, as the model's family laid them out.

    `text` is the prompt in words; `frames` are pictures at given frames.  `notes` are sentences
    for the user (a word the model does not know, say).
    """

    text: str
    tensors: dict[str, torch.Tensor]
    frames: tuple[FrameCondition, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def nbytes(self) -> int:
        tensors = sum(t.numel() * t.element_size() for t in self.tensors.values())
        return tensors + sum(frame.nbytes for frame in self.frames)
