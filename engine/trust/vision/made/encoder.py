"""Embeddings of frames by a transformers encoder of the user's own: DINOv2, CLIP and their like."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from engine.errors import InvalidInput
from engine.trust.checkpoints import load, state_of, transformers_module

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Frame = NDArray[np.uint8]
    Embeddings = NDArray[np.float32]

_BATCH = 8


class Encoder(Protocol):
    """Embeds frames: one row of floats for each."""

    def embeddings(self, frames: Sequence[Frame]) -> Embeddings: ...


class EncoderCheckpoint:
    """An encoder from a folder; its pooled output, or the mean of its tokens, is the embedding."""

    def __init__(self, folder: Path) -> None:
        transformers = transformers_module()
        self._folder = folder
        self._processor = load(transformers.AutoImageProcessor, folder)
        model = load(transformers.AutoModel, folder, use_safetensors=True)
        # Of CLIP and SigLIP the half that sees.
        self._model = getattr(model, "vision_model", model)

    def embeddings(self, frames: Sequence[Frame]) -> Embeddings:
        """Embeddings of shape (frames, dimensions).  Raises InvalidInput for no such encoder."""
        import numpy as np
        import torch

        found = []
        for start in range(0, len(frames), _BATCH):
            inputs = self._processor(
                images=list(frames[start : start + _BATCH]), return_tensors="pt"
            )
            with torch.inference_mode():
                answer = self._model(pixel_values=inputs["pixel_values"])
            found.append(self._pooled(answer).float().numpy())
        return np.concatenate(found)

    def _pooled(self, answer: object) -> torch.Tensor:
        import torch

        pooled = getattr(answer, "pooler_output", None)
        if isinstance(pooled, torch.Tensor):
            return pooled.flatten(1)
        tokens = getattr(answer, "last_hidden_state", None)
        if isinstance(tokens, torch.Tensor):
            return tokens.mean(1)
        raise InvalidInput(
            f"The model in '{self._folder}' gives no embeddings of pictures.",
            remedy="Give an encoder such as DINOv2 or CLIP.",
        )


def encoder_in(folder: Path) -> EncoderCheckpoint:
    """The encoder in a folder, loaded once.  Raises InvalidInput where it cannot be."""
    return _loaded(folder, state_of(folder / "config.json"))


@lru_cache(maxsize=2)
def _loaded(folder: Path, state: tuple[int, ...]) -> EncoderCheckpoint:
    return EncoderCheckpoint(folder)


if TYPE_CHECKING:
    import torch
