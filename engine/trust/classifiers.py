"""Classifiers as evidence: calibrated scores, several heard together, and "not assessed".

A classifier's raw outputs are no probabilities.  A calibration, made on examples whose truth is
known, says how to read them; without one there is no number at all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from engine.errors import BlockedByPolicy
from engine.trust.audit import entry as audit

Subject = TypeVar("Subject", contravariant=True)

_CLIP = 1e-6
_MOST = 10_000.0
"""Log-odds beyond which there are none."""


class Rate(BaseModel):
    """So many out of so many, with the 95 % interval of the share."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hits: int = Field(ge=0)
    of: int = Field(ge=0)
    low: Annotated[float, Field(ge=0, le=1)]
    high: Annotated[float, Field(ge=0, le=1)]

    def __str__(self) -> str:
        share = self.hits / self.of if self.of else float("nan")
        return f"{self.hits}/{self.of} = {share:.1%} [{self.low:.1%}, {self.high:.1%}]"


class Measured(BaseModel):
    """What a threshold does on examples that it was not set on: harm found, and false alarms."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    found: Rate
    false: Rate


class Calibration(BaseModel):
    """How to read a classifier: which labels mean harm, and from which probability on it counts.

    `temperature` divides the logits (Guo and others, 2017, "On Calibration of Modern Neural
    Networks") and `bias` is added to the log-odds (Platt, 1999); `measured_on` says with what
    examples all numbers were found; with `several`, several labels may hold at once; `about` names
    the matter, such as "nsfw": classifiers of one matter are heard together.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    unsafe: tuple[str, ...] = Field(min_length=1)
    threshold: Annotated[float, Field(gt=0, lt=1)]
    temperature: Annotated[float, Field(gt=0, le=1000)] = 1.0
    bias: Annotated[float, Field(ge=-1000, le=1000)] = 0.0
    weight: Annotated[float, Field(gt=0, le=1000)] = 1.0
    several: bool = False
    measured_on: str = Field(min_length=1)
    measured: Measured | None = None
    about: Annotated[str, Field(pattern=r"^[a-z][a-z -]{0,30}$")] = "harm"


class Judge(Protocol):
    """Whose score it is: what the report names, and how the score is read."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str:
        """What tells its weights and its calibration from others, for the audit log."""
        ...

    @property
    def calibration(self) -> Calibration: ...


class Classifier(Judge, Protocol[Subject]):
    """Gives a logit for each of its labels."""

    def logits(self, subject: Subject) -> Mapping[str, float]: ...


class Assessment(BaseModel):
    """What classifiers say of a prompt or a picture; without any, that nothing was assessed."""

    model_config = ConfigDict(frozen=True)

    status: Literal["flagged", "passed", "not assessed"]
    scores: dict[str, float] = {}
    versions: dict[str, str] = {}
    why: str = ""

    @property
    def assessed(self) -> bool:
        return self.status != "not assessed"

    @property
    def flagged(self) -> bool:
        return self.status == "flagged"

    def entry(self, what: str) -> audit.Assessment:
        """As the audit log and the manifest keep it."""
        return audit.Assessment(
            what=what,
            by=", ".join(self.scores) or "no classifier",
            version=", ".join(self.versions.values()),
            outcome=self.status,
        )

    def require_passed(self, what: str) -> None:
        """Raise BlockedByPolicy if `what`, a prompt or a picture, is flagged."""
        if self.flagged:
            scores = ", ".join(f"{name} {score:.2f}" for name, score in self.scores.items())
            raise BlockedByPolicy(
                f"The {what} is blocked: the classifier counts it as harmful ({scores}).",
                remedy=f"Choose another {what}.",
            )


NOT_ASSESSED = Assessment(status="not assessed", why="no classifier is set")


def assess(subject: Subject, classifiers: Sequence[Classifier[Subject]]) -> Assessment:
    """What the classifiers say together: the weighted mean of how far each is past its threshold.

    The distance is one of log-odds, so that a sure classifier outweighs a doubtful one.
    """
    return together(
        [
            (classifier, probability(classifier.logits(subject), classifier.calibration))
            for classifier in classifiers
        ]
    )


def together(heard: Sequence[tuple[Judge, float]]) -> Assessment:
    """What classifiers say together, each with its score; see `assess`."""
    if not heard:
        return NOT_ASSESSED
    margin = sum(
        judge.calibration.weight * (log_odds(score) - log_odds(judge.calibration.threshold))
        for judge, score in heard
    )
    return Assessment(
        status="flagged" if margin >= 0 else "passed",
        scores={judge.name: score for judge, score in heard},
        versions={judge.name: judge.version for judge, _ in heard},
    )


def probability(logits: Mapping[str, float], calibration: Calibration) -> float:
    """The probability that one of the unsafe labels holds; 1 if a logit is no number."""
    return sigmoid(calibrated(logits, calibration))


def calibrated(logits: Mapping[str, float], calibration: Calibration) -> float:
    """The log-odds that one of the unsafe labels holds; the highest there are if one is no number.

    ValueError for logits without an unsafe label.
    """
    missing = [label for label in calibration.unsafe if label not in logits]
    if missing:
        raise ValueError(
            f"the classifier has no label '{missing[0]}'; it has {', '.join(sorted(logits))}"
        )
    values = {label: value / calibration.temperature for label, value in logits.items()}
    if not all(map(math.isfinite, values.values())):
        return _MOST
    unsafe = [values[label] for label in set(calibration.unsafe)]
    if calibration.several:
        odds = max(unsafe)
    else:
        others = [value for label, value in values.items() if label not in calibration.unsafe]
        odds = _together(unsafe) - _together(others) if others else _MOST
    return max(-_MOST, min(_MOST, odds + calibration.bias))


def _together(values: Sequence[float]) -> float:
    """The logarithm of the sum of exponentials."""
    highest = max(values)
    return highest + math.log(sum(math.exp(value - highest) for value in values))


def log_odds(score: float) -> float:
    """The logarithm of the odds, of scores at the ends as of those next to them."""
    clipped = min(1 - _CLIP, max(_CLIP, score))
    return math.log(clipped / (1 - clipped))


def sigmoid(value: float) -> float:
    """The probability whose log-odds are `value`."""
    return 1 / (1 + math.exp(-value)) if value >= 0 else math.exp(value) / (1 + math.exp(value))
