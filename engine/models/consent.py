"""Which licences a user has accepted: asked once, remembered in the configuration folder."""

from __future__ import annotations

import json
from pathlib import Path

from engine.atomic import replacing
from engine.errors import InvalidInput
from engine.folders import config_folder
from engine.models.catalog import CatalogEntry


def licence_address(entry: CatalogEntry) -> str:
    """Where a model's licence can be read."""
    return f"https://huggingface.co/{entry.repository}"


def to_accept(entry: CatalogEntry) -> str:
    """The licence that is still to be accepted before a model is fetched, '' if none."""
    return entry.licence if entry.needs_consent and entry.licence not in _accepted() else ""


def accept(licence: str) -> None:
    """Remember that a licence was accepted.  Raises StorageFailed."""
    with replacing(_place()) as partial:
        partial.write_text(json.dumps(sorted({*_accepted(), licence}), indent=1), "utf-8")


def require_consent(entry: CatalogEntry) -> None:
    """Raises InvalidInput, with where it can be read, for a licence that was not accepted."""
    licence = to_accept(entry)
    if licence:
        raise InvalidInput(
            f"'{entry.id}' comes under the {licence}, which nobody has accepted here yet.",
            remedy=f"Read it at {licence_address(entry)}, and accept it with "
            f"'reelwright models pull {entry.id} --accept-licence'.",
        )


def _place() -> Path:
    return config_folder() / "licences.json"


def _accepted() -> set[str]:
    try:
        return {str(name) for name in json.loads(_place().read_text("utf-8"))}
    except (OSError, ValueError, TypeError):
        return set()
