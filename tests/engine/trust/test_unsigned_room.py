"""What stands in the part of a signature that no signature covers."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.trust.identity import Identity
from engine.trust.sign import sign
from engine.trust.unsigned_room import holds_more
from engine.trust.verification import State
from engine.trust.verify import verify
from tests.engine.trust.test_tampering import STATEMENT

Maker = Callable[..., Path]


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def superbox(kind: bytes, label: bytes, *inside: bytes) -> bytes:
    described = kind + bytes.fromhex("00110010800000aa00389b71") + b"\x03" + label + b"\0"
    return box(b"jumb", box(b"jumd", described) + b"".join(inside))


def store(cose: bytes) -> bytes:
    signature = superbox(b"c2cs", b"c2pa.signature", box(b"cbor", cose))
    return superbox(b"c2pa", b"c2pa", superbox(b"c2ma", b"urn:c2pa:1", signature))


def signature(header: Mapping[object, object]) -> bytes:
    return cbor2.dumps(cbor2.CBORTag(18, [b"\xa1\x01\x26", dict(header), None, bytes(64)]))


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"pad": bytes(900)},
        {"pad": bytes(3), "pad2": bytes(1)},
        {"sigTst2": {"tstTokens": [{"val": b"\x30\x01\x02"}]}, "pad": bytes(9)},
        {33: b"certificate", "rVals": {"ocspVals": [b"\x30"]}},
    ],
)
def test_time_stamps_certificates_and_zeros_are_nothing_more(header: dict[object, object]) -> None:
    assert not holds_more(store(signature(header)))


@pytest.mark.parametrize(
    "header",
    [
        {"pad": bytes(400) + b"\1"},
        {"pad": "a message"},
        {"pad2": b"PK\3\4"},
        {"pad": bytes(9), "note": "a message"},
        {"sigTst2": {}, 4711: b""},
    ],
)
def test_what_stands_there_besides_is_found(header: dict[object, object]) -> None:
    assert holds_more(store(signature(header)))


def test_a_key_that_stands_there_twice_is_found() -> None:
    twice = b"\xd2\x84\x40\xa2\x63pad\x41\0\x63pad\x41\0\xf6\x40"
    assert holds_more(store(twice))


def test_signatures_of_inputs_are_looked_at_too() -> None:
    honest = superbox(b"c2cs", b"c2pa.signature", box(b"cbor", signature({"pad": bytes(5)})))
    lying = superbox(b"c2cs", b"c2pa.signature", box(b"cbor", signature({"pad": b"secret"})))
    manifests = [superbox(b"c2ma", b"urn:%d" % n, each) for n, each in enumerate([lying, honest])]
    assert holds_more(superbox(b"c2pa", b"c2pa", *manifests))


def test_what_cannot_be_read_as_a_signature_holds_more() -> None:
    whole = store(signature({"pad": bytes(20)}))
    assert holds_more(store(b"\xff" * 9))
    assert holds_more(store(cbor2.dumps([1, 2])))
    assert holds_more(whole[:-5])


@given(st.binary(max_size=200), st.integers(0, 250))
def test_no_bytes_whatever_raise(junk: bytes, at: int) -> None:
    whole = store(signature({"pad": bytes(20)}))
    holds_more(junk)
    holds_more(store(junk))
    holds_more(whole[:at] + junk + whole[at:])


@pytest.mark.parametrize("suffix", [".mp4", ".jpg", ".webm"])
def test_a_message_in_the_padding_of_a_signed_file_alters_it(
    sample: Maker, identity: Identity, suffix: str
) -> None:
    path = sample(suffix)
    signed = sign(path, identity, STATEMENT)
    carrier = signed.sidecar or path
    assert verify(path, own_roots=identity.root).state is State.INTACT
    data = carrier.read_bytes()
    at = data.index(b"cpadY") + 40
    assert data[at : at + 20] == bytes(20)
    carrier.write_bytes(data[:at] + b"what nobody signed.." + data[at + 20 :])
    answer = verify(path, own_roots=identity.root)
    assert answer.state is State.ALTERED
    assert answer.reasons == ("Something that nobody signed stands in the room of a signature.",)
