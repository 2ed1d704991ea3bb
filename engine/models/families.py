"""Which code makes which family: the tables `[[family]]` of the catalog, and what they name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Final, Protocol, cast

from pydantic import BaseModel, ConfigDict, Field

from engine.errors import InvalidInput
from engine.models.catalog_file import FAMILY, shipped
from engine.models.family import Family
from engine.models.loading.layout import INDEX, Layout, read_layout
from engine.values import VideoModel

GENERIC: Final = "generic"
"""The family of what no other one claims."""


class LoadFamily(Protocol):
    """Loads the weights in `folder` to `device`.  Raises InvalidWeights."""

    def __call__(self, handle: VideoModel, folder: Path, device: str) -> Family: ...


class FamilyEntry(BaseModel):
    """Where a family's code is, and how a folder of its weights is known: by a file of its own, or
    by the pipelines of diffusers that its index may name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    loader: str = Field(pattern=r"^engine\.models(\.[a-z0-9_]+)+:[a-z_]+$")
    """'module:function', named and not imported: code (and torch) comes with the first model."""
    marker: str = ""
    pipelines: frozenset[str] = frozenset()


@lru_cache(maxsize=1)
def families() -> Mapping[str, FamilyEntry]:
    """All families by name, as the catalog lists them."""
    return {entry.name: entry for entry in shipped(FAMILY, FamilyEntry)}


def loader(family: str) -> LoadFamily:
    """The function that loads models of a family.  Raises InvalidInput for an unknown one."""
    if family not in families():
        known = ", ".join(sorted(families()))
        raise InvalidInput(f"There is no model family '{family}'.", remedy=f"Use one of: {known}.")
    module, _, function = families()[family].loader.partition(":")
    return cast(LoadFamily, getattr(import_module(module), function))


def family_in(folder: Path) -> str:
    """The family whose weights a folder holds.  Raises InvalidInput if none is recognised."""
    for name, entry in families().items():
        if entry.marker and (folder / entry.marker).is_file():
            return name
    if (folder / INDEX).is_file():
        return _family_of(read_layout(folder))
    markers = " or ".join(f"'{e.marker}'" for e in families().values() if e.marker)
    raise InvalidInput(
        f"'{folder}' does not say which model family it holds.",
        remedy=f"A model's folder holds '{INDEX}' or {markers} beside its weights.",
    )


def _family_of(layout: Layout) -> str:
    for name, entry in families().items():
        if layout.pipeline in entry.pipelines:
            return name
    from engine.models.generic.calls import reason_against

    reason = reason_against(layout.pipeline) if layout.pipeline else ""
    if layout.pipeline and not reason:
        return GENERIC
    raise InvalidInput(
        f"'{layout.folder}' is for {layout.pipeline or 'no pipeline'}, which is not known here"
        f"{f', and {reason}' if reason else ''}.",
        remedy=f"Use a model of one of these families: {', '.join(sorted(families()))}; "
        f"'{GENERIC}' is any other video pipeline of diffusers.",
    )
