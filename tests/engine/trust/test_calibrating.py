"""A calibration is found from examples, keeps its false rate, and is measured on others."""

from __future__ import annotations

import pytest

from engine.trust.calibrating import Example, balanced, calibrate, rate
from engine.trust.classifiers import probability


def said(bad: float, harmful: bool) -> Example:
    return Example(({"good": 0.0, "bad": bad},), harmful)


def test_it_tames_an_overconfident_classifier() -> None:
    sure = [said(12.0, index < 70) for index in range(100)]
    sure += [said(-12.0, index >= 70) for index in range(100)]
    found = calibrate(sure, unsafe=("bad",), false_rate=0.4, measured_on="made up")
    assert found.temperature >= 9
    assert probability({"good": 0.0, "bad": 12.0}, found) < 0.81


def test_it_moves_one_that_leans_to_a_side() -> None:
    leaning = [said(6.0 + index % 3, index % 2 == 0 or index % 7 == 0) for index in range(84)]
    found = calibrate(leaning, unsafe=("bad",), false_rate=0.4, measured_on="made up")
    scores = [probability(each.logits[0], found) for each in leaning]
    truths = sum(each.harmful for each in leaning)
    assert sum(scores) == pytest.approx(truths, abs=0.5)


def test_it_keeps_the_false_rate() -> None:
    examples = [said(index / 10, index > 60) for index in range(-100, 100)]
    found = calibrate(examples, unsafe=("bad",), false_rate=0.02, measured_on="made up")
    harmless = [each.logits[0] for each in examples if not each.harmful]
    flagged = sum(probability(logits, found) >= found.threshold for logits in harmless)
    assert flagged <= 0.02 * len(harmless)
    with pytest.raises(ValueError, match="harmful and harmless"):
        calibrate(examples[:3], unsafe=("bad",), false_rate=0.02, measured_on="x")


def test_its_worth_is_measured_on_examples_it_was_not_set_on() -> None:
    # Truth by chance: what was learnt by heart would seem to be found.
    chance = [said((index * 37 % 101) / 10, index * 53 % 97 < 48) for index in range(200)]
    found = calibrate(chance, unsafe=("bad",), false_rate=0.1, measured_on="made up").measured
    assert found is not None
    assert found.found.of + found.false.of == 200
    assert found.found.hits / found.found.of < 0.35
    few = calibrate(chance[:12], unsafe=("bad",), false_rate=0.1, measured_on="made up")
    assert few.measured is None


def test_samples_of_one_example_are_taken_together() -> None:
    quiet = {"good": 0.0, "bad": -4.0}
    examples = [Example((quiet, {"good": 0.0, "bad": 4.0 * at}), at > 0) for at in (-1, 1) * 3]
    found = calibrate(examples, unsafe=("bad",), false_rate=0, measured_on="made up", overall=max)
    assert probability({"good": 0.0, "bad": 4.0}, found) >= found.threshold


def test_the_fewer_are_repeated_until_they_are_as_many() -> None:
    several = balanced([said(1.0, True), *[said(-1.0, False)] * 5])
    assert sum(each.harmful for each in several) == 5
    assert len(several) == 10


def test_the_interval_is_wilsons() -> None:
    assert (round(rate(10, 10).low, 4), rate(10, 10).high) == (0.7225, 1.0)
    assert str(rate(81, 263)) == "81/263 = 30.8% [25.5%, 36.6%]"
    assert (rate(0, 0).low, rate(0, 0).high) == (0, 1)
