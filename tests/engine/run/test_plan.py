"""Planning: what the wanted outputs need, dependencies first."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import pytest

from engine.graph.document import Document
from engine.graph.flatten import flatten
from engine.graph.params import ParamValue
from engine.run.plan import Plan, plan_run
from tests.engine.run import toys
from tests.engine.run.toys import graph


def planned(document: Document, *outputs: str) -> Plan:
    return plan_run(flatten(document, toys.REGISTRY, outputs or None))


DIAMOND = graph(
    {"end": "add", "left": "add", "right": "add", "top": "number", "alone": "number"},
    "top > left.a",
    "top > right.a",
    "left > end.a",
    "right > end.b",
)


def test_dependencies_come_first() -> None:
    assert list(planned(DIAMOND, "end").steps) == ["top", "left", "right", "end"]


def test_what_nobody_wants_is_left_out() -> None:
    assert list(planned(DIAMOND, "right").steps) == ["top", "right"]


def test_the_open_ends_are_wanted_by_default() -> None:
    assert set(planned(DIAMOND).wanted) == {"end", "alone"}


def test_an_unneeded_port_and_all_behind_it_are_left_out() -> None:
    document = graph(
        {"left": "number", "far": "number", "right": "add", "either": "either"},
        "left > either.left",
        "far > right.a",
        "right > either.right",
    )
    plan = planned(document)
    assert list(plan.steps) == ["left", "either"]
    assert plan.steps["either"].inputs == {"left": ("left", "result")}


def test_a_linked_parameter_is_always_needed() -> None:
    document = graph(
        {"n": "number", "m": "number", "either": "either"},
        "n > either.left",
        "n > either.right",
        "m > either.bonus",
    )
    assert planned(document).steps["either"].inputs.keys() == {"left", "bonus"}


def test_a_node_that_cannot_say_what_it_needs_gets_everything(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def needs(params: Mapping[str, ParamValue]) -> None:
        raise KeyError("oh")

    monkeypatch.setattr(toys.Add, "needs", needs)
    with caplog.at_level(logging.ERROR):
        assert "left" in planned(DIAMOND).steps
    assert "cannot say what it needs" in caplog.text
