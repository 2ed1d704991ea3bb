"""Finding a calibration from examples whose truth is known, and what it is worth on others.

Temperature and bias are those of the highest likelihood (Platt, "Probabilistic outputs for support
vector machines", 1999); the threshold is the lowest that keeps the false rate.  What the threshold
does is measured by folds: on each fifth of the examples with what the other four fifths gave.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from engine.trust.classifiers import Calibration, Measured, Rate, calibrated, sigmoid

Logits = Mapping[str, float]
Overall = Callable[[Sequence[float]], float]
"""One value of log-odds from those of all samples; it moves by as much as all of them do."""

_TEMPERATURES: Final = tuple(10 ** (step / 20) for step in range(-20, 21))
_FOLDS: Final = 5
_HALVINGS: Final = 40
_Z: Final = 1.959964
_BEYOND: Final = 1e-6
_STEEPEST: Final = 900.0


@dataclass(frozen=True)
class Example:
    """What a classifier said of each sample of a text, picture or video, and whether it harms."""

    logits: tuple[Logits, ...]
    harmful: bool


@dataclass(frozen=True)
class _Scored:
    """An example's log-odds at each temperature, before any bias."""

    at: tuple[float, ...]
    harmful: bool


def calibrate(
    examples: Sequence[Example],
    *,
    unsafe: tuple[str, ...],
    false_rate: float,
    measured_on: str,
    about: str = "harm",
    several: bool = False,
    overall: Overall = fmean,
) -> Calibration:
    """The calibration of a classifier from its logits on examples.

    The threshold blocks at most `false_rate` of the harmless ones; `overall` makes one of the
    samples of an example.  ValueError without examples of both kinds.
    """
    if len({example.harmful for example in examples}) < 2:
        raise ValueError("calibration needs harmful and harmless examples")
    form = Calibration(
        unsafe=unsafe, threshold=0.5, measured_on=measured_on, about=about, several=several
    )
    forms = [form.model_copy(update={"temperature": each}) for each in _TEMPERATURES]
    scored = [_scored(example, forms, overall) for example in examples]
    place, bias, threshold = _fitted(scored, false_rate)
    return form.model_copy(
        update={
            "temperature": _TEMPERATURES[place],
            "bias": bias,
            "threshold": threshold,
            "measured": _measured(scored, false_rate),
        }
    )


def balanced(examples: Sequence[Example]) -> list[Example]:
    """As many harmful examples as harmless ones, the fewer of them repeated."""
    kinds = [[each for each in examples if each.harmful is kind] for kind in (True, False)]
    most = max(map(len, kinds))
    return [kind[place % len(kind)] for kind in kinds for place in range(most)]


def rate(hits: int, of: int) -> Rate:
    """A share with its 95 % interval after Wilson (1927)."""
    if not of:
        return Rate(hits=0, of=0, low=0, high=1)
    share, square = hits / of, _Z * _Z / of
    middle = share + square / 2
    half = _Z * math.sqrt(share * (1 - share) / of + square / of / 4)
    low, high = (middle - half) / (1 + square), (middle + half) / (1 + square)
    return Rate(hits=hits, of=of, low=max(0.0, low), high=min(1.0, high if hits < of else 1.0))


def _scored(example: Example, forms: Sequence[Calibration], overall: Overall) -> _Scored:
    return _Scored(
        tuple(overall([calibrated(logits, form) for logits in example.logits]) for form in forms),
        example.harmful,
    )


def _fitted(scored: Sequence[_Scored], false_rate: float) -> tuple[int, float, float]:
    """The number of the best temperature, its bias and the threshold."""
    fits = [_bias([(each.at[place], each.harmful) for each in scored]) for place in _places()]
    place = min(_places(), key=lambda each: fits[each][1])
    bias = fits[place][0]
    harmless = sorted(sigmoid(each.at[place] + bias) for each in scored if not each.harmful)
    allowed = min(len(harmless) - 1, math.floor(false_rate * len(harmless)))
    threshold = harmless[-1 - allowed] + _BEYOND
    return place, bias, min(1 - _BEYOND, max(_BEYOND, threshold))


def _places() -> range:
    return range(len(_TEMPERATURES))


def _bias(values: Sequence[tuple[float, bool]]) -> tuple[float, float]:
    """The bias of the highest likelihood, and the mean surprise that is left with it."""
    low, high = -_STEEPEST, _STEEPEST
    truths = sum(harmful for _, harmful in values)
    for _ in range(_HALVINGS):
        bias = (low + high) / 2
        # More harm is said than there is, the more the higher the bias.
        if sum(sigmoid(value + bias) for value, _ in values) > truths:
            high = bias
        else:
            low = bias
    bias = (low + high) / 2
    return bias, fmean(_surprise(value + bias, harmful) for value, harmful in values)


def _surprise(value: float, harmful: bool) -> float:
    """The negative log-likelihood of a truth."""
    against = -value if harmful else value
    return max(0.0, against) + math.log1p(math.exp(-abs(against)))


def _measured(scored: Sequence[_Scored], false_rate: float) -> Measured | None:
    """What thresholds do on folds that they were not set on; None for too few examples."""
    kinds = [[each for each in scored if each.harmful is kind] for kind in (True, False)]
    if min(map(len, kinds)) < 2 * _FOLDS:
        return None
    hits = [0, 0]
    for fold in range(_FOLDS):
        rest = [each for kind in kinds for at, each in enumerate(kind) if at % _FOLDS != fold]
        place, bias, threshold = _fitted(rest, false_rate)
        for number, kind in enumerate(kinds):
            seen = (sigmoid(each.at[place] + bias) for each in kind[fold::_FOLDS])
            hits[number] += sum(score >= threshold for score in seen)
    found, false = (rate(hit, len(kind)) for hit, kind in zip(hits, kinds, strict=True))
    return Measured(found=found, false=false)
