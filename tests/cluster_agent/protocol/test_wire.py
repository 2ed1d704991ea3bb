"""What goes over the wire comes out as it was, and whatever else comes is called malformed."""

from __future__ import annotations

import math
from contextlib import suppress

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cluster_agent.protocol import wire
from cluster_agent.protocol.job_spec import JobSpec
from cluster_agent.protocol.messages import (
    Beat,
    Chunk,
    Finished,
    Lease,
    ListJobs,
    Message,
    Ping,
    Report,
    SetTerms,
    Submit,
    Welcome,
)
from cluster_agent.protocol.wire import (
    FROM_AGENT,
    FROM_CLIENT,
    FROM_PEER,
    Direction,
    Malformed,
    decode,
    decode_spec,
    encode,
    encode_spec,
)
from tests.cluster_agent.protocol.examples import KINDS, models

DIRECTIONS = [found for found in vars(wire).values() if isinstance(found, Direction)]
SUBMIT = Submit(
    jobs=(JobSpec(key="first", graph=b"{}", packs={"core": "0.1.0"}, seconds=3.5),), re=7
)


def spoken(kind: type[Message]) -> Direction[Message]:
    return next(direction for direction in DIRECTIONS if kind.kind in direction.kinds)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
@settings(max_examples=20)
@given(data=st.data())
def test_every_message_comes_out_as_it_went_in(kind: type[Message], data: st.DataObject) -> None:
    message = data.draw(models(kind))
    assert decode(encode(message), spoken(kind)) == message


def test_every_kind_has_a_name_of_its_own_and_a_direction() -> None:
    assert len({kind.kind for kind in KINDS}) == len(KINDS)
    assert all(spoken(kind).kinds[kind.kind] is kind for kind in KINDS)


@given(models(JobSpec))
def test_a_stored_spec_is_the_spec(spec: JobSpec) -> None:
    assert decode_spec(encode_spec(spec)) == spec


@pytest.mark.parametrize("stored", [b"", b"\xc0", encode_spec(SUBMIT.jobs[0])[:-1]])
def test_a_damaged_spec_is_malformed(stored: bytes) -> None:
    with pytest.raises(Malformed):
        decode_spec(stored)


def decoded_or_malformed(frame: bytes) -> None:
    for direction in DIRECTIONS:
        with suppress(Malformed):
            assert decode(frame, direction).kind in direction.kinds


@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_or_malformed(frame: bytes) -> None:
    decoded_or_malformed(frame)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text()
    | st.binary() | st.builds(msgpack.ExtType, st.integers(0, 127), st.binary(max_size=20)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["kind", "re", "jobs", "x"]), ANYTHING), st.data())
def test_any_fields_are_a_message_or_malformed(
    fields: dict[str, object], data: st.DataObject
) -> None:
    kinds = st.sampled_from([kind.kind for kind in KINDS])
    decoded_or_malformed(msgpack.packb({"kind": data.draw(kinds), **fields}))


@given(st.sampled_from(KINDS), st.data())
def test_a_message_with_bytes_changed_is_a_message_or_malformed(
    kind: type[Message], data: st.DataObject
) -> None:
    frame = bytearray(encode(data.draw(models(kind))))
    for _ in range(data.draw(st.integers(1, 4))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    decoded_or_malformed(bytes(frame))


@given(st.integers(0, len(encode(SUBMIT)) - 1))
def test_a_truncated_message_is_malformed(length: int) -> None:
    with pytest.raises(Malformed):
        decode(encode(SUBMIT)[:length], FROM_CLIENT)


@given(st.binary(min_size=1, max_size=20))
def test_bytes_after_a_message_make_it_malformed(tail: bytes) -> None:
    with pytest.raises(Malformed):
        decode(encode(SUBMIT) + tail, FROM_CLIENT)


@pytest.mark.parametrize("nest", [b"\x91", b"\x81\xa1a", b"\xdd\x00\x00\x00\x01"])
@pytest.mark.parametrize("depth", [10, 1_000, 1_100, 1_000_000])
def test_deep_nesting_is_malformed(nest: bytes, depth: int) -> None:
    inside = b"\x82\xa4kind\xa4ping\xa1x" + nest * depth + b"\xc0"
    for frame in (nest * depth + b"\xc0", inside):
        with pytest.raises(Malformed):
            decode(frame, FROM_CLIENT)


@pytest.mark.parametrize("claim", [b"\xdd", b"\xdf", b"\xc6", b"\xdb", b"\xc9"])
@pytest.mark.parametrize("length", [1_001, 8_000_000, 2**32 - 1])
def test_a_length_that_is_not_there_is_malformed(claim: bytes, length: int) -> None:
    frame = (claim + length.to_bytes(4)) * 900
    with pytest.raises(Malformed):
        decode(frame, FROM_CLIENT)


@pytest.mark.parametrize("many", [[None] * 1_001, {str(n): None for n in range(1_001)}])
def test_a_list_or_map_of_too_many_entries_is_not_even_built(many: object) -> None:
    with pytest.raises(Malformed, match="exceeds"):
        decode(msgpack.packb({"kind": "ping", "x": many}), FROM_CLIENT)


def test_a_frame_over_the_limit_is_malformed_before_it_is_read() -> None:
    chunk = Chunk(digest="a" * 64, offset=0, size=9 << 20, data=bytes(9 << 20))
    with pytest.raises(Malformed, match="over the limit"):
        decode(encode(chunk), wire.TO_BLOBS)


def test_a_field_that_stands_twice_is_malformed() -> None:
    with pytest.raises(Malformed, match="twice"):
        decode(b"\x83\xa4kind\xa4ping\xa2re\x01\xa2re\x02", FROM_CLIENT)
    with pytest.raises(Malformed, match="twice"):
        decode(b"\x82\xa4kind\xa4ping\xa4kind\xa4ping", FROM_CLIENT)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"re": -1}, "re"),
        ({"re": True}, "re"),
        ({"re": 1.0}, "re"),
        ({"limit": 0}, "limit"),
        ({"limit": "10"}, "limit"),
        ({"user": "../x"}, "user"),
        ({"user": b"ann"}, "user"),
        ({"states": ("RUNNING",)}, "states"),
        ({"surplus": 1}, "surplus"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, object], named: str) -> None:
    fields = {"kind": "list_jobs", **ListJobs(user="ann").model_dump(), **change}
    with pytest.raises(Malformed, match=rf"list_jobs: {named}"):
        decode(msgpack.packb(fields), FROM_CLIENT)


@pytest.mark.parametrize("seconds", [math.nan, math.inf, -1.0])
def test_time_is_a_number_that_can_be_charged(seconds: float) -> None:
    report = Report(lease=Lease(job="j1", epoch=1), seconds=1.0).model_dump()
    with pytest.raises(Malformed, match="seconds"):
        decode(msgpack.packb({"kind": "report", **report, "seconds": seconds}), FROM_AGENT)


@pytest.mark.parametrize("cost", [math.nan, math.inf])
def test_a_limit_is_a_number_that_can_be_reached(cost: float) -> None:
    terms = SetTerms(tier="free", user="ann", weight=1.0, slots=None, cost=1.0).model_dump()
    with pytest.raises(Malformed, match="cost"):
        decode(msgpack.packb({"kind": "set_terms", **terms, "cost": cost}), FROM_CLIENT)


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a//b", "a/../../b", "a\\b", "", "a\n"])
def test_a_file_that_would_leave_its_workspace_is_malformed(path: str) -> None:
    result = {"path": path, "node": "n", "digest": "a" * 64, "size": 1}
    finished = Finished(lease=Lease(job="j1", epoch=1), seconds=1.0, results=()).model_dump()
    with pytest.raises(Malformed, match="path"):
        decode(msgpack.packb({"kind": "finished", **finished, "results": [result]}), FROM_AGENT)


def test_what_is_said_of_malformed_bytes_is_short() -> None:
    for fields in ({"kind": "x" * 10_000}, {"kind": "ping", "x" * 10_000: 1}):
        with pytest.raises(Malformed) as caught:
            decode(msgpack.packb(fields), FROM_CLIENT)
        assert len(str(caught.value)) < 300


def test_what_was_malformed_can_still_be_answered() -> None:
    with pytest.raises(Malformed) as caught:
        decode(msgpack.packb({"kind": "submit", "re": 12, "jobs": []}), FROM_CLIENT)
    assert caught.value.re == 12


def test_nobody_says_what_belongs_to_another_direction() -> None:
    welcome = Welcome(version=1, broker="b", user="ann", roles=(), blobs="", largest=wire.LARGEST)
    with pytest.raises(Malformed, match="'welcome' is nothing said from a client"):
        decode(encode(welcome), FROM_CLIENT)
    with pytest.raises(Malformed, match="'submit' is nothing said from an agent"):
        decode(encode(SUBMIT), FROM_AGENT)


def test_a_broker_hears_clients_and_agents_by_one_door() -> None:
    assert decode(encode(SUBMIT), FROM_PEER) == SUBMIT
    beat = Beat(number=1, holding=())
    assert decode(encode(beat), FROM_PEER) == beat
    assert decode(encode(Ping()), FROM_PEER) == Ping()
