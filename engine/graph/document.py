"""The graph document: one JSON file for screen and headless.

What computes (`nodes`, `links`, `subgraphs`, `exposed`) is kept apart from how it looks
(`view`), so that moving a box changes no identity and a diff reads well.

A document is immutable: an edit makes a new one that shares every node it does not touch, and
what was derived from a document or a node is remembered under its identity.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StrictInt, ValidationError

from engine.atomic import replacing
from engine.errors import StorageFailed
from engine.graph.document_problems import problems_of
from engine.graph.json_text import BadJson, read_json, write_json
from engine.graph.params import ParamValue
from engine.graph.problems import InvalidDocument, Problem

FORMAT: Final = 1
"""The newest document format this program reads, and the one it writes."""

MAX_DOCUMENT_BYTES: Final = 64 * 2**20

SUBGRAPH: Final = "subgraph/"
"""A node of type 'subgraph/<name>' is an instance of that definition."""

MAX_NAME_LENGTH: Final = 100

Name: TypeAlias = Annotated[str, Field(pattern=r"^[\w-]+$", max_length=MAX_NAME_LENGTH)]
"""Letters, digits, '_' and '-': ids join to paths with '/', and to parameters with '.'."""

Endpoint: TypeAlias = tuple[str, str]
"""A node's id and one of its ports (or parameters)."""

Mode: TypeAlias = Literal["on", "bypass", "mute"]


class _Frozen(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, validate_by_name=True
    )


class NodeSpec(_Frozen):
    """A node as the document holds it: what it is and what was set; the rest are defaults."""

    type: str
    version: StrictInt = Field(ge=1)
    params: Mapping[str, ParamValue] = {}
    mode: Mode = "on"


class Link(_Frozen):
    """A value's way from an output to an input or, promoting it, to a parameter."""

    source: Endpoint = Field(validation_alias="from", serialization_alias="from")
    target: Endpoint = Field(validation_alias="to", serialization_alias="to")


class Subgraph(_Frozen):
    """A definition that nodes of type 'subgraph/<name>' instantiate.

    `inputs` and `outputs` name the ports of an instance and the inner ports behind them;
    `params` are inner parameters promoted to the instance.
    """

    nodes: Mapping[Name, NodeSpec] = {}
    links: tuple[Link, ...] = ()
    inputs: Mapping[str, Endpoint] = {}
    outputs: Mapping[str, Endpoint] = {}
    params: Mapping[str, Endpoint] = {}


class Exposed(_Frozen):
    """A parameter that the document offers by a name of its own, to `--set` and to forms."""

    node: str
    param: str
    label: str = ""
    help: str = ""


class Document(_Frozen):
    """A graph, complete: what computes, what it offers, which packs it needs, how it looks."""

    format: StrictInt = FORMAT
    name: str = ""
    nodes: Mapping[Name, NodeSpec] = {}
    links: tuple[Link, ...] = ()
    subgraphs: Mapping[Name, Subgraph] = {}
    exposed: Mapping[Name, Exposed] = {}
    packs: Mapping[str, str] = {}
    view: Mapping[str, JsonValue] = {}


def parse_document(text: str | bytes, where: str = "the document") -> Document:
    """Read a document from JSON text; `where` is how problems call it.

    Raises InvalidDocument, with every problem that can be seen without knowing the nodes.
    """
    where = where[:1].upper() + where[1:]
    tree = _tree(text, where)
    try:
        return Document.model_validate(tree, by_alias=True, by_name=False)
    except ValidationError as error:
        raise InvalidDocument(problems_of(error, Document, where)) from None


def _tree(text: str | bytes, where: str) -> dict[str, JsonValue]:
    """The JSON object in `text`, known to be of a format that this program reads."""
    if len(text) > MAX_DOCUMENT_BYTES:
        raise _refused(_too_large(where), "Is it a graph at all?")
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            message = f"{where} is not UTF-8 text (byte {error.start})."
            raise _refused(message, "A graph is a JSON text file.") from None
    if not text.strip():
        raise _refused(f"{where} is empty.", "Save the graph again, or use a backup.")
    try:
        tree = read_json(text)
    except BadJson as error:
        raise _refused(f"{where} {error}.", "Correct it, or save the graph again.") from None
    if not isinstance(tree, dict):
        message = f"{where} holds a JSON {_kind(tree)} where an object is expected."
        raise _refused(message, 'A graph begins with {"format": 1, ...}.')
    _refuse_format(tree, where)
    return tree


def _refuse_format(tree: dict[str, JsonValue], where: str) -> None:
    found = tree.get("format")
    if found is None:
        message = f"{where} has no 'format', so it is no Reelwright graph."
        raise _refused(message, f'If it is one, add "format": {FORMAT}.')
    if type(found) is int and found > FORMAT:
        message = f"{where} was saved by a newer Reelwright (format {str(found)[:20]})."
        raise _refused(message, f"This one reads up to format {FORMAT}; please update it.")
    if type(found) is not int or found < 1:
        message = f"{where} gives no valid 'format'."
        raise _refused(message, f'It must be a whole number: "format": {FORMAT}.')


def _kind(value: JsonValue) -> str:
    kinds = {list: "list", str: "string", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "number")


def _too_large(where: str) -> str:
    return f"{where} is larger than {MAX_DOCUMENT_BYTES // 2**20} MiB."


def _refused(message: str, remedy: str) -> InvalidDocument:
    return InvalidDocument([Problem(message, remedy)])


def load_document(path: str | os.PathLike[str]) -> Document:
    """Read a document from a file.

    Raises InvalidDocument for what the file holds, StorageFailed if it cannot be read.  No more
    than MAX_DOCUMENT_BYTES are read, whatever the file claims to be.
    """
    where = f"'{os.fspath(path)}'"
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_DOCUMENT_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        message = f"There is no file {where}."
        raise _refused(message, "Check the name; `reelwright new` makes a graph.") from None
    except IsADirectoryError:
        raise _refused(f"{where} is a folder.", "Name a file in it.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StorageFailed(f"Cannot read {where}: {reason}.") from None
    return parse_document(content, where)


def dump_document(document: Document) -> str:
    """The document as JSON text: stable, readable, one thing a line; ends with a newline."""
    head: dict[str, JsonValue] = {"format": document.format, "name": document.name}
    body: dict[str, JsonValue] = {"nodes": {}, "links": []}
    body |= document.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return write_json(head | body) + "\n"


def save_document(document: Document, path: str | os.PathLike[str]) -> None:
    """Write a document to a file: the old content stands until the new one is complete.

    Raises StorageFailed, and then leaves nothing half-written.
    """
    with replacing(Path(path)) as partial:
        partial.write_bytes(dump_document(document).encode("utf-8", "replace"))
