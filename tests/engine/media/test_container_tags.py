from __future__ import annotations

import struct
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.media.container_tags import MAX_TAG_BYTES, matroska_tag, mp4_tag


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I", len(body) + 8) + kind + body


def element(identity: int, *content: bytes) -> bytes:
    body = b"".join(content)
    name = identity.to_bytes((identity.bit_length() + 7) // 8, "big")
    return name + (len(body) | 1 << 56).to_bytes(8, "big") + body


def key(name: bytes) -> bytes:
    return struct.pack(">I", len(name) + 8) + b"mdta" + name


def items(*values: bytes) -> bytes:
    return box(
        b"ilst",
        *(
            box(number.to_bytes(4, "big"), box(b"data", bytes(8), value))
            for number, value in enumerate(values, 1)
        ),
    )


KEYS = box(b"keys", bytes(4), struct.pack(">I", 2), key(b"other"), key(b"wanted"))
HANDLER = box(b"hdlr", bytes(24))


@pytest.mark.parametrize("flags", [b"", bytes(4)], ids=["QuickTime", "MP4"])
@pytest.mark.parametrize("place", [b"moov", b"udta"])
def test_a_key_is_found_wherever_writers_put_it(flags: bytes, place: bytes) -> None:
    meta = box(b"meta", flags, HANDLER, KEYS, items(b"no", "ja, é".encode()))
    inside = meta if place == b"moov" else box(b"udta", meta)
    file = box(b"ftyp", b"isom") + box(b"mdat", bytes(100)) + box(b"moov", box(b"mvhd"), inside)
    assert mp4_tag(BytesIO(file), "wanted") == "ja, é"
    assert mp4_tag(BytesIO(file), "missing") is None


def test_a_file_larger_than_its_box_sizes_can_say_is_understood() -> None:
    meta = box(b"meta", bytes(4), HANDLER, KEYS, items(b"no", b"yes"))
    wide = struct.pack(">I4sQ", 1, b"mdat", 16 + 50) + bytes(50)
    rest = struct.pack(">I", 0) + b"moov" + meta  # size 0: up to the end of the file
    assert mp4_tag(BytesIO(wide + rest), "wanted") == "yes"


def tags(name: bytes, value: bytes) -> bytes:
    return element(
        0x1254C367, element(0x7373, element(0x67C8, element(0x45A3, name), element(0x4487, value)))
    )


@pytest.mark.parametrize("before", [b"", element(0x1F43B675, bytes(5_000))])
def test_a_tag_is_found_before_or_behind_the_pictures(before: bytes) -> None:
    file = element(0x1A45DFA3, b"\x42\x86\x81\x01")
    file += element(0x18538067, before, tags(b"OTHER", b"no"), tags(b"WANTED", "ja, é".encode()))
    assert matroska_tag(BytesIO(file), "wanted") == "ja, é"
    assert matroska_tag(BytesIO(file), "missing") is None


def test_a_segment_of_unknown_size_is_read_to_the_end() -> None:
    file = element(0x1A45DFA3) + b"\x18\x53\x80\x67\x01" + b"\xff" * 7 + tags(b"WANTED", b"yes")
    assert matroska_tag(BytesIO(file), "wanted") == "yes"


def test_a_tag_of_absurd_size_is_none_of_ours() -> None:
    meta = box(b"meta", bytes(4), HANDLER, KEYS, items(b"no", b" " * (MAX_TAG_BYTES + 1)))
    assert mp4_tag(BytesIO(box(b"moov", meta)), "wanted") is None


@settings(max_examples=300)
@given(st.binary(max_size=300))
def test_any_bytes_end_in_a_text_or_nothing(data: bytes) -> None:
    for file in (data, box(b"moov", data), box(b"moov", box(b"meta", bytes(4), KEYS, data))):
        found = mp4_tag(BytesIO(file), "wanted")
        assert found is None or isinstance(found, str)
    for file in (data, element(0x18538067, data), element(0x18538067, element(0x1254C367, data))):
        found = matroska_tag(BytesIO(file), "wanted")
        assert found is None or isinstance(found, str)


def test_a_size_beyond_any_file_ends_the_walk() -> None:
    far = b"\x18\x53\x80\x67\x01" + b"\xff" * 6 + b"\x00"
    assert matroska_tag(BytesIO(far + far), "wanted") is None


def test_a_value_shorter_than_its_own_header_is_none() -> None:
    short = box(b"ilst", box((2).to_bytes(4, "big"), box(b"data", bytes(3))))
    file = box(b"moov", box(b"meta", bytes(4), HANDLER, KEYS, short))
    assert mp4_tag(BytesIO(file), "wanted") is None


def test_boxes_without_end_cost_only_a_moment() -> None:
    crowd = BytesIO(box(b"free") * 300_000)
    assert mp4_tag(crowd, "wanted") is None
    nested = b"\x18\x53\x80\x67\xff" * 100_000
    assert matroska_tag(BytesIO(nested), "wanted") is None
