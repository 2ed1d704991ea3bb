"""Passing on one of two inputs."""

from __future__ import annotations

import pytest

from engine.errors import InvalidInput
from engine.graph.document import Document, Link, NodeSpec
from engine.run.events import Event, NodeChanged
from engine.run.runner import RunRequest
from nodes.logic.switch_input import SwitchInput
from tests.nodes.conftest import MakeRunner
from tests.nodes.recording import RecordingContext


@pytest.mark.parametrize(("on", "passed"), [(True, 1), (False, "two")])
def test_the_switch_decides_what_is_passed_on(
    context: RecordingContext, on: bool, passed: object
) -> None:
    assert SwitchInput(when_on=1, when_off="two", on=on).run(context) == passed


def test_an_open_input_is_named_with_the_way_out(context: RecordingContext) -> None:
    with pytest.raises(InvalidInput, match=r"connected to 'when_off'\. Connect it, or turn"):
        SwitchInput(when_on=1, when_off=None, on=False).run(context)


def test_what_only_the_other_input_needs_is_not_computed(make_runner: MakeRunner) -> None:
    document = Document(
        nodes={
            "a": NodeSpec(type="input.number", version=1, params={"value": 2.0}),
            "b": NodeSpec(type="input.image", version=1, params={"path": "not-there.png"}),
            "switch": NodeSpec(type="logic.switch", version=1),
        },
        links=(
            Link(source=("a", "result"), target=("switch", "when_on")),
            Link(source=("b", "result"), target=("switch", "when_off")),
        ),
    )
    events: list[Event] = []
    done = make_runner().run(RunRequest(document, outputs=["switch"]), listener=events.append)
    assert done.values == {"switch": {"result": 2.0}}
    assert "b" not in {event.node for event in events if isinstance(event, NodeChanged)}


def test_a_switch_that_is_turned_by_a_link_needs_both_inputs() -> None:
    assert SwitchInput.needs({}) is None
