"""Calibrating the likeness of faces on pictures of known persons: a folder for each person.

All pairs of faces are compared.  Pairs of one person and of two are weighed alike, so that the
similarity is a probability at even odds; the threshold is 0.7, and what it does is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, product

from engine.errors import InvalidInput
from engine.trust.calibrating import Example, balanced, calibrate, rate
from engine.trust.classifiers import Calibration, Measured, probability
from engine.trust.vision.faces.models import SAME, THRESHOLD, Face, logits_of

_FEWEST = 10
_MOST_PAIRS = 4000


def calibrated_faces(faces: Mapping[str, Sequence[Face]], measured_on: str) -> Calibration:
    """The calibration from faces by person.  Raises InvalidInput for too few pairs."""
    same = [pair for each in faces.values() for pair in combinations(each, 2)]
    others = [
        pair for one, other in combinations(faces.values(), 2) for pair in product(one, other)
    ]
    if min(len(same), len(others)) < _FEWEST:
        raise InvalidInput(
            f"There are {len(same)} pairs of one person and {len(others)} of two.",
            remedy=f"Give pictures that make {_FEWEST} of each: a folder for each person.",
        )
    examples = [*_examples(same, True), *_examples(others, False)]
    found = calibrate(
        balanced(examples),
        unsafe=(SAME,),
        several=True,
        false_rate=1.0,
        measured_on=measured_on,
        about="faces",
    )
    found = found.model_copy(update={"threshold": THRESHOLD})
    return found.model_copy(update={"measured": _measured(examples, found)})


def _examples(pairs: Sequence[tuple[Face, Face]], truth: bool) -> list[Example]:
    every = max(1, -(-len(pairs) // _MOST_PAIRS))
    return [
        Example((logits_of(float(one.embedding @ other.embedding)),), truth)
        for one, other in pairs[::every]
    ]


def _measured(examples: Sequence[Example], calibration: Calibration) -> Measured:
    """What the threshold does to the pairs; it was not set on them."""
    rates = []
    for truth in (True, False):
        scores = [
            probability(each.logits[0], calibration) for each in examples if each.harmful is truth
        ]
        rates.append(rate(sum(score > calibration.threshold for score in scores), len(scores)))
    return Measured(found=rates[0], false=rates[1])
