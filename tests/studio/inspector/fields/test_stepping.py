"""How numbers step, scrub and are shown."""

from __future__ import annotations

import pytest

from engine.graph.params import ParamSpec
from studio.inspector.fields.stepping import Stepping

STEPS = Stepping(ParamSpec("steps", int, 30, ge=0, le=200, unit="steps"))
WIDTH = Stepping(ParamSpec("width", int, 512, ge=0, le=8192, step=8, unit="px"))
GUIDANCE = Stepping(ParamSpec("guidance", float, 6.0, ge=0, le=30, step=0.1))
FREE = Stepping(ParamSpec("value", float, 1.0))
SEED = Stepping(ParamSpec("seed", int, 0, ge=0, le=2**63 - 1))


def test_a_narrow_range_slides_and_a_wide_one_does_not() -> None:
    assert STEPS.slides
    assert GUIDANCE.slides
    assert not SEED.slides
    assert not FREE.slides


def test_a_step_follows_the_declaration_and_paces() -> None:
    assert WIDTH.stepped(512, 1) == 520
    assert WIDTH.stepped(512, 1, "fine") == 513
    assert GUIDANCE.stepped(6.0, 3) == pytest.approx(6.3)
    assert GUIDANCE.stepped(6.0, 1, "fine") == pytest.approx(6.01)


def test_values_stay_inside_the_range() -> None:
    assert STEPS.stepped(199, 5) == 200
    assert STEPS.stepped(1, -5) == 0
    assert SEED.stepped(2**63 - 1, 1) == 2**63 - 1


def test_a_drag_over_the_whole_slider_is_the_whole_range() -> None:
    assert STEPS.dragged(0, 300, 300) == 200
    assert STEPS.dragged(100, -150, 300) == 0
    assert STEPS.dragged(100, 30, 300, "fine") == 102


def test_a_drag_without_a_range_goes_by_steps_and_keeps_every_digit() -> None:
    assert FREE.dragged(1.0, 8, 300) == pytest.approx(1.2)
    assert SEED.dragged(2**60 + 1, 4, 300) == 2**60 + 2


def test_whole_numbers_stay_whole_and_sums_of_steps_leave_no_dust() -> None:
    assert type(STEPS.stepped(3, 1)) is int
    value: float = 0.0
    for _ in range(3):
        value = GUIDANCE.stepped(value, 1)
    assert value == 0.3


def test_values_are_shown_with_the_digits_they_have() -> None:
    assert [FREE.text(value) for value in (1.0, 0.25, 1e-7)] == ["1", "0.25", "1e-07"]
    assert SEED.text(2**63 - 1) == "9223372036854775807"


def test_the_share_of_the_range_is_within_it() -> None:
    assert [STEPS.share(value) for value in (-5, 0, 100, 999)] == [0.0, 0.0, 0.5, 1.0]
