"""A parameter accepts its values, reads them from text, and says what is wrong with others."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ReelwrightError
from engine.graph.params import Param, ParamSpec, ParamValue, param_spec


def spec(annotation: object, default: ParamValue, **options: object) -> ParamSpec:
    return param_spec("it", annotation, Param(default, **options))


WIDTH = spec(int, 64, ge=16, le=512, unit="px")
SCALE = spec(float, 1.0, ge=0)
COLOR = spec(Literal["red", "blue"], "red")
SWITCH = spec(bool, False)
TEXT = spec(str, "", max_length=5)
SEEDS = spec(list[int], [1, 2], ge=0)


@pytest.mark.parametrize(
    ("param", "value"),
    [(WIDTH, 16), (WIDTH, 512), (SCALE, 0.5), (COLOR, "blue"), (SWITCH, True), (TEXT, "äöü")],
)
def test_a_good_value_stays_as_it_is(param: ParamSpec, value: ParamValue) -> None:
    assert param.check(value) == value


def test_a_whole_number_becomes_the_float_that_is_declared() -> None:
    assert type(SCALE.check(2)) is float


@pytest.mark.parametrize(
    ("param", "value", "clause"),
    [
        (WIDTH, 15, "must be from 16 to 512 px, not 15"),
        (WIDTH, 64.0, "must be a whole number, not 64.0"),
        (WIDTH, True, "must be a whole number, not True"),
        (WIDTH, "64", "must be a whole number, not '64'"),
        (SCALE, -1, "must be at least 0, not -1.0"),
        (SCALE, 10**400, "must be a finite number"),
        (SCALE, float("nan"), "must be a finite number"),
        (SCALE, float("inf"), "must be a finite number"),
        (SCALE, None, "must be a number, not None"),
        (COLOR, "green", "must be one of red, blue, not 'green'"),
        (SWITCH, 1, "must be true or false, not 1"),
        (TEXT, "longer", "has 6 characters; at most 5 are allowed"),
        (TEXT, "\udcff", "must be readable text; it holds bytes that are not UTF-8"),
        (SEEDS, 3, "must be a list of values, not 3"),
        (SEEDS, [3, -1], "must be at least 0, not -1"),
    ],
)
def test_a_bad_value_is_told_with_the_way_out(param: ParamSpec, value: object, clause: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is compared below
        param.check(value)
    assert str(caught.value) == clause


@pytest.mark.parametrize(
    ("param", "text", "value"),
    [
        (WIDTH, "128", 128),
        (SCALE, "1e-3", 0.001),
        (COLOR, "blue", "blue"),
        (SWITCH, "Yes", True),
        (SWITCH, "off", False),
        (TEXT, " a ", " a "),
        (SEEDS, "3, 4,5", [3, 4, 5]),
        (SEEDS, "", []),
    ],
)
def test_text_is_read_as_the_declared_type(param: ParamSpec, text: str, value: ParamValue) -> None:
    assert param.parse(text) == value
    assert type(param.parse(text)) is type(value)


@pytest.mark.parametrize(
    ("param", "text", "clause"),
    [
        (WIDTH, "wide", "must be a whole number, not 'wide'"),
        (WIDTH, "1.5", "must be a whole number, not '1.5'"),
        (WIDTH, "9" * 5000, "must be a whole number, not"),
        (WIDTH, "1000", "must be from 16 to 512 px, not 1000"),
        (SCALE, "nan", "must be a finite number"),
        (SWITCH, "maybe", "must be true or false, not 'maybe'"),
        (SEEDS, "1,x", "must be a whole number, not 'x'"),
    ],
)
def test_text_that_means_no_value_is_told(param: ParamSpec, text: str, clause: str) -> None:
    with pytest.raises(ValueError, match="must be") as caught:
        param.parse(text)
    assert clause in str(caught.value)


def complaint(param: ParamSpec, text: str) -> str:
    try:
        param.check(param.parse(text))
    except ValueError as error:
        return str(error)
    return ""


@given(st.text())
def test_any_text_gives_a_value_or_one_short_line(text: str) -> None:
    for param in (WIDTH, SCALE, COLOR, SWITCH, TEXT, SEEDS):
        assert len(complaint(param, text)) < 200
        assert "\n" not in complaint(param, text)


def test_a_parameter_is_a_port_of_its_type() -> None:
    assert WIDTH.port.name == "Integer"
    assert SEEDS.port.many
    assert WIDTH.port.optional


@pytest.mark.parametrize("annotation", [dict, list[dict], None, Literal[b"x"], list])
def test_a_type_that_no_document_can_hold_is_refused(annotation: object) -> None:
    with pytest.raises(ReelwrightError, match="'it' cannot have the type"):
        spec(annotation, 1)
