"""Where models come from: the catalog as data (`assets/catalog.toml`) and the user's own entries.

An entry of the user's catalog (`catalog.toml` in the configuration folder) stands beside ours and
wins where ids are equal.  A model may also be named by its folder, or by a single file of weights.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.errors import InvalidInput
from engine.folders import models_folder
from engine.models.catalog_file import own, shipped
from engine.models.families import family_in
from engine.models.weights import digest_of
from engine.values import Recommended, VideoModel

MODEL: Final = "model"
SHIPPED: Final = "assets:"
HUB: Final = "hub:"
FREE_LICENCES: Final = frozenset({"Apache-2.0", "MIT", "BSD-3-Clause", "CC0", "CC0-1.0"})
"""Licences without conditions on who may use a model for what: nobody is asked to accept them."""

BYTES: Final[Mapping[str, float]] = {
    "float32": 4, "bfloat16": 2, "float16": 2, "fp8": 1, "int8": 1,
}  # fmt: skip
DENOISERS: Final = ("dit", "dit_2")
Mode = Literal[
    "text",
    "image",
    "last-image",
    "keyframes",
    "reference",
    "video",
    "extension",
    "control",
    "audio",
]
"""What is made a video of: 'video' is changed into another, 'extension' gone on from."""


class CatalogEntry(BaseModel):
    """One model: what it is, where its weights are, what it needs and what suits it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    family: str
    title: str
    description: str = ""
    licence: str
    source: str = Field(description="'assets:FOLDER' ships with us, 'hub:OWNER/NAME', or a folder")
    revision: str = ""
    variant: str = ""
    files: tuple[str, ...] = Field(
        default=(), description="which files the model is, where no index says so; '*' is anything"
    )
    modes: tuple[Mode, ...] = ("text",)
    parameters: dict[str, int] = {}
    spatial_factor: int = 8
    temporal_factor: int = 4
    latent_channels: int = 16
    sizes: tuple[tuple[int, int, int], ...] = Field(
        default=(), description="width, height and frames that the model's makers recommend"
    )
    defaults: Recommended = Recommended()

    @property
    def repository(self) -> str:
        """'OWNER/NAME' on the hub, '' for what is not fetched."""
        return self.source.removeprefix(HUB) if self.source.startswith(HUB) else ""

    @property
    def needs_consent(self) -> bool:
        """Whether who fetches it must accept its licence first."""
        return bool(self.repository) and self.licence not in FREE_LICENCES

    def memory(self, precision: str) -> dict[str, int]:
        """Bytes of each component's weights: parameters x bytes each.

        In 8 bits the denoiser alone takes one byte a parameter; the rest stays in two.
        """
        smallest = max(BYTES[precision], 2)
        return {
            name: round(count * (BYTES[precision] if name in DENOISERS else smallest))
            for name, count in self.parameters.items()
        }


def entries() -> tuple[CatalogEntry, ...]:
    """All models of the catalog, the user's own ones last.  Raises InvalidInput."""
    return tuple(by_id().values())


def by_id() -> dict[str, CatalogEntry]:
    """The same by their ids.  Raises InvalidInput."""
    rows = (*shipped(MODEL, CatalogEntry), *own(MODEL, CatalogEntry))
    return {entry.id: entry for entry in rows}


def find(id: str) -> CatalogEntry:
    """The entry of an id.  Raises InvalidInput that names what there is."""
    known = by_id()
    if id not in known:
        close = get_close_matches(id, known, 3)
        meant = f"Did you mean {' or '.join(map(repr, close))}? " if close else ""
        raise InvalidInput(
            f"There is no model '{id}'.",
            remedy=f"{meant}'reelwright models list' shows those there are; a model may also be "
            "named by the path of its folder.",
        )
    return known[id]


def folder_of(source: str) -> Path:
    """The folder that holds the weights of a catalog id, or of a folder given as such."""
    if os.sep in source or source.startswith("."):
        return Path(source)
    entry = find(source)
    if entry.source.startswith(SHIPPED):
        return Path(str(files("assets").joinpath(entry.source.removeprefix(SHIPPED))))
    if entry.source.startswith(HUB):
        return models_folder() / entry.id
    return Path(entry.source)


def place_of(source: str) -> Path:
    """The folder or file of weights that a catalog id or a path names.

    Raises InvalidInput for an id that is unknown or not here, or a path where nothing is.
    """
    if not source:
        raise InvalidInput("No model is named.", remedy="Give an id of the catalog, or a path.")
    place = Path(source) if os.sep in source and Path(source).exists() else folder_of(source)
    if place.exists():
        return place
    if os.sep in source:
        raise InvalidInput(f"'{source}' does not exist.", remedy="Check the path.")
    raise not_here(source)


def is_here(id: str) -> bool:
    """Whether the weights of a catalog id are on this computer."""
    return any(folder_of(id).rglob("*.safetensors"))


def handle(source: str, precision: str = "auto") -> VideoModel:
    """Resolve a catalog id, a folder or a single file to a handle with its content's digest.

    A single file is put into the model that has the rest.  Raises InvalidInput for an unknown id
    or file and InvalidWeights for weights that are not there.
    """
    if os.sep in source and Path(source).is_file():
        from engine.models.loading.recognition import handle_of_file

        return handle_of_file(Path(source), precision)
    folder = folder_of(source)
    if not folder.is_dir() and os.sep not in source:
        raise not_here(source)
    entry = by_id().get(source)
    family = family_in(folder) if entry is None else entry.family
    recommended = Recommended() if entry is None else entry.defaults
    return VideoModel(family, source, digest_of(folder), precision, recommended=recommended)


def not_here(id: str) -> InvalidInput:
    """What to say of a model that is still to be fetched."""
    return InvalidInput(
        f"The weights of '{id}' are not on this computer.",
        remedy=f"Fetch them with 'reelwright models pull {id}'.",
    )
