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

Subject = TypeVar("Subject", contravariant=True)

_TEMPERATURES = tuple(10 ** (step / 20) for step in range(-20, 21))
_CLIP = 1e-6


class Calibration(BaseModel):
    """How to read a classifier: which labels mean harm, and from which probability on it counts.

    `temperature` divides the logits (Guo and others, 2017, "On Calibration of Modern Neural
    Networks"); `measured_on` says with what examples both numbers were found; with `several`,
    several labels may hold at once.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    unsafe: tuple[str, ...] = Field(min_length=1)
    threshold: Annotated[float, Field(gt=0, lt=1)]
    temperature: Annotated[float, Field(gt=0, le=1000)] = 1.0
    weight: Annotated[float, Field(gt=0, le=1000)] = 1.0
    several: bool = False
    measured_on: str = Field(min_length=1)


class Classifier(Protocol[Subject]):
    """Gives a logit for each of its labels."""

    @property
    def name(self) -> str: ...

    @property
    def calibration(self) -> Calibration: ...

    def logits(self, subject: Subject) -> Mapping[str, float]: ...


class Assessment(BaseModel):
    """What classifiers say of a prompt or a picture; without any, that nothing was assessed."""

    model_config = ConfigDict(frozen=True)

    status: Literal["flagged", "passed", "not assessed"]
    scores: dict[str, float] = {}
    why: str = ""

    @property
    def assessed(self) -> bool:
        return self.status != "not assessed"

    @property
    def flagged(self) -> bool:
        return self.status == "flagged"

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
    if not classifiers:
        return NOT_ASSESSED
    scores, margin = dict[str, float](), 0.0
    for classifier in classifiers:
        calibration = classifier.calibration
        score = probability(classifier.logits(subject), calibration)
        scores[classifier.name] = score
        margin += calibration.weight * (_log_odds(score) - _log_odds(calibration.threshold))
    return Assessment(status="flagged" if margin >= 0 else "passed", scores=scores)


def probability(logits: Mapping[str, float], calibration: Calibration) -> float:
    """The probability that one of the unsafe labels holds; 1 if a logit is no number."""
    missing = [label for label in calibration.unsafe if label not in logits]
    if missing:
        raise ValueError(
            f"the classifier has no label '{missing[0]}'; it has {', '.join(sorted(logits))}"
        )
    values = {label: value / calibration.temperature for label, value in logits.items()}
    if not all(math.isfinite(value) for value in values.values()):
        return 1.0
    if calibration.several:
        return max(_sigmoid(values[label]) for label in calibration.unsafe)
    highest = max(values.values())
    shares = {label: math.exp(value - highest) for label, value in values.items()}
    return sum(shares[label] for label in set(calibration.unsafe)) / sum(shares.values())


def calibrate(
    examples: Sequence[tuple[Mapping[str, float], bool]],
    *,
    unsafe: tuple[str, ...],
    false_rate: float,
    measured_on: str,
) -> Calibration:
    """The calibration of a classifier from its logits on examples, true where they are harmful.

    The temperature is that of the highest likelihood; the threshold blocks at most `false_rate`
    of the harmless examples.  ValueError without examples of both kinds.
    """
    if len({truth for _, truth in examples}) < 2:
        raise ValueError("calibration needs harmful and harmless examples")

    def at(temperature: float) -> Calibration:
        return Calibration(
            unsafe=unsafe, threshold=0.5, temperature=temperature, measured_on=measured_on
        )

    best = min(map(at, _TEMPERATURES), key=lambda each: _surprise(examples, each))
    harmless = sorted(probability(logits, best) for logits, truth in examples if not truth)
    allowed = math.floor(false_rate * len(harmless))
    threshold = harmless[-1 - allowed] + _CLIP
    return best.model_copy(update={"threshold": min(1 - _CLIP, max(_CLIP, threshold))})


def _surprise(
    examples: Sequence[tuple[Mapping[str, float], bool]], calibration: Calibration
) -> float:
    """The mean negative log-likelihood of the truths."""
    total = 0.0
    for logits, truth in examples:
        score = min(1 - _CLIP, max(_CLIP, probability(logits, calibration)))
        total -= math.log(score if truth else 1 - score)
    return total / len(examples)


def _log_odds(score: float) -> float:
    clipped = min(1 - _CLIP, max(_CLIP, score))
    return math.log(clipped / (1 - clipped))


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value)) if value >= 0 else math.exp(value) / (1 + math.exp(value))
