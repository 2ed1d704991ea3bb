"""Files that people write: their TOML as data, with mistakes that name their line and field."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from engine.errors import InvalidInput

Location = tuple[int | str, ...]
Form = TypeVar("Form", bound=BaseModel)

_REMEDY = "Correct it there."


def named_from(place: Path, form: BaseModel, *fields: str) -> dict[str, Path]:
    """The files that fields of a form name, if they name any, from the folder of the form's own."""
    named = {field: getattr(form, field) for field in fields}
    return {field: place.parent.absolute() / path for field, path in named.items() if path}


def parse_form(form: type[Form], content: bytes, source: str) -> tuple[Form, str]:
    """The data in `content` and its text; `source` names it in errors."""
    text = _decoded(content, source)
    try:
        return form.model_validate(tomllib.loads(text)), text
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"{source} is not TOML: {error}.", remedy=_REMEDY) from error
    except RecursionError as error:
        raise InvalidInput(f"{source} is nested too deeply.", remedy=_REMEDY) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise mistake(source, text, first["loc"], _said(first)) from error


def mistake(source: str, text: str, location: Location, message: str) -> InvalidInput:
    """The error for what is wrong at a place of a file."""
    field = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return InvalidInput(
        f"{source}, line {line_of(text, location)}, field '{field.lstrip('.')}': {message}.",
        remedy=_REMEDY,
    )


def _decoded(content: bytes, source: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = f"{source}, line {line}: this is not UTF-8 text."
        raise InvalidInput(what, remedy=_REMEDY) from error


def _said(error: ErrorDetails) -> str:
    known = {"extra_forbidden": "there is no such field", "missing": "this field is missing"}
    return known.get(error["type"]) or error["msg"].removeprefix("Value error, ")


def line_of(text: str, location: Location) -> int:
    """The line (from 1) of a field in a text, or of the nearest thing around it."""
    lines, at, header = text.splitlines(), 0, ""
    for part, index in zip(location, (*location[1:], None), strict=True):
        if isinstance(part, int):
            continue
        header = f"{header}.{part}".lstrip(".")
        heading = f"[[{header}]]" if isinstance(index, int) else f"[{header}]"
        wanted = index + 1 if isinstance(index, int) else 1
        found = _nth(lines, at, wanted, heading)
        if found is None:
            found = _key(lines, at, part)
        if found is None:
            break
        at = found
    return at + 1


def _nth(lines: list[str], start: int, count: int, heading: str) -> int | None:
    for number in range(start, len(lines)):
        if lines[number].strip().startswith(heading):
            count -= 1
            if count == 0:
                return number
    return None


def _key(lines: list[str], start: int, key: str) -> int | None:
    """The line that gives `key` in the table whose heading is at `start`."""
    for number in range(start, len(lines)):
        line = lines[number].strip()
        if number > start and line.startswith("["):
            return None
        if re.match(rf'"?{re.escape(key)}"?\s*=', line):
            return number
    return None
