"""The example graphs that ship: what `new` copies, `demo` runs and the gallery shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from engine.errors import InvalidInput
from engine.graph.document import Document, parse_document
from engine.graph.names import way_out

SUFFIX: Final = ".reel"
PICTURE: Final = ".jpg"
PICTURE_FRAMES: Final = 8
"""A template's picture is so many square frames of its video side by side."""

FIRST: Final = ("demo", "realtime", "standard", "cinema")
"""The order in which people meet the templates; those not named here follow by name."""

ABOUT: Final = "about"
"""The note of a template that says what it is for."""


@dataclass(frozen=True)
class Template:
    """A template as a gallery shows it; `picture` is empty where none was made."""

    name: str
    document: Document
    summary: str
    picture: bytes

    @property
    def title(self) -> str:
        """What people call it."""
        return self.document.name or self.name


def names() -> list[str]:
    """What templates there are, 'demo' first."""
    return sorted(_all(), key=_rank)


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


def gallery() -> tuple[Template, ...]:
    """Every template with its picture.  Reads files: work for a background thread."""
    return tuple(template(name) for name in names())


def template(name: str) -> Template:
    """One template with its picture.  Raises InvalidInput for an unknown name."""
    found = document(name)
    picture = files("assets").joinpath("graphs", name + PICTURE)
    shown = picture.read_bytes() if picture.is_file() else b""
    return Template(name, found, summary_of(found), shown)


def summary_of(document: Document) -> str:
    """The first paragraph of the note that says what a template is for, or ''."""
    notes = document.view.get("notes")
    about = notes.get(ABOUT) if isinstance(notes, dict) else None
    told = about.get("text") if isinstance(about, dict) else None
    return told.partition("\n")[0] if isinstance(told, str) else ""


def _rank(name: str) -> tuple[int, str]:
    return (FIRST.index(name) if name in FIRST else len(FIRST), name)


def _all() -> dict[str, Traversable]:
    return {file.name.removesuffix(SUFFIX): file for file in _files()}


def _files() -> Iterator[Traversable]:
    folder = files("assets").joinpath("graphs")
    if folder.is_dir():
        yield from (file for file in folder.iterdir() if file.name.endswith(SUFFIX))
