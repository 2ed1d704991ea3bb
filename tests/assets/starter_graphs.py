"""Which of the example graphs run on our own models, as the catalog has them."""

from __future__ import annotations

from typing import Final

from engine.models import catalog
from studio.project import templates

FAMILY: Final = "starter"


def family_of(name: str) -> str | None:
    """The family of the model that an example graph names; None for one that no catalog has."""
    families = {entry.id: entry.family for entry in catalog.entries()}
    return families.get(templates.model_of(templates.document(name)))


def starter_graphs() -> list[str]:
    """Their names, in order."""
    return [name for name in templates.names() if family_of(name) == FAMILY]
