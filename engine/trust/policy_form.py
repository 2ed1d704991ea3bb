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
    unless_near = ["toy"]                   # except where one stands three words away or nearer
    negative = ["clothes"]                  # only if the negative prompt holds one of these

    [[category.rule]]                       # many weak signs together, in any order
    enough = 5                              # the weights in some `within` words sum up to this
    within = 20
    signs = [
        {any = ["@hurting"], weight = 3, group = "act"}, # of each group, one sign must be there
        {any = ["@people"], weight = 2},
        {any = ["@toys"], weight = -4},                  # speaks against it
    ]

Terms are whole words in lower case, parted by any spaces or punctuation; "stem*" is any word that
begins so, "verb+" or "noun+" the English word in its forms, and a star of its own any one word.
"re:" begins a regular expression for whole words.  Chinese and Japanese terms are found wherever
their characters stand.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

_MAX_PATTERN = 400
_FLAGS = re.compile(r"re:\(\?[a-zA-Z]+\)")
_LINE_WITHOUT_WORD = re.compile(r"^[^\w\n]*$", re.MULTILINE)


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
    if _FLAGS.match(term):
        raise ValueError(
            f"'{term}' sets flags for everything: write (?i:...) around what they mean"
        )
    return term


def _is_no_list(term: str) -> str:
    if term.startswith("@"):
        raise ValueError(f"'{term}' names a list, which only rules may do")
    return term


Term = Annotated[str, AfterValidator(_is_term)]
PlainTerm = Annotated[Term, AfterValidator(_is_no_list)]


def _at_once(value: object, each: ValidatorFunctionWrapHandler) -> list[str]:
    """Terms in one look, as lists hold thousands; one by one where some want a closer one."""
    if not isinstance(value, list) or not all(type(term) is str for term in value):
        return _one_by_one(value, each)
    lines = "\n".join(value)
    unusual = lines.startswith(("re:", "@")) or "\nre:" in lines or "\n@" in lines
    if unusual or _LINE_WITHOUT_WORD.search(lines):
        return _one_by_one(value, each)
    return list(value)


def _one_by_one(value: object, each: ValidatorFunctionWrapHandler) -> list[str]:
    terms: list[str] = each(value)
    return terms


Terms = Annotated[list[Term], WrapValidator(_at_once)]
PlainTerms = Annotated[list[PlainTerm], WrapValidator(_at_once)]


class Strict(BaseModel):
    """Data from a file: an unknown field is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Sign(Strict):
    """What speaks for a rule, or against it; counts once, however often its terms stand there."""

    any: Terms = Field(min_length=1)
    weight: int = Field(ge=-100, le=100, strict=True)
    group: str = ""


class Rule(Strict):
    """Matches a prompt: any term of `any`, one term of each list in `all`, or enough `signs`."""

    any: Terms = []
    all: list[Terms] = []
    signs: list[Sign] = []
    enough: int | None = Field(None, ge=1, le=1000, strict=True)
    unless: Terms = []
    unless_near: Terms = []
    negative: Terms = []
    within: int | None = Field(None, ge=1, le=1000, strict=True)

    @model_validator(mode="after")
    def _matches_something(self) -> Self:
        if not (self.any or self.all or self.signs):
            raise ValueError("a rule needs 'any', 'all' or 'signs'")
        if self.within is not None and len(self.all) < 2 and not self.signs:
            raise ValueError("'within' needs at least two lists in 'all', or 'signs'")
        if (self.enough is None) is bool(self.signs):
            raise ValueError("'signs' and 'enough' belong together")
        if self.signs and (self.any or self.all):
            raise ValueError("'signs' stand in a rule of their own, without 'any' and 'all'")
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
        if self.absolute and any(rule.unless or rule.unless_near for rule in self.rule):
            raise ValueError(
                "nothing may lift an absolute category: take 'unless' out of its rules"
            )
        weights = (sign.weight for rule in self.rule for sign in rule.signs)
        if self.absolute and any(weight < 0 for weight in weights):
            raise ValueError("nothing may lift an absolute category: no sign may speak against it")
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
    benign: PlainTerms = []
    terms: dict[str, PlainTerms] = {}
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
    benign: PlainTerms = []
    terms: dict[str, PlainTerms] = {}


class Person(Strict):
    """Somebody whose likeness needs care, by every name they go by."""

    name: PlainTerm
    also: PlainTerms = []


class People(Strict):
    """A list of protected persons."""

    version: Literal[1]
    title: str = Field(min_length=1)
    person: list[Person] = Field(min_length=1)
