"""Which video model to use; a light handle, never the weights themselves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class VideoModel:
    """A handle to a model: the residency loads the weights behind it when a node asks.

    `family` names the code (engine/models/family.py), `source` the catalog id or folder, and
    `digest` the weights' content, so that a result's identity changes when the weights do.
    """

    family: str
    source: str
    digest: str
    precision: str = "auto"

    @property
    def nbytes(self) -> int:
        return 256
