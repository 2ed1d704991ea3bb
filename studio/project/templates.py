"""The example graphs that ship: what `new` copies, `demo` runs and the gallery shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Final

from engine.errors import InvalidInput
from engine.graph.document import Document, parse_document
from engine.graph.names import way_out
from engine.graph.registry import installed_registry
from engine.models import catalog
from engine.models.catalog import CatalogEntry
from engine.models.catalog_file import shipped
from studio.project import shelf
from studio.project.shelf import ShelfModel

if TYPE_CHECKING:
    from studio.faces import CanvasFace  # the command line comes here without the studio's extras

SUFFIX: Final = ".reel"
PICTURE: Final = ".jpg"
PICTURE_FRAMES: Final = 8
"""A template's picture is so many square frames of its video side by side."""

FIRST: Final = ("demo", "realtime", "standard", "cinema")
"""The order in which people meet the templates; the others follow by the catalog's models."""

ABOUT: Final = "about"
"""The note of a template that says what it is for."""

LOADER: Final = "model.load"
"""The node that names a template's model."""

FILES: Final = frozenset({"input.image", "input.video", "input.audio"})
"""The nodes that ask for a file."""


@dataclass(frozen=True)
class Template:
    """A template as a gallery shows it.

    `picture` is empty where none can be made without weights that do not ship: its graph is shown
    instead, as `face` has it.  `needs` is what is known of its model; None where that is still to
    be chosen, or the user's catalog is at fault.
    """

    name: str
    document: Document
    summary: str
    picture: bytes
    face: CanvasFace
    runs_at_once: bool
    """Whether its model comes with us."""
    needs: ShelfModel | None = None

    @property
    def title(self) -> str:
        """What people call it."""
        return self.document.name or self.name

    def matches(self, words: str) -> bool:
        """Whether everything that was typed is found in what is told of it."""
        told = f"{self.name} {self.title} {self.summary}"
        if self.needs is not None:
            told += f" {self.needs.id} {self.needs.title} {self.needs.licence}"
        return all(word in told.casefold() for word in words.casefold().split())


def names() -> list[str]:
    """What templates there are, 'demo' first; of one model, those first that ask for no file."""
    order = {id: place for place, id in enumerate(_offered())}

    def rank(name: str) -> tuple[int, int, int, int, str]:
        found = document(name)
        first = FIRST.index(name) if name in FIRST else len(FIRST)
        model = order.get(model_of(found), len(order))
        files = sum(spec.type in FILES for spec in found.nodes.values())
        return first, model, files, len(found.nodes), name

    return sorted(_all(), key=rank)


def text(name: str) -> str:
    """A template's document as JSON text.  Raises InvalidInput for an unknown name."""
    templates = _all()
    if name not in templates:
        raise InvalidInput(
            f"There is no template '{name}'.",
            remedy=way_out(name, sorted(templates), none="This installation ships none."),
        )
    return templates[name].read_text("utf-8")


@cache
def document(name: str) -> Document:
    """A template as a document; each is read once."""
    return parse_document(text(name), f"the template '{name}'")


def gallery() -> tuple[Template, ...]:
    """Every template with its picture and its model as it is here.

    Reads files: work for a background thread.
    """
    from studio.document import OpenDocument  # not for who only wants a template's text
    from studio.resolve import Resolver

    try:
        models = {model.id: model for model in shelf.look()}
    except InvalidInput:  # the models panel says so; templates are there without a catalog
        models = {}
    registry = installed_registry()

    def template(name: str) -> Template:
        found = document(name)
        face = Resolver(OpenDocument(found, registry)).face(None)
        told, needs = summary_of(found), models.get(model_of(found))
        return Template(name, found, told, _picture(name), face, runs_at_once(found), needs)

    return tuple(map(template, names()))


def model_of(document: Document) -> str:
    """The model that a document names; '' if that is still to be chosen."""
    loads = (spec for spec in document.nodes.values() if spec.type == LOADER)
    return next((str(spec.params.get("model", "")) for spec in loads), "")


def runs_at_once(document: Document) -> bool:
    """Whether the model that a document names comes with us."""
    model = _offered().get(model_of(document))
    return model is not None and model.source.startswith(catalog.SHIPPED)


def summary_of(document: Document) -> str:
    """The first paragraph of the note that says what a template is for, or ''."""
    notes = document.view.get("notes")
    about = notes.get(ABOUT) if isinstance(notes, dict) else None
    told = about.get("text") if isinstance(about, dict) else None
    return told.partition("\n")[0] if isinstance(told, str) else ""


@cache
def _offered() -> dict[str, CatalogEntry]:
    """Our own models by id: templates name no others."""
    return {entry.id: entry for entry in shipped(catalog.MODEL, CatalogEntry)}


def _picture(name: str) -> bytes:
    picture = files("assets").joinpath("graphs", name + PICTURE)
    return picture.read_bytes() if picture.is_file() else b""


def _all() -> dict[str, Traversable]:
    return {file.name.removesuffix(SUFFIX): file for file in _files()}


def _files() -> Iterator[Traversable]:
    folder = files("assets").joinpath("graphs")
    if folder.is_dir():
        yield from (file for file in folder.iterdir() if file.name.endswith(SUFFIX))
