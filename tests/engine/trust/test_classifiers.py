"""Classifiers are heard with their calibration, and silence is no number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.errors import BlockedByPolicy
from engine.trust.classifiers import (
    Assessment,
    Calibration,
    assess,
    probability,
)

UNSAFE = Calibration(unsafe=("bad",), threshold=0.5, measured_on="nothing")
LOGIT = st.floats(-50, 50)


@dataclass(frozen=True)
class Fixed:
    """Says the same of everything."""

    name: str
    bad: float
    calibration: Calibration = UNSAFE
    version: str = "1"

    def logits(self, subject: str) -> Mapping[str, float]:
        return {"good": 0.0, "bad": self.bad}


def test_without_a_classifier_nothing_is_assessed_and_there_is_no_number() -> None:
    assessment = assess("a cat", [])
    assert assessment.status == "not assessed"
    assert assessment.scores == {}
    assert not assessment.flagged
    assessment.require_passed("prompt")


def test_a_harmful_prompt_is_flagged_with_its_score() -> None:
    assessment = assess("a cat", [Fixed("one", 2.0)])
    assert assessment.flagged
    assert assessment.scores == {"one": pytest.approx(0.8808, abs=1e-4)}
    with pytest.raises(BlockedByPolicy, match=r"The prompt is blocked.*one 0\.88"):
        assessment.require_passed("prompt")


def test_a_sure_classifier_outweighs_a_doubtful_one() -> None:
    assert assess("", [Fixed("sure", -4.0), Fixed("doubtful", 1.0)]).status == "passed"
    assert assess("", [Fixed("sure", 4.0), Fixed("doubtful", -1.0)]).flagged


def test_a_weight_counts_for_as_many_classifiers() -> None:
    heavy = UNSAFE.model_copy(update={"weight": 10.0})
    assert assess("", [Fixed("a", -4.0), Fixed("b", 1.0, heavy)]).flagged


def test_a_higher_threshold_flags_less() -> None:
    strict = UNSAFE.model_copy(update={"threshold": 0.95})
    assert not assess("", [Fixed("one", 2.0, strict)]).flagged


def test_a_logit_that_is_no_number_is_no_pass() -> None:
    assert probability({"good": 0.0, "bad": math.nan}, UNSAFE) == 1.0
    assert assess("", [Fixed("broken", math.nan)]).flagged


def test_labels_that_may_hold_at_once_are_judged_each_for_itself() -> None:
    several = Calibration(unsafe=("a", "b"), threshold=0.5, several=True, measured_on="x")
    assert probability({"a": 0.0, "b": 2.0, "c": 9.0}, several) == pytest.approx(0.8808, abs=1e-4)


def test_a_bias_moves_the_log_odds() -> None:
    biased = UNSAFE.model_copy(update={"bias": 2.0})
    assert probability({"good": 0.0, "bad": -2.0}, biased) == pytest.approx(0.5)


def test_an_assessment_is_told_to_the_audit_log_with_versions_and_without_numbers() -> None:
    entry = assess("", [Fixed("one", 2.0), Fixed("two", 2.0)]).entry("prompt")
    assert (entry.what, entry.by, entry.version) == ("prompt", "one, two", "1, 1")
    assert entry.outcome == "flagged"
    assert assess("", []).entry("prompt").outcome == "not assessed"


def test_a_label_that_is_not_there_is_told() -> None:
    with pytest.raises(ValueError, match="no label 'bad'; it has good, worse"):
        probability({"good": 0.0, "worse": 1.0}, UNSAFE)


def test_a_calibration_needs_its_source_and_a_threshold_between_0_and_1() -> None:
    for wrong in ({"threshold": 0}, {"threshold": 1}, {"measured_on": ""}, {"unsafe": ()}):
        with pytest.raises(ValidationError):
            Calibration.model_validate({**UNSAFE.model_dump(), **wrong})


@given(LOGIT, LOGIT, st.floats(0.01, 100))
def test_a_score_is_a_probability(good: float, bad: float, temperature: float) -> None:
    calibration = UNSAFE.model_copy(update={"temperature": temperature})
    assert 0 <= probability({"good": good, "bad": bad}, calibration) <= 1


def test_an_assessment_knows_its_state() -> None:
    assert not Assessment(status="not assessed").assessed
    assert Assessment(status="passed").assessed
