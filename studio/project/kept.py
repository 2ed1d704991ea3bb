"""A small JSON file that the studio keeps for itself: read with patience, written whole.

A damaged file never stops the studio: what can be read counts, the rest is as new, and the file
itself is kept aside, so that nobody loses what they wrote into it by hand.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from engine.atomic import write_private
from engine.folders import config_folder, state_folder

M = TypeVar("M", bound=BaseModel)

DAMAGED: Final = ".damaged"
LARGEST: Final = 4 * 2**20
"""Bytes; no file of ours comes near, and another's must not fill the memory."""


def studio_config() -> Path:
    """Where what the user chose is kept."""
    return config_folder() / "studio"


def studio_state() -> Path:
    """Where what the studio remembers is kept."""
    return state_folder() / "studio"


@dataclass(frozen=True)
class Kept(Generic[M]):
    """What was read; `problem` is one sentence where the file was not as it should be, or ''."""

    value: M
    problem: str = ""


def read_kept(path: Path, model: type[M], what: str) -> Kept[M]:
    """Read a file of ours; what is missing or damaged is as new.  `what` is how it is called."""
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        return Kept(model())
    except OSError as error:
        reason = error.strerror or "unknown reason"
        return Kept(model(), f"The {what} in '{path}' cannot be read ({reason}); using defaults.")
    try:
        tree = json.loads(content.decode("utf-8-sig")) if len(content) <= LARGEST else None
    except (ValueError, RecursionError):
        tree = None
    if not isinstance(tree, dict):
        aside = _put_aside(path)
        return Kept(model(), f"The {what} could not be read, so they are as new; {aside}.")
    return _checked(tree, model, path, what)


def write_kept(path: Path, value: BaseModel) -> None:
    """Write a file of ours: whole or not at all, for this user only.  Raises StorageFailed."""
    write_private(path, value.model_dump_json(indent=2, exclude_defaults=True).encode() + b"\n")


def _checked(tree: dict[str, object], model: type[M], path: Path, what: str) -> Kept[M]:
    """The model of what is sound in `tree`; fields that are not are as new, and named."""
    faulty: set[str] = set()
    for _ in range(len(tree) + 1):
        sound = {key: value for key, value in tree.items() if key not in faulty}
        try:
            found = model.model_validate(sound)
            break
        except ValidationError as error:
            faulty |= {str(each["loc"][0]) for each in error.errors() if each["loc"]}
    else:
        found = model()
    if not faulty:
        return Kept(found)
    named = ", ".join(f"'{name}'" for name in sorted(faulty)[:3])
    return Kept(found, f"In the {what}, {named} cannot be used and is as new; {_put_aside(path)}.")


def _put_aside(path: Path) -> str:
    """Keep the file under another name; answers what became of it."""
    aside = path.with_name(path.name + DAMAGED)
    with suppress(OSError):
        os.replace(path, aside)
        return f"the file is kept as '{aside}'"
    return "the file could not be kept aside"
