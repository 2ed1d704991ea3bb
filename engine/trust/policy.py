"""Judging a prompt by a policy: what it matches, why that matters, and what could be changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from engine.errors import BlockedByPolicy
from engine.trust.normalise import plain, views
from engine.trust.policy_file import default_policy_file
from engine.trust.policy_form import Category, Measure, PolicyFile, Severity
from engine.trust.policy_rules import RuleBook, Span

PROMPT, NEGATIVE = "prompt", "negative"
# Stands in the field "picture" where the video shall begin with one.
PICTURE_GIVEN = "with a picture given"

# How bad, as a number: the place of the severity among the four, not a probability.
_SCORES = {
    Severity.LOW: 0.25,
    Severity.MEDIUM: 0.5,
    Severity.HIGH: 0.75,
    Severity.CRITICAL: 1.0,
}
_BETWEEN = "\n"


@dataclass(frozen=True)
class Place:
    """Where a match stands: the field, from character to character, and the words there."""

    field: str
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Finding:
    """One category that a prompt matched; a match over several fields has a place in each."""

    category: str
    title: str
    severity: Severity
    measure: Measure
    places: tuple[Place, ...]
    reason: str
    suggestion: str

    @property
    def matched(self) -> str:
        """The words that matched, as they were typed."""
        return " … ".join(place.text for place in self.places)

    @property
    def span(self) -> Span:
        """Where the match begins and ends in the first field that holds some of it."""
        return self.places[0].start, self.places[0].end

    @property
    def score(self) -> float:
        """The severity as a number from 0 to 1."""
        return _SCORES[self.severity]


@dataclass(frozen=True)
class Decision:
    """What a policy says of a prompt; findings in the policy's order, one a category."""

    findings: tuple[Finding, ...] = ()

    @property
    def blocked(self) -> bool:
        return any(finding.measure is Measure.BLOCK for finding in self.findings)

    @property
    def needs_review(self) -> bool:
        """Whether a person should look at it before it is shown to others."""
        return any(finding.measure is Measure.REVIEW for finding in self.findings)

    @property
    def score(self) -> float:
        """The worst finding's score; 0 without any."""
        return max((finding.score for finding in self.findings), default=0.0)

    @property
    def warnings(self) -> tuple[str, ...]:
        """A sentence for each finding that does not block."""
        passing = (each for each in self.findings if each.measure is not Measure.BLOCK)
        return tuple(_warning(each) for each in passing)

    def require_allowed(self) -> None:
        """Raise BlockedByPolicy with the first reason and what could be changed."""
        for finding in self.findings:
            if finding.measure is Measure.BLOCK:
                raise BlockedByPolicy(
                    f"The prompt is blocked ({finding.title}, at '{finding.matched}'): "
                    f"{finding.reason}",
                    remedy=finding.suggestion,
                )


class Policy:
    """A policy made ready to judge prompts; judging one takes about a millisecond.

    What is absolute in the policy that ships is judged by every other policy too.
    """

    def __init__(self, file: PolicyFile) -> None:
        self.name = file.name
        self._judges = [_Judge(file)]
        if file is not default_policy_file():
            self._judges.insert(0, _always())

    def judge(self, prompt: str | Mapping[str, str]) -> Decision:
        """What the policy says of a prompt, or of its fields together.

        The field 'negative' holds what shall not be seen; the others say what shall.
        """
        fields = {PROMPT: prompt} if isinstance(prompt, str) else prompt
        found = {each.category: each for judge in self._judges for each in judge.findings(fields)}
        return Decision(tuple(found.values()))


@cache
def default_policy() -> Policy:
    """The policy that ships with Reelwright."""
    return Policy(default_policy_file())


@cache
def _always() -> _Judge:
    """What no policy of somebody's own can leave out."""
    file = default_policy_file()
    absolute = [category for category in file.category if category.absolute]
    return _Judge(file.model_copy(update={"category": absolute}))


class _Judge:
    """One policy file's rules over the fields of a prompt."""

    def __init__(self, file: PolicyFile) -> None:
        self._categories = file.category
        self._book = RuleBook(file)

    def findings(self, fields: Mapping[str, str]) -> list[Finding]:
        negative = fields.get(NEGATIVE, "")
        wanted = {name: text for name, text in fields.items() if name != NEGATIVE and text}
        denied = self._book.terms_in(plain(negative).text) if negative else frozenset[str]()
        found = self._in(wanted, denied)
        if negative:
            also = self._in({NEGATIVE: negative}, frozenset())
            everywhere = {number for number in also if self._categories[number].everywhere}
            found = {**{number: also[number] for number in everywhere}, **found}
        return [_finding(self._categories[number], found[number]) for number in sorted(found)]

    def _in(
        self, fields: Mapping[str, str], denied: frozenset[str]
    ) -> dict[int, tuple[Place, ...]]:
        text = _BETWEEN.join(fields.values())
        found: dict[int, Span] = {}
        for view in views(text):
            for number, span in self._book.match(view, denied).items():
                found.setdefault(number, view.span(*span))
        return {number: _places(fields, span) for number, span in found.items()}


def _places(fields: Mapping[str, str], span: Span) -> tuple[Place, ...]:
    """The parts of a span of the joined fields, each in its own field."""
    places, offset = list[Place](), 0
    for name, text in fields.items():
        start, end = max(0, span[0] - offset), min(len(text), span[1] - offset)
        if start < end:
            places.append(Place(name, start, end, text[start:end]))
        offset += len(text) + len(_BETWEEN)
    return tuple(places)


def _finding(category: Category, places: tuple[Place, ...]) -> Finding:
    return Finding(
        category=category.id,
        title=category.title,
        severity=category.severity,
        measure=category.action,
        places=places,
        reason=category.reason,
        suggestion=category.suggestion,
    )


def _warning(finding: Finding) -> str:
    sentence = f"{finding.reason} ('{finding.matched}')"
    if finding.measure is Measure.REVIEW:
        return f"{sentence} Let a person look at the result before you show it."
    return sentence
