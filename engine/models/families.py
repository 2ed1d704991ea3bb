"""Which code makes which family: a table from a family's name to the function that loads it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Final, Protocol, cast

from engine.errors import InvalidInput
from engine.models.family import Family
from engine.values import VideoModel


class LoadFamily(Protocol):
    """Loads the weights in `folder` to `device`.  Raises InvalidWeights."""

    def __call__(self, handle: VideoModel, folder: Path, device: str) -> Family: ...


# Named, not imported: a family's code (and torch) is loaded with its first model.
FAMILIES: Final[Mapping[str, str]] = {"starter": "engine.models.starter.family:load"}


def loader(family: str) -> LoadFamily:
    """The function that loads models of a family.  Raises InvalidInput for an unknown one."""
    if family not in FAMILIES:
        known = ", ".join(sorted(FAMILIES))
        raise InvalidInput(f"There is no model family '{family}'.", remedy=f"Use one of: {known}.")
    module, _, function = FAMILIES[family].partition(":")
    return cast(LoadFamily, getattr(import_module(module), function))
