"""Where models come from: the catalog as data (`assets/catalog.toml`) and the user's own entries.

An entry of the user's catalog (`catalog.toml` in the configuration folder) stands beside ours and
wins where ids are equal.  A model may also be named by its folder.
"""

from __future__ import annotations

import os
import tomllib
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.errors import InvalidInput
from engine.folders import config_folder, models_folder
from engine.models.families import family_in
from engine.models.weights import digest_of
from engine.values import VideoModel

SHIPPED: Final = "assets:"
HUB: Final = "hub:"


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
    parameters: dict[str, int] = {}
    spatial_factor: int = 8
    temporal_factor: int = 4
    latent_channels: int = 16
    defaults: dict[str, int | float] = {}


def entries() -> tuple[CatalogEntry, ...]:
    """All models of the catalog, the user's own ones last.  Raises InvalidInput."""
    shipped = _read(files("assets").joinpath("catalog.toml").read_text("utf-8"), "the catalog")
    own = config_folder() / "catalog.toml"
    found = {entry.id: entry for entry in shipped}
    if own.is_file():
        found |= {entry.id: entry for entry in _read(own.read_text("utf-8"), str(own))}
    return tuple(found.values())


def find(id: str) -> CatalogEntry:
    """The entry of an id.  Raises InvalidInput that names what there is."""
    known = {entry.id: entry for entry in entries()}
    if id not in known:
        raise InvalidInput(
            f"There is no model '{id}'.",
            remedy=f"Use one of {', '.join(known)}, or the path of a model's folder.",
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


def is_here(id: str) -> bool:
    """Whether the weights of a catalog id are on this computer."""
    return any(folder_of(id).rglob("*.safetensors"))


def handle(source: str, precision: str = "auto") -> VideoModel:
    """Resolve a catalog id or a folder to a handle whose digest is of the weights' content.

    Raises InvalidInput for an unknown id and InvalidWeights for weights that are not there.
    """
    folder = folder_of(source)
    if not folder.is_dir() and os.sep not in source:
        raise InvalidInput(
            f"The weights of '{source}' are not on this computer.",
            remedy=f"Fetch them with 'reelwright models pull {source}'.",
        )
    return VideoModel(_family(source, folder), source, digest_of(folder), precision)


def _family(source: str, folder: Path) -> str:
    known = {entry.id: entry.family for entry in entries()}
    return known.get(source) or family_in(folder)


@lru_cache(maxsize=8)
def _read(text: str, where: str) -> tuple[CatalogEntry, ...]:
    try:
        models = tomllib.loads(text).get("model", [])
        return tuple(CatalogEntry.model_validate(model) for model in models)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"{where} is no valid TOML: {error}.", remedy="Mend it.") from None
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(
            f"In {where}, the field '{field}' of a model is wrong: {first['msg']}.",
            remedy="Mend the entry, or take it out.",
        ) from None
