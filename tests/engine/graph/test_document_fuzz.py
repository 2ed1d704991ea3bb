"""Whatever is given to the loader, a document or InvalidDocument comes out."""

from __future__ import annotations

import json

from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.graph.document import Document, dump_document, parse_document
from engine.graph.problems import InvalidDocument
from engine.graph.validate import validate
from tests.engine.graph.samples import REGISTRY
from tests.engine.graph.test_document import EVERYTHING

VALID = dump_document(EVERYTHING)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)


def parsed(text: str | bytes) -> Document | InvalidDocument:
    try:
        return parse_document(text)
    except InvalidDocument as error:
        return error


def read(text: str | bytes) -> Document | None:
    """The document, checked to survive writing and validating; None for InvalidDocument."""
    document = parsed(text)
    if isinstance(document, InvalidDocument):
        assert document.problems
        assert all(0 < len(str(problem)) < 600 for problem in document.problems)
        return None
    assert parse_document(dump_document(document).encode()) == document
    validate(document, REGISTRY)
    return document


@given(st.binary(max_size=200))
def test_random_bytes(content: bytes) -> None:
    read(content)


@given(json_values)
def test_random_json(value: object) -> None:
    read(json.dumps(value))


@given(st.data())
@settings(max_examples=200)
def test_a_document_with_characters_changed(data: st.DataObject) -> None:
    text = VALID
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 8))
        text = text[:at] + data.draw(st.text(max_size=4)) + text[at + length :]
    read(text)


@given(st.integers(0, len(VALID)))
def test_a_document_that_is_cut_off(length: int) -> None:
    document = read(VALID.rstrip()[:length])
    assert (document is None) == (length < len(VALID.rstrip()))


@given(st.data())
@settings(max_examples=300)
def test_a_document_with_values_exchanged(data: st.DataObject) -> None:
    tree = json.loads(VALID)
    here = tree
    for _ in range(data.draw(st.integers(0, 5))):
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if not isinstance(here[key], (dict, list)) or data.draw(st.booleans()):
            here[key] = data.draw(json_values)
            break
        here = here[key]
    read(json.dumps(tree))


@given(st.integers(1, 5000), st.sampled_from(["[", '{"a":', '{"format":1,"view":{"x":[', "[{"]))
@example(200_000, "[")
def test_deep_nesting(depth: int, opening: str) -> None:
    assert read(opening * depth) is None
