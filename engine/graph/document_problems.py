"""What pydantic finds wrong with a document, in words for its author."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TypeAlias, TypeGuard, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from engine.graph.names import way_out
from engine.graph.params import shown
from engine.graph.problems import Problem

Location: TypeAlias = tuple[int | str, ...]

EXPECTED: Mapping[str, str] = {
    "string_type": "must be text",
    "string_unicode": "must be text without lone surrogates",
    "int_type": "must be a whole number",
    "dict_type": "must be an object",
    "mapping_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "tuple_type": "must be a list",
    "finite_number": "must be a finite number",
}
"""Clauses by pydantic's error type, where its own would speak of Python."""


def problems_of(error: ValidationError, model: type[BaseModel], where: str) -> list[Problem]:
    """Every finding of `error` as one problem with its place in the JSON text."""
    found: dict[Location, Problem] = {}
    for detail in error.errors(include_url=False, include_context=True):
        place = _place(detail["loc"])
        found.setdefault(place, _problem(detail, place, model, where))
    return list(found.values())


def _place(location: Location) -> Location:
    """The location without pydantic's notes on which arm of a union or key was tried."""
    for section, depth in (("params", 2), ("view", 2)):
        if section in location:
            location = location[: location.index(section) + depth]
    return tuple(part for part in location if part != "[key]")


def _problem(detail: ErrorDetails, place: Location, model: type[BaseModel], where: str) -> Problem:
    kind = detail["type"]
    node, field = _node_and_field(place)
    if kind == "too_long" or (kind == "missing" and isinstance(place[-1], int)):
        pair = place if kind == "too_long" else place[:-1]
        message = f"{where}: {_words(pair)} must be [node, port]."
        return Problem(message, "Give exactly these two names.", node, field)
    if kind == "missing":
        message = f"{where} lacks the key '{place[-1]}' in {_words(place[:-1])}."
        return Problem(message, "Add it.", node, field)
    if kind == "extra_forbidden":
        message = f"{where} has an unknown key '{place[-1]}' in {_words(place[:-1])}."
        return Problem(message, way_out(str(place[-1]), _keys(model, place[:-1])), node, field)
    if "[key]" in detail["loc"]:
        message = f"{where} has a name {shown(place[-1])} in {_words(place[:-1])}."
        return Problem(message, "Use 1 to 100 letters, digits, '_' and '-'.", node, field)
    value = _as_json(detail["input"])
    message = f"{where}: {_words(place)} {_clause(detail, place)}, not {value}."
    return Problem(message, "", node, field, value)


def _as_json(value: object) -> str:
    """What stands in the text, in one short line."""
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 60 else text[:57] + "..."


def _clause(detail: ErrorDetails, place: Location) -> str:
    """What stands in the place is expected to be."""
    if "params" in place and "subgraphs" not in place[:1]:
        return "must be true or false, a number, text, or a list of these"
    kind = detail["type"]
    if kind == "literal_error":
        return f"must be {detail['ctx']['expected']}"
    if kind == "greater_than_equal":
        return f"must be at least {detail['ctx']['ge']}"
    return EXPECTED.get(kind, "cannot be used as it is")


def _words(place: Location) -> str:
    """A location as people read it: "the top level", "nodes › sampler › params › steps"."""
    return " › ".join(str(part)[:100] for part in place) or "the top level"


def _node_and_field(place: Location) -> tuple[str, str]:
    parts = [str(part) for part in place]
    within = ""
    if parts[:1] == ["subgraphs"]:
        within, parts = f"{parts[1]}:" if len(parts) > 1 else "", parts[2:]
    if parts[:1] == ["nodes"] and len(parts) > 1:
        return within + parts[1], parts[-1] if len(parts) > 2 else ""
    return "", parts[-1] if parts else ""


def _keys(model: type[BaseModel], place: Iterable[int | str]) -> list[str]:
    """The keys that the object at `place` may have, as JSON spells them."""
    here: object = model
    for part in place:
        here = _fields(here)[str(part)] if _is_model(here) else _element(here)
    return list(_fields(here)) if _is_model(here) else []


def _is_model(annotation: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _fields(model: object) -> dict[str, object]:
    """A model's annotations by the key that JSON has for them."""
    if not _is_model(model):
        return {}
    fields = model.model_fields.items()
    return {str(field.validation_alias or name): field.annotation for name, field in fields}


def _element(annotation: object) -> object:
    """What a mapping's values or a tuple's items are."""
    return [arm for arm in get_args(annotation) if arm is not Ellipsis][-1]
