"""Which classes a component may be of: those that diffusers and transformers themselves define.

A model's folder names its classes.  Names are looked up in these two libraries, and in diffusers'
folders of pipelines, and nowhere else, so that no folder can bring code of its own.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Final

from engine.errors import InvalidInput

LIBRARIES: Final = ("diffusers", "transformers")


def find_class(name: str, library: str = "", *, where: str) -> type:
    """The class of a name.  Raises InvalidInput where neither library has it.

    `library` is what the folder says; an empty one means either.
    """
    modules = _modules(library)
    if not modules:
        raise InvalidInput(
            f"{where} wants '{name}' from '{library}', which is code of its own and is not run.",
            remedy="Use a model whose classes diffusers and transformers define.",
        )
    for module in modules:
        found = getattr(import_module(module), name, None) if name.isidentifier() else None
        if isinstance(found, type):
            return found
    raise InvalidInput(
        f"{where} names the class '{name}', which is not known here.",
        remedy="Update diffusers and transformers, or use a model that these versions know.",
    )


def _modules(library: str) -> tuple[str, ...]:
    """Where to look; a library that is neither may be the folder of a pipeline in diffusers."""
    if not library or library in LIBRARIES:
        return (library,) if library else LIBRARIES
    pipelines = f"diffusers.pipelines.{library}"
    known = library.isidentifier() and find_spec(pipelines) is not None
    return (pipelines,) if known else ()


def accepted(found: type, classes: tuple[str, ...]) -> bool:
    """Whether a class is one of those that are accepted, or derived from one; none means any."""
    return not classes or bool({base.__name__ for base in found.__mro__} & set(classes))
