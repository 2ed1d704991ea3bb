"""JSON is read strictly and written so that people can compare it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.graph.json_text import LINE_WIDTH, MAX_DEPTH, BadJson, read_json, write_json

plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.recursive(
    plain | texts, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=20
)


@given(values)
def test_what_is_written_is_read_again(value: object) -> None:
    text = write_json(value)  # type: ignore[arg-type]
    assert read_json(text) == value
    assert json.loads(text) == value


def test_what_fits_stays_on_a_line() -> None:
    assert write_json({"a": [1, 2], "b": "x"}) == '{"a": [1, 2], "b": "x"}'
    assert write_json({"from": ["a", "b"], "to": ["c", "d"]}).count("\n") == 0
    assert write_json({"a": {}, "b": 1}).count("\n") == 3


def test_what_does_not_fit_gets_a_line_an_entry() -> None:
    text = write_json({"key": ["x" * 30] * 5})
    assert max(len(line) for line in text.splitlines()) < LINE_WIDTH
    assert text.count("\n") == 8


def test_a_key_may_appear_in_two_objects_but_not_twice_in_one() -> None:
    assert read_json('{"a": {"a": 1}}') == {"a": {"a": 1}}
    with pytest.raises(BadJson, match='the key "b" twice'):
        read_json('{"a": 1, "b": {"b": 1}, "b": 2}')


def test_nesting_is_allowed_to_a_depth() -> None:
    fits = "[" * (MAX_DEPTH - 1) + "1" + "]" * (MAX_DEPTH - 1)
    assert read_json(fits) is not None
    with pytest.raises(BadJson, match="deeper than"):
        read_json(f"[{fits}]")


def test_whole_surrogate_pairs_are_characters() -> None:
    assert read_json('"\\ud83d\\ude00"') == "😀"
    with pytest.raises(BadJson, match="half of a surrogate pair"):
        read_json('{"\\udE00": 1}')
