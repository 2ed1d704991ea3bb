r"""Policies as data: the form of a policy file.

    version = 1
    name = "..."
    edition = "2026-11"                     # which state of its own words this is
    locales = ["de", "fr"]                  # languages whose shipped words are added to [terms]
    protect = ["public-figures"]            # shipped lists of people, added to the list "people"
    benign = ["naked flame"]                # read over before anything is matched
    [terms]
    minors = ["child", "children"]          # lists that rules share as "@minors"
    [[category]]
    id = "..."
    title = "..."
    severity = "critical"                   # low, medium, high, critical
    action = "block"                        # block, review, warn
    absolute = true                         # nothing may lift it: no 'unless', no harmless phrase
    everywhere = true                       # read in the negative prompt as well
    reason = "..."                          # why, for the user
    suggestion = "..."                      # what could be written instead
    [[category.rule]]
    all = [["@minors"], ["@sexual"]]        # one term of each list, at most `within` words apart
    [[category.rule]]
    any = ["term", "two words", "stem*", 're:\d+ years']   # any of these terms
    unless = ["documentary"]                # except where one of these stands in the prompt
    negative = ["clothes"]                  # only if the negative prompt holds one of these

Terms are whole words in lower case, parted by any spaces or punctuation; "stem*" is any word that
begins so, and a star of its own any one word.  "re:" begins a regular
expression for whole words.  Chinese and Japanese terms are found wherever their characters stand.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

_MAX_PATTERN = 400


class Severity(Enum):
    """How bad a match is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Measure(Enum):
    """What is done about a match: told, told and kept for a person to look at, or stopped."""

    WARN = "warn"
    REVIEW = "review"
    BLOCK = "block"


def _is_term(term: str) -> str:
    if not term.startswith("re:"):
        if not re.search(r"\w", term):
            raise ValueError(f"'{term}' holds no word")
        return term
    if len(term) > _MAX_PATTERN:
        raise ValueError(f"an expression may have {_MAX_PATTERN} characters at most")
    try:
        re.compile(term.removeprefix("re:"))
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"'{term}' is no regular expression ({error})") from error
    return term


def _is_no_list(term: str) -> str:
    if term.startswith("@"):
        raise ValueError(f"'{term}' names a list, which only rules may do")
    return term


Term = Annotated[str, AfterValidator(_is_term)]
PlainTerm = Annotated[Term, AfterValidator(_is_no_list)]


class Strict(BaseModel):
    """Data from a file: an unknown field is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(Strict):
    """Matches a prompt: any term of `any`, or one term of each list in `all`."""

    any: list[Term] = []
    all: list[list[Term]] = []
    unless: list[Term] = []
    negative: list[Term] = []
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


class Category(Strict):
    """One kind of content, what is done about it, and how it is recognised."""

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    title: str = Field(min_length=1)
    severity: Severity
    action: Measure
    absolute: bool = False
    everywhere: bool = False
    reason: str = Field(min_length=1)
    suggestion: str = Field(min_length=1)
    rule: list[Rule] = Field(min_length=1)

    @model_validator(mode="after")
    def _absolute_is_absolute(self) -> Self:
        if self.absolute and any(rule.unless for rule in self.rule):
            raise ValueError(
                "nothing may lift an absolute category: take 'unless' out of its rules"
            )
        if self.absolute and self.action is not Measure.BLOCK:
            raise ValueError("an absolute category blocks: its action must be 'block'")
        return self


class PolicyFile(Strict):
    """A whole policy."""

    version: Literal[1]
    name: str = Field(min_length=1)
    edition: str = ""
    locales: list[str] = []
    protect: list[str] = []
    benign: list[PlainTerm] = []
    terms: dict[str, list[PlainTerm]] = {}
    category: list[Category] = Field(min_length=1)

    def terms_of(self, entries: list[str]) -> list[str]:
        """The terms of a list, with "@name" replaced by the shared list of that name."""
        found: list[str] = []
        for entry in entries:
            found += self.terms[entry[1:]] if entry.startswith("@") else [entry]
        return found


class Vocabulary(Strict):
    """A language's words for the lists of a policy."""

    version: Literal[1]
    language: str = Field(min_length=2)
    benign: list[PlainTerm] = []
    terms: dict[str, list[PlainTerm]] = {}


class Person(Strict):
    """Somebody whose likeness needs care, by every name they go by."""

    name: PlainTerm
    also: list[PlainTerm] = []


class People(Strict):
    """A list of protected persons."""

    version: Literal[1]
    title: str = Field(min_length=1)
    person: list[Person] = Field(min_length=1)
