"""Events travel as one line of JSON each."""

from __future__ import annotations

import json

import pytest

from engine.errors import InvalidInput
from engine.run.events import (
    Checkpointed,
    Event,
    NodeChanged,
    Noted,
    Previewed,
    Progressed,
    RunEnded,
    RunStarted,
    Wrote,
    from_json,
    to_json,
)
from engine.run.local import LocalRunner
from engine.run.runner import RunRequest
from tests.engine.run.toys import graph

EVENTS: list[Event] = [
    RunStarted("r", 3),
    NodeChanged("a/b", "failed", 1.5, 'it said "no"\n'),
    Progressed("a", 1, 30, "steps"),
    Previewed("a", bytes(range(256))),
    Noted("a", "snow: \N{SNOWMAN}"),
    Checkpointed("a", 10),
    Wrote("a", "/out/a.mp4", "0f", True),
    RunEnded("r", "cancelled", 2.0),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_an_event_comes_back_from_its_line(event: Event) -> None:
    line = to_json(event)
    assert "\n" not in line
    assert from_json(line) == event
    assert from_json(line.encode()) == event


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_the_kind_comes_first(event: Event) -> None:
    assert next(iter(json.loads(to_json(event)).items())) == ("kind", event.kind)


@pytest.mark.parametrize(
    "line",
    [
        "", "{", "[]", "7", "{}", '{"kind": "other"}', '{"kind": ["node"]}',
        '{"kind":"checkpoint","node":"a"}',
        '{"kind":"checkpoint","node":"a","step":"10"}',
        '{"kind":"checkpoint","node":"a","step":10,"more":1}',
        '{"kind":"node","node":"a","state":"asleep","seconds":0.0,"message":""}',
        '{"kind":"preview","node":"a","jpeg":"%%%"}',
        '{"kind":"preview","node":"a","jpeg":7}',
        "[" * 100_000,
    ],
    ids=lambda line: line[:60],
)  # fmt: skip
def test_anything_else_is_refused(line: str) -> None:
    with pytest.raises(InvalidInput, match="no event"):
        from_json(line)


def test_a_thousand_nodes_say_less_than_a_megabyte(runner: LocalRunner) -> None:
    document = graph({f"n{i}": ("count", {"to": 20, "seconds": 0.01}) for i in range(1000)})
    lines: list[str] = []
    runner.run(RunRequest(document), listener=lambda e: _without_pictures(lines, e))
    assert sum(map(len, lines)) < 1_000_000


def _without_pictures(lines: list[str], event: Event) -> None:
    if not isinstance(event, Previewed):
        lines.append(to_json(event))
