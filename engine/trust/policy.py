"""Judging a prompt by a policy: what it matches, why that matters, and what could be changed."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache

from engine.errors import BlockedByPolicy
from engine.trust.normalise import View, views
from engine.trust.policy_file import (
    Category,
    Measure,
    PolicyFile,
    Rule,
    Severity,
    default_policy_file,
)

Span = tuple[int, int]

# Stands for a harmless phrase: a letter of no term, so that the words around do not become
# neighbours.
_HIDDEN = "\N{LATIN LETTER BIDENTAL PERCUSSIVE}"


@dataclass(frozen=True)
class Finding:
    """One category that a prompt matched; `matched` is the prompt's text at `span`."""

    category: str
    title: str
    severity: Severity
    measure: Measure
    matched: str
    span: Span
    reason: str
    suggestion: str


@dataclass(frozen=True)
class Decision:
    """What a policy says of a prompt; findings in the policy's order, one a category."""

    findings: tuple[Finding, ...] = ()

    @property
    def blocked(self) -> bool:
        return any(finding.measure is Measure.BLOCK for finding in self.findings)

    @property
    def warnings(self) -> tuple[str, ...]:
        """A sentence for each finding that does not block."""
        warned = (each for each in self.findings if each.measure is Measure.WARN)
        return tuple(f"{each.reason} ('{each.matched}')" for each in warned)

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
    """A policy made ready to judge prompts; judging one takes well under a millisecond."""

    def __init__(self, file: PolicyFile) -> None:
        self.name = file.name
        self._benign = _terms(file.benign) if file.benign else None
        self._categories = [
            (category, [_Matcher(rule, file) for rule in category.rule])
            for category in file.category
        ]

    def judge(self, prompt: str) -> Decision:
        """What the policy says of `prompt`."""
        readings = [self._without_benign(view) for view in views(prompt)]
        findings = []
        for category, matchers in self._categories:
            span = _first_match(matchers, readings)
            if span is not None:
                findings.append(_finding(category, prompt, span))
        return Decision(tuple(findings))

    def _without_benign(self, view: View) -> View:
        if self._benign is None:
            return view
        text = self._benign.sub(lambda match: _HIDDEN * len(match[0]), view.text)
        return View(text, view.places)


@cache
def default_policy() -> Policy:
    """The policy that ships with Reelwright."""
    return Policy(default_policy_file())


class _Matcher:
    """A rule with its terms compiled."""

    def __init__(self, rule: Rule, file: PolicyFile) -> None:
        terms = file.terms_of(rule.any)
        self._single = _terms(terms) if terms else None
        self._groups = [_terms(file.terms_of(group)) for group in rule.all]
        self._unless = _terms(file.terms_of(rule.unless)) if rule.unless else None
        self._within = rule.within

    def match(self, text: str) -> Span | None:
        """Where the rule matches `text`, from the first matched word to the last."""
        span = self._match_single(text) or self._match_together(text)
        if span is None or (self._unless is not None and self._unless.search(text)):
            return None
        return span

    def _match_single(self, text: str) -> Span | None:
        found = None if self._single is None else self._single.search(text)
        return None if found is None or found.end() == found.start() else found.span()

    def _match_together(self, text: str) -> Span | None:
        if not self._groups:
            return None
        spans = [match.span() for match in self._groups[0].finditer(text)]
        for group in self._groups[1:]:
            others = [match.span() for match in group.finditer(text)]
            joined = (_around(one, other) for one in spans for other in _nearest(one, others))
            spans = [span for span in joined if self._close(text, span)]
        return min(spans, key=lambda span: span[1] - span[0], default=None)

    def _close(self, text: str, span: Span) -> bool:
        return self._within is None or len(text[slice(*span)].split()) <= self._within + 2


def _nearest(one: Span, others: list[Span]) -> list[Span]:
    """The spans next to `one` on either side: all that can be closest to it."""
    at = bisect_left(others, one)
    return others[max(0, at - 1) : at + 1]


def _around(one: Span, other: Span) -> Span:
    return min(one[0], other[0]), max(one[1], other[1])


def _terms(terms: list[str]) -> re.Pattern[str]:
    """One expression for whole words; `*` stands for the rest of a word."""
    alternatives = sorted({_term(term) for term in terms}, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)")


def _term(term: str) -> str:
    if term.startswith("re:"):
        return f"(?:{term.removeprefix('re:')})"
    words = re.split(r"(?:[^\w*]|_)+", term.lower())
    return r"[\W_]+".join(re.escape(word).replace(r"\*", r"\w*") for word in words if word)


def _first_match(matchers: list[_Matcher], readings: list[View]) -> Span | None:
    for view in readings:
        for matcher in matchers:
            span = matcher.match(view.text)
            if span is not None:
                return view.span(*span)
    return None


def _finding(category: Category, prompt: str, span: Span) -> Finding:
    return Finding(
        category=category.id,
        title=category.title,
        severity=category.severity,
        measure=category.action,
        matched=prompt[span[0] : span[1]],
        span=span,
        reason=category.reason,
        suggestion=category.suggestion,
    )
