"""What a GGUF file holds, by its header; a damaged one is refused before anybody reads on in it.

The format (ggml's docs/gguf.md, versions 2 and 3, little-endian): 'GGUF', the version, how many
tensors and how many values; the values, each a name, a type and itself; for each tensor its name,
shape (innermost first), kind and offset; then, aligned, the data.  A string is its length and its
bytes, a list its type, its length and its items.
"""

from __future__ import annotations

import math
import mmap
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from engine.errors import InvalidWeights

MAGIC: Final = b"GGUF"
VERSIONS: Final = (2, 3)
FIXED: Final[Mapping[int, int]] = {
    0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8,
}  # fmt: skip
"""Bytes of a value of each type but these two."""
STRING: Final = 8
LIST: Final = 9
MOST_DIMENSIONS: Final = 8
ALIGNMENT: Final = "general.alignment"


class _Damaged(ValueError):
    """The header says what cannot be."""


class GgufTensor(NamedTuple):
    """A tensor's shape, outermost first, and its kind by ggml's number."""

    shape: tuple[int, ...]
    kind: int


def gguf_tensors(file: Path) -> dict[str, GgufTensor]:
    """What a file holds, by name.  Raises InvalidWeights for one that is damaged, or cut off."""
    try:
        with (
            file.open("rb") as source,
            mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as data,
        ):
            return _Header(data).tensors()
    except OSError as error:
        raise InvalidWeights(
            f"'{file}' cannot be read: {error.strerror}.",
            remedy="Check the path and its permissions.",
        ) from None
    except (ValueError, struct.error) as error:
        raise InvalidWeights(
            f"'{file}' is no GGUF file, or is cut off.", remedy="Fetch the file again."
        ) from error


class _Header:
    """Reads from the beginning on; whatever would lie past the end raises struct.error."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._at = 0
        self._alignment = 32

    def tensors(self) -> dict[str, GgufTensor]:
        if self._take(4) != MAGIC or self._number("<I") not in VERSIONS:
            raise _Damaged
        num_tensors, num_values = self._number("<Q"), self._number("<Q")
        for _ in range(num_values):
            self._value()
        found: dict[str, GgufTensor] = {}
        ends = [0]
        for _ in range(num_tensors):
            name, tensor, offset = self._tensor()
            if name in found:
                raise _Damaged
            found[name] = tensor
            ends.append(offset + _nbytes(tensor))
        begin = -(-self._at // self._alignment) * self._alignment
        if begin + max(ends) > len(self._data):
            raise _Damaged
        return found

    def _tensor(self) -> tuple[str, GgufTensor, int]:
        name, num_dimensions = self._text(), self._number("<I")
        if num_dimensions > MOST_DIMENSIONS:
            raise _Damaged
        innermost_first = [self._number("<Q") for _ in range(num_dimensions)]
        kind, offset = self._number("<I"), self._number("<Q")
        return name, GgufTensor(tuple(reversed(innermost_first)), kind), offset

    def _value(self) -> None:
        name, type = self._text(), self._number("<I")
        if name == ALIGNMENT:
            if type != 4:
                raise _Damaged
            self._alignment = self._number("<I")
            if self._alignment.bit_count() != 1:
                raise _Damaged
        else:
            self._skip(type)

    def _skip(self, type: int) -> None:
        if type == STRING:
            self._take(self._number("<Q"))
        elif type == LIST:
            kind, length = self._number("<I"), self._number("<Q")
            if kind in FIXED:
                self._take(FIXED[kind] * length)
            elif kind == STRING:
                for _ in range(length):  # ends with the file at the latest
                    self._take(self._number("<Q"))
            else:
                raise _Damaged
        elif type in FIXED:
            self._take(FIXED[type])
        else:
            raise _Damaged

    def _text(self) -> str:
        return self._take(self._number("<Q")).decode()

    def _number(self, format: str) -> int:
        (number,) = struct.unpack(format, self._take(struct.calcsize(format)))
        return int(number)

    def _take(self, length: int) -> bytes:
        end = self._at + length
        if end > len(self._data):
            raise _Damaged
        taken, self._at = self._data[self._at : end], end
        return taken


def _nbytes(tensor: GgufTensor) -> int:
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    block, size = GGML_QUANT_SIZES[GGMLQuantizationType(tensor.kind)]
    nbytes: int = math.prod(tensor.shape) // block * size
    return nbytes
