"""Which code makes which family: a table from a family's name to the function that loads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final, Protocol, cast

from engine.errors import InvalidInput
from engine.models.family import Family
from engine.values import VideoModel


class LoadFamily(Protocol):
    """Loads the weights in `folder` to `device`.  Raises InvalidWeights."""

    def __call__(self, handle: VideoModel, folder: Path, device: str) -> Family: ...


@dataclass(frozen=True)
class FamilyEntry:
    """Where a family's code is, and the file by which a folder of its weights is known."""

    loader: str
    marker: str


# Named, not imported: a family's code (and torch) is loaded with its first model.
FAMILIES: Final[Mapping[str, FamilyEntry]] = {
    "starter": FamilyEntry("engine.models.starter.family:load", "starter.json"),
}


def loader(family: str) -> LoadFamily:
    """The function that loads models of a family.  Raises InvalidInput for an unknown one."""
    if family not in FAMILIES:
        known = ", ".join(sorted(FAMILIES))
        raise InvalidInput(f"There is no model family '{family}'.", remedy=f"Use one of: {known}.")
    module, _, function = FAMILIES[family].loader.partition(":")
    return cast(LoadFamily, getattr(import_module(module), function))


def family_in(folder: Path) -> str:
    """The family whose weights a folder holds.  Raises InvalidInput if none is recognised."""
    for name, entry in FAMILIES.items():
        if (folder / entry.marker).is_file():
            return name
    markers = " or ".join(f"'{entry.marker}'" for entry in FAMILIES.values())
    raise InvalidInput(
        f"'{folder}' does not say which model family it holds.",
        remedy=f"A model's folder holds {markers} beside its weights.",
    )
