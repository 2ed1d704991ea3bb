"""The example graphs that ship: what `new` copies and `demo` runs."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from engine.errors import InvalidInput
from engine.graph.document import Document, parse_document
from engine.graph.names import way_out

SUFFIX: Final = ".reel"


def names() -> list[str]:
    """What templates there are, 'demo' first."""
    return sorted(_all(), key=lambda name: (name != "demo", name))


def text(name: str) -> str:
    """A template's document as JSON text.  Raises InvalidInput for an unknown name."""
    templates = _all()
    if name not in templates:
        raise InvalidInput(
            f"There is no template '{name}'.",
            remedy=way_out(name, sorted(templates), none="This installation ships none."),
        )
    return templates[name].read_text("utf-8")


def document(name: str) -> Document:
    """A template as a document."""
    return parse_document(text(name), f"the template '{name}'")


def _all() -> dict[str, Traversable]:
    return {file.name.removesuffix(SUFFIX): file for file in _files()}


def _files() -> Iterator[Traversable]:
    folder = files("assets").joinpath("graphs")
    if folder.is_dir():
        yield from (file for file in folder.iterdir() if file.name.endswith(SUFFIX))
