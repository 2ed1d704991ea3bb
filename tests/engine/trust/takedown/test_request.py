"""Requests: what they must hold, their clock, and which state may follow which."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.errors import InvalidInput
from engine.trust.takedown.request import (
    FIELDS,
    NEXT,
    Case,
    State,
    following,
    moment,
    request_of,
)

NOW = datetime(2026, 8, 2, 12, tzinfo=UTC)
WHOLE = {name: f"the {name}" for name in FIELDS}


def case(state: State = State.OPEN) -> Case:
    return Case(number=3, request=request_of(WHOLE), state=state, received=NOW)


def test_every_missing_field_is_named_with_its_meaning() -> None:
    with pytest.raises(InvalidInput) as caught:
        request_of({"signature": "Ada", "contact": "  "})
    for name in ("material", "location", "statement", "contact"):
        assert f"'{name}' ({FIELDS[name]})" in str(caught.value)
    assert "'signature'" not in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "told"),
    [({"adress": "x"}, "no field 'adress'"), ({"contact": "x" * 10_001}, "longer")],
)
def test_what_does_not_belong_is_told(fields: dict[str, str], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        request_of(WHOLE | fields)


def test_the_material_must_be_gone_after_48_hours() -> None:
    assert case().due == NOW + timedelta(hours=48)
    assert not case().overdue(NOW + timedelta(hours=48))
    assert case().overdue(NOW + timedelta(hours=48, seconds=1))
    assert not case(State.REMOVED).overdue(NOW + timedelta(days=9))


@pytest.mark.parametrize("before", State)
@pytest.mark.parametrize("after", State)
def test_states_follow_as_the_table_says(before: State, after: State) -> None:
    if after in NEXT[before]:
        assert following(case(before), after, "because") is after
    else:
        with pytest.raises(InvalidInput, match=f"is {before}, and cannot become {after}"):
            following(case(before), after, "because")


@pytest.mark.parametrize(
    ("before", "after"), [(State.OPEN, State.REFUSED), (State.REMOVED, State.RESTORED)]
)
def test_refusing_and_restoring_want_a_reason(before: State, after: State) -> None:
    with pytest.raises(InvalidInput, match="without a reason"):
        following(case(before), after, " ")


def test_open_and_removed_block() -> None:
    assert [state for state in State if case(state).blocking] == [State.OPEN, State.REMOVED]


def test_when_it_came_in() -> None:
    assert moment("", NOW) == NOW
    assert moment("2026-08-01T10:00+02:00", NOW) == datetime(2026, 8, 1, 8, tzinfo=UTC)
    for text, told in (("soon", "is no time"), ("2027-01-01", "still to come")):
        with pytest.raises(InvalidInput, match=told):
            moment(text, NOW)
