"""A GGUF file's header is read within its bounds, whatever it says."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from engine.errors import InvalidInput, InvalidWeights
from engine.models.loading.gguf_file import gguf_tensors
from engine.models.loading.single_file import gguf_shapes
from tests.engine.models.loading.conftest import Load, run

HEADER = 4096
"""Bytes at the beginning that the mutations change: values, names, shapes and kinds."""


def string(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()


def header(*values: bytes, tensors: tuple[bytes, ...] = (), version: int = 3) -> bytes:
    counts = struct.pack("<IQQ", version, len(tensors), len(values))
    return b"GGUF" + counts + b"".join((*values, *tensors))


def tensor(name: str, shape: tuple[int, ...], kind: int, offset: int = 0) -> bytes:
    dims = struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
    return string(name) + dims + struct.pack("<IQ", kind, offset)


def test_it_is_what_the_library_says(gguf: Path) -> None:
    from gguf import GGUFReader

    found = gguf_tensors(gguf)
    assert found
    for each in GGUFReader(gguf).tensors:
        shape = tuple(int(n) for n in reversed(each.shape))
        assert found.pop(each.name) == (shape, each.tensor_type)
    assert not found


def test_values_of_every_type_are_passed_over(tmp_path: Path) -> None:
    plain = [struct.pack("<I", type) + bytes(size) for type, size in ((0, 1), (5, 4), (12, 8))]
    texts = struct.pack("<IIQ", 9, 8, 2) + string("a") + string("")
    numbers = struct.pack("<IIQ", 9, 6, 3) + bytes(12)
    text = struct.pack("<I", 8) + string("wan")
    values = [string("a name") + each for each in (*plain, texts, numbers, text)]
    aligned = string("general.alignment") + struct.pack("<II", 4, 64)
    file = tmp_path / "a.gguf"
    content = header(*values, aligned, tensors=(tensor("w", (2, 3), 0),))
    file.write_bytes(content + bytes(-len(content) % 64 + 24))
    assert gguf_tensors(file) == {"w": ((3, 2), 0)}
    file.write_bytes(content + bytes(-len(content) % 64 + 23))
    with pytest.raises(InvalidWeights, match="cut off"):
        gguf_tensors(file)


HUGE = 2**60
DAMAGED = {
    "empty": b"",
    "another kind of file": b"GGML" + bytes(64),
    "an unknown version": header(version=4),
    "a version of the other byte order": b"GGUF" + struct.pack(">IQQ", 3, 0, 0),
    "too many values": b"GGUF" + struct.pack("<IQQ", 3, 0, HUGE),
    "too many tensors": b"GGUF" + struct.pack("<IQQ", 3, HUGE, 0),
    "a name past the end": header(struct.pack("<Q", HUGE)),
    "an endless list of numbers": header(string("a") + struct.pack("<IIQ", 9, 0, HUGE)),
    "an endless list of texts": header(string("a") + struct.pack("<IIQ", 9, 8, HUGE)),
    "a list of lists": header(string("a") + struct.pack("<IIQ", 9, 9, 1) + bytes(64)),
    "an unknown type": header(string("a") + struct.pack("<I", 99)),
    "no alignment": header(string("general.alignment") + struct.pack("<II", 4, 0)),
    "an alignment of another type": header(string("general.alignment") + struct.pack("<IB", 0, 1)),
    "an unknown kind of tensor": header(tensors=(tensor("w", (32,), 255),)) + bytes(256),
    "a tensor past the end": header(tensors=(tensor("w", (HUGE,), 0),)) + bytes(256),
    "an offset past the end": header(tensors=(tensor("w", (1,), 0, HUGE),)) + bytes(256),
    "too many dimensions": header(tensors=(tensor("w", (1,) * 9, 0),)) + bytes(256),
    "a name twice": header(tensors=(tensor("w", (1,), 0),) * 2) + bytes(256),
    "a name that is no text": header(struct.pack("<Q", 1) + b"\xff" + struct.pack("<IB", 0, 0)),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_header_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.gguf"
    file.write_bytes(content)
    with pytest.raises(InvalidWeights, match=r"a\.gguf' is no GGUF file, or is cut off") as caught:
        gguf_shapes(file)
    assert caught.value.remedy == "Fetch the file again."


def test_a_kind_that_cannot_be_unpacked_is_named_with_those_that_can(tmp_path: Path) -> None:
    file = tmp_path / "a.gguf"
    iq2_xxs = 16
    file.write_bytes(header(tensors=(tensor("w", (256,), iq2_xxs),)) + bytes(1024))
    with pytest.raises(InvalidWeights, match=r"'w' as IQ2_XXS, which cannot be unpacked.*Q8_0"):
        gguf_shapes(file)


def test_whatever_is_changed_it_is_read_or_refused(gguf: Path, load: Load) -> None:
    """Bytes of the header changed at random, and the file cut off anywhere."""
    whole, chance = gguf.read_bytes(), random.Random(0)
    refused: list[InvalidInput] = []
    for attempt in range(300):
        content = bytearray(whole)
        if attempt % 3:
            for _ in range(chance.randint(1, 4)):
                content[chance.randrange(HEADER)] = chance.choice(
                    (0, 1, 255, chance.randrange(256))
                )
        else:
            del content[chance.randrange(len(whole)) :]
        gguf.write_bytes(content)
        try:
            gguf_shapes(gguf)
            if attempt % 10 == 0:
                run(load("transformer", swapped={"transformer": gguf})["transformer"])
        except InvalidInput as error:
            refused.append(error)
    assert 100 < len(refused) < 300
    assert all(error.remedy for error in refused)
