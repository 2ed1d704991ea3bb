r"""Policies as data: the form of a policy file, and errors that name its line and field.

    version = 1
    name = "..."
    benign = ["naked flame"]                # read over before anything is matched
    [terms]
    minors = ["child", "children"]          # lists that rules share as "@minors"
    [[category]]
    id = "..."
    title = "..."
    severity = "critical"                   # low, medium, high, critical
    action = "block"                        # block, warn
    reason = "..."                          # why, for the user
    suggestion = "..."                      # what could be written instead
    [[category.rule]]
    all = [["@minors"], ["@sexual"]]        # one term of each list, at most `within` words apart
    [[category.rule]]
    any = ["term", "two words", "stem*", 're:\d+ years']   # any of these terms
    unless = ["documentary"]                # except where one of these stands in the prompt

Terms are whole words in lower case, parted by any spaces or punctuation; "re:" begins a regular
expression for whole words.
"""

from __future__ import annotations

import re
import tomllib
from enum import Enum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from engine.errors import InvalidInput, StorageFailed

Location = tuple[int | str, ...]

_REMEDY = "Correct it there."


class Severity(Enum):
    """How bad a match is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Measure(Enum):
    """What is done about a match."""

    WARN = "warn"
    BLOCK = "block"


def _is_term(term: str) -> str:
    if not term.startswith("re:"):
        if not re.search(r"\w", term):
            raise ValueError(f"'{term}' holds no word")
        return term
    try:
        re.compile(term.removeprefix("re:"))
    except re.error as error:
        raise ValueError(f"'{term}' is no regular expression ({error})") from error
    return term


def _is_no_list(term: str) -> str:
    if term.startswith("@"):
        raise ValueError(f"'{term}' names a list, which only rules may do")
    return term


Term = Annotated[str, AfterValidator(_is_term)]
PlainTerm = Annotated[Term, AfterValidator(_is_no_list)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Strict):
    """Matches a prompt: any term of `any`, or one term of each list in `all`."""

    any: list[Term] = []
    all: list[list[Term]] = []
    unless: list[Term] = []
    within: int | None = Field(None, ge=1, le=1000, strict=True)

    @model_validator(mode="after")
    def _matches_something(self) -> Self:
        if not (self.any or self.all):
            raise ValueError("a rule needs 'any' or 'all'")
        if self.within is not None and len(self.all) < 2:
            raise ValueError("'within' needs at least two lists in 'all'")
        if not all(self.all):
            raise ValueError("a list in 'all' is empty")
        return self


class Category(_Strict):
    """One kind of content, what is done about it, and how it is recognised."""

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    title: str = Field(min_length=1)
    severity: Severity
    action: Measure
    reason: str = Field(min_length=1)
    suggestion: str = Field(min_length=1)
    rule: list[Rule] = Field(min_length=1)


class PolicyFile(_Strict):
    """A whole policy."""

    version: Literal[1]
    name: str = Field(min_length=1)
    benign: list[PlainTerm] = []
    terms: dict[str, list[PlainTerm]] = {}
    category: list[Category] = Field(min_length=1)

    def terms_of(self, entries: list[str]) -> list[str]:
        """The terms of a list, with "@name" replaced by the shared list of that name."""
        found: list[str] = []
        for entry in entries:
            found += self.terms[entry[1:]] if entry.startswith("@") else [entry]
        return found


def read_policy(path: Path) -> PolicyFile:
    """The policy in a file; InvalidInput naming line and field for a mistake in it."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StorageFailed(
            f"The policy '{path}' cannot be read: {error.strerror}.", remedy="Check the path."
        ) from error
    return parse_policy(content, str(path))


@cache
def default_policy_file() -> PolicyFile:
    """The policy that ships with Reelwright."""
    place = files("assets") / "policy" / "default.toml"
    return parse_policy(place.read_bytes(), "the default policy")


def parse_policy(content: bytes, source: str) -> PolicyFile:
    """The policy in `content`; `source` names it in errors."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = f"{source}, line {line}: this is not UTF-8 text."
        raise InvalidInput(what, remedy=_REMEDY) from error
    try:
        policy = PolicyFile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"{source} is not TOML: {error}.", remedy=_REMEDY) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise _mistake(source, text, first["loc"], _said(first)) from error
    _check_lists(policy, source, text)
    return policy


def _check_lists(policy: PolicyFile, source: str, text: str) -> None:
    """Every "@name" must be a list in [terms], and every id be there once."""
    seen: set[str] = set()
    for number, category in enumerate(policy.category):
        if category.id in seen:
            message = f"the category '{category.id}' is there twice"
            raise _mistake(source, text, ("category", number, "id"), message)
        seen.add(category.id)
        for place, rule in enumerate(category.rule):
            where: Location = ("category", number, "rule", place)
            for field, entries in _entries(rule):
                for name in entries:
                    if name.startswith("@") and name[1:] not in policy.terms:
                        message = f"there is no list '{name[1:]}' in [terms]"
                        raise _mistake(source, text, (*where, field), message)


def _entries(rule: Rule) -> list[tuple[str, list[str]]]:
    return [("any", rule.any), ("unless", rule.unless), *(("all", each) for each in rule.all)]


def _said(error: ErrorDetails) -> str:
    known = {"extra_forbidden": "there is no such field", "missing": "this field is missing"}
    return known.get(error["type"]) or error["msg"].removeprefix("Value error, ")


def _mistake(source: str, text: str, location: Location, message: str) -> InvalidInput:
    field = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return InvalidInput(
        f"{source}, line {line_of(text, location)}, field '{field.lstrip('.')}': {message}.",
        remedy=_REMEDY,
    )


def line_of(text: str, location: Location) -> int:
    """The line (from 1) of a field in a policy's text, or of the nearest thing around it."""
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
