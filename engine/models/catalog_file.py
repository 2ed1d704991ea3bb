"""The catalog's files as tables of one shape each: ours, and the user's own beside it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from engine.errors import InvalidInput
from engine.folders import config_folder

Row = TypeVar("Row", bound=BaseModel)

OURS: Final = "the catalog"
FAMILY: Final = "family"


def shipped(table: str, row: type[Row]) -> tuple[Row, ...]:
    """The rows of one of our tables."""
    return _rows(files("assets").joinpath("catalog.toml").read_text("utf-8"), OURS, table, row)


def own(table: str, row: type[Row]) -> tuple[Row, ...]:
    """Those of the user's `catalog.toml`.  Raises InvalidInput for what is wrong in it."""
    file = config_folder() / "catalog.toml"
    return _rows(file.read_text("utf-8"), str(file), table, row) if file.is_file() else ()


@lru_cache(maxsize=8)
def _rows(text: str, where: str, table: str, row: type[Row]) -> tuple[Row, ...]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"{where} is no valid TOML: {error}.", remedy="Mend it.") from None
    if where != OURS and FAMILY in tables:
        raise InvalidInput(
            f"In {where} stands a [[{FAMILY}]]: a family is code, which a catalog of one's own "
            "cannot name.",
            remedy="Take it out; a [[model]] names one of the families that there are.",
        )
    found = tables.get(table, [])
    return tuple(_checked(each, where, table, row) for each in _listed(found, where, table))


def _listed(found: object, where: str, table: str) -> Iterable[Any]:
    if not isinstance(found, list):
        raise InvalidInput(
            f"In {where}, '{table}' is no list of tables.", remedy=f"Write [[{table}]]."
        )
    return found


def _checked(each: Any, where: str, table: str, row: type[Row]) -> Row:
    try:
        return row.model_validate(each)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(
            f"In {where}, the field '{field}' of a {table} is wrong: {first['msg']}.",
            remedy="Mend the entry, or take it out.",
        ) from None
