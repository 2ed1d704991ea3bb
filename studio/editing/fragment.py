"""A fragment: a part of a graph as text, for the clipboard, a chat, a file.

    {"reelwright": "fragment", "nodes": {...}, "links": [...], "inputs": [...],
     "subgraphs": {...}, "view": {...}}

`links` are those inside, `inputs` those that came from outside.  `view` calls nodes by their ids.
What is pasted may be such text, the text of a whole document, or either of them inside a text
with code fences, as chats give it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from engine.errors import InvalidInput
from engine.graph.document import Document, Link, Name, NodeSpec, Subgraph, parse_document
from engine.graph.document_problems import problems_of
from engine.graph.json_text import BadJson, read_json, write_json

LONGEST_TEXT: Final = 4 * 2**20
MARK: Final = "reelwright"
FENCE: Final = re.compile(r"```[^\n`]*\n(.*?)```", re.DOTALL)
WHAT: Final = "what was pasted"
REMEDY: Final = "Copy nodes in Reelwright, or paste the text of a .reel file."


class Fragment(BaseModel):
    """A part of a graph; its definitions come along."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, validate_by_name=True
    )

    kind: Annotated[Literal["fragment"], Field(validation_alias=MARK, serialization_alias=MARK)] = (
        "fragment"
    )
    nodes: Mapping[Name, NodeSpec] = {}
    links: tuple[Link, ...] = ()
    inputs: tuple[Link, ...] = ()
    subgraphs: Mapping[Name, Subgraph] = {}
    view: Mapping[str, JsonValue] = {}

    @property
    def empty(self) -> bool:
        """Whether there is nothing in it to paste."""
        return not (self.nodes or self.view.get("frames") or self.view.get("notes"))


def dump_fragment(fragment: Fragment) -> str:
    """The fragment as readable JSON text; ends with a newline."""
    body = fragment.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    head: dict[str, JsonValue] = {MARK: "fragment", "nodes": {}}
    return write_json(head | body) + "\n"


def parse_fragment(text: str) -> Fragment:
    """What was pasted.  Raises InvalidInput that says what is wrong with it, in one sentence."""
    if len(text) > LONGEST_TEXT:
        what = f"The text is larger than {LONGEST_TEXT // 2**20} MiB."
        raise InvalidInput(what, remedy="Open it as a file instead.")
    if not text.strip():
        raise InvalidInput("There is no text to paste.", remedy=REMEDY)
    candidates = tuple(_candidates(text))
    if not candidates:
        raise InvalidInput("The text to paste holds no graph.", remedy=REMEDY)
    tree = _first_object(candidates)
    fragment = _read(tree)
    if fragment.empty:
        raise InvalidInput("There are no nodes in what was pasted.", remedy=REMEDY)
    _refuse_lost_links(fragment)
    return fragment


def _candidates(text: str) -> Iterator[str]:
    """The parts of a text that may be a graph: fenced code first, then all that is in braces."""
    for found in FENCE.finditer(text):
        if "{" in found[1]:
            yield _in_braces(found[1])
    if "{" in text:
        yield _in_braces(text)


def _in_braces(text: str) -> str:
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if end > start else text[start:]


def _first_object(candidates: tuple[str, ...]) -> dict[str, JsonValue]:
    """The first candidate that is a graph; else the reason why the first is none."""
    reason = "holds no graph"
    found: dict[str, JsonValue] | None = None
    for number, candidate in enumerate(candidates):
        try:
            tree = read_json(candidate)
        except BadJson as error:
            reason = str(error) if number == 0 else reason
            continue
        if isinstance(tree, dict) and (MARK in tree or "format" in tree or "nodes" in tree):
            return tree
        if isinstance(tree, dict):
            found = found or tree
    if found is not None:
        raise InvalidInput("What was pasted is JSON, but no graph of Reelwright.", remedy=REMEDY)
    raise InvalidInput(f"What was pasted {reason}.", remedy=REMEDY)


def _read(tree: dict[str, JsonValue]) -> Fragment:
    if "format" in tree:
        return of_document(parse_document(write_json(tree), WHAT))
    if MARK not in tree:
        tree = {MARK: "fragment", **tree}
    try:
        return Fragment.model_validate(tree, by_alias=True, by_name=False)
    except ValidationError as error:
        first, *others = problems_of(error, Fragment, WHAT[:1].upper() + WHAT[1:])
        more = f" There are {len(others)} more problems." if others else ""
        raise InvalidInput(first.message + more, remedy=first.remedy) from None


def of_document(document: Document) -> Fragment:
    """The top level of a document, with all its definitions."""
    view = {key: document.view[key] for key in PARTS if key in document.view}
    return Fragment(
        nodes=document.nodes, links=document.links, subgraphs=document.subgraphs, view=view
    )


PARTS: Final = ("nodes", "frames", "notes", "waypoints")


def _refuse_lost_links(fragment: Fragment) -> None:
    for link in fragment.links:
        for id in (link.source[0], link.target[0]):
            if id not in fragment.nodes:
                what = f"What was pasted has a link at a node '{id[:100]}' that is not in it."
                raise InvalidInput(what, remedy="Copy that node too, or remove the link.")
    for link in fragment.inputs:
        if link.target[0] not in fragment.nodes:
            what = f"What was pasted has an input of a node '{link.target[0][:100]}' not in it."
            raise InvalidInput(what, remedy="Remove that input.")
