"""How tensors rest on disk: a safetensors file that proves its own content.

    8 bytes    length of the header, little endian
    header     JSON: name -> {dtype, shape, data_offsets}, and `__metadata__` with
                 `reelwright`  a JSON text, whatever the writer wants to say
                 `sha256`      over the header, with 64 zeros in this place, and all the data
    data       the tensors, row-major, one after the other

Any safetensors reader opens it.  It is written and read here, and not by the safetensors
package, because videos are streamed through it, because the digest is checked before anything
is believed, and because tensors must come back aligned: arithmetic on unaligned memory rounds
differently.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from engine.atomic import replacing
from engine.errors import StorageFailed

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

Bytes: TypeAlias = "bytes | memoryview"

_METADATA: Final = "__metadata__"
_UNSEALED: Final = "0" * 64
_LARGEST_HEADER: Final = 64 << 20
_CHUNK: Final = 1 << 20
_DTYPES: Final = {
    "BOOL": ("bool", 1), "U8": ("uint8", 1), "I8": ("int8", 1), "F8_E4M3": ("float8_e4m3fn", 1),
    "F8_E5M2": ("float8_e5m2", 1), "I16": ("int16", 2), "U16": ("uint16", 2),
    "F16": ("float16", 2), "BF16": ("bfloat16", 2), "I32": ("int32", 4), "U32": ("uint32", 4),
    "F32": ("float32", 4), "I64": ("int64", 8), "U64": ("uint64", 8), "F64": ("float64", 8),
    "C64": ("complex64", 8),
}  # fmt: skip
_DTYPE_NAMES: Final = {name: code for code, (name, _) in _DTYPES.items()}


class DamagedFile(StorageFailed):
    """A tensor file that does not hold what was written to it."""


@dataclass(frozen=True)
class Blob:
    """An array about to be written: its bytes are drawn from `chunks` when their turn comes."""

    dtype: str
    shape: tuple[int, ...]
    chunks: Callable[[], Iterable[Bytes]]

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * _DTYPES[self.dtype][1]


def array_blob(array: NDArray[np.generic]) -> Blob:
    """A numpy array as a blob."""
    import numpy as np

    flat = np.ascontiguousarray(array)
    code = _DTYPE_NAMES[flat.dtype.name]
    return Blob(code, flat.shape, lambda: [flat.reshape(-1).view(np.uint8).data])


def tensor_blob(tensor: torch.Tensor) -> Blob:
    """A tensor on any device as a blob; its strides are the business of `TensorLayout`."""
    import torch

    flat = tensor.detach().cpu().contiguous().reshape(-1)
    code = _DTYPE_NAMES[str(tensor.dtype).removeprefix("torch.")]
    return Blob(code, tuple(tensor.shape), lambda: [flat.view(torch.uint8).numpy().data])


class _Extent(BaseModel):
    """Where an array lies; `data_offsets` count from the end of the header."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]

    @model_validator(mode="after")
    def _sizes_agree(self) -> _Extent:
        start, end = self.data_offsets
        if self.dtype not in _DTYPES or min(self.shape, default=0) < 0 or start < 0:
            raise ValueError("no such array")
        if end - start != math.prod(self.shape) * _DTYPES[self.dtype][1]:
            raise ValueError("the size differs from the shape")
        return self


class _Seal(BaseModel):
    model_config = ConfigDict(frozen=True)

    reelwright: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


_EXTENTS: Final = TypeAdapter(dict[str, _Extent])


def write_tensor_file(path: Path, text: str, blobs: Mapping[str, Blob]) -> None:
    """Write atomically: beside, flushed to the disk, then renamed.  Raises StorageFailed."""
    with replacing(path) as partial, open(partial, "xb") as out:
        _write(out, text, blobs)


def tensor_file_size(text: str, blobs: Mapping[str, Blob]) -> int:
    """Bytes that a file with this text and these arrays takes."""
    return 8 + len(_header(text, blobs)) + sum(blob.nbytes for blob in blobs.values())


def _header(text: str, blobs: Mapping[str, Blob]) -> bytes:
    header: dict[str, object] = {_METADATA: {"sha256": _UNSEALED, "reelwright": text}}
    end = 0
    for name, blob in blobs.items():
        start, end = end, end + blob.nbytes
        header[name] = {"dtype": blob.dtype, "shape": blob.shape, "data_offsets": (start, end)}
    encoded = json.dumps(header).encode()
    return encoded + b" " * (-len(encoded) % 8)


def _write(out: IO[bytes], text: str, blobs: Mapping[str, Blob]) -> None:
    encoded = _header(text, blobs)
    seal = hashlib.sha256(encoded)
    out.write(len(encoded).to_bytes(8, "little") + encoded)
    for name, blob in blobs.items():
        written = 0
        for chunk in blob.chunks():
            seal.update(chunk)
            written += out.write(chunk)
        if written != blob.nbytes:
            raise StorageFailed(f"'{name}' gave {written} bytes where {blob.nbytes} were promised.")
    out.seek(8 + encoded.index(_UNSEALED.encode()))
    out.write(seal.hexdigest().encode())


class TensorFile:
    """An open tensor file whose digest was checked; stays readable even if it is deleted."""

    def __init__(self, path: Path) -> None:
        """Open and check all of it.  Raises DamagedFile, or OSError if it cannot be read."""
        self._path = path
        self._handle = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._handle)
        try:
            with open(self._handle, "rb", closefd=False) as file:
                header, self._start = self._read_header(file)
            self.text = header.reelwright
        except (ValueError, RecursionError) as error:
            raise DamagedFile(f"'{path}' is damaged.") from error

    def _read_header(self, file: IO[bytes]) -> tuple[_Seal, int]:
        size = os.fstat(self._handle).st_size
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length <= min(_LARGEST_HEADER, size - 8):
            raise ValueError("no header")
        encoded = file.read(length)
        document = json.loads(encoded)
        if not isinstance(document, dict):
            raise ValueError("no header")
        seal = _Seal.model_validate(document.pop(_METADATA, None))
        _check_digest(seal, encoded, file)
        self._extents = _EXTENTS.validate_python(document)
        if any(8 + length + e.data_offsets[1] > size for e in self._extents.values()):
            raise ValueError("an array ends behind the file")
        return seal, 8 + length

    def shape(self, name: str) -> tuple[int, ...]:
        """Shape of an array; raises DamagedFile if there is none of this name."""
        return self._extent(name).shape

    def tensor(self, name: str) -> torch.Tensor:
        """An array as a contiguous tensor in memory of its own, aligned."""
        import torch

        extent = self._extent(name)
        tensor = torch.empty(extent.shape, dtype=getattr(torch, _DTYPES[extent.dtype][0]))
        self._fill(extent, tensor.reshape(-1).view(torch.uint8).numpy().data)
        return tensor

    def array(self, name: str) -> NDArray[np.generic]:
        """An array as a numpy array in memory of its own."""
        import numpy as np

        extent = self._extent(name)
        array: NDArray[np.generic] = np.empty(extent.shape, dtype=_DTYPES[extent.dtype][0])
        self._fill(extent, array.reshape(-1).view(np.uint8).data)
        return array

    def rows(self, name: str, at_once: int) -> Iterator[NDArray[np.uint8]]:
        """Slices of a uint8 array along its first axis, read one after the other."""
        import numpy as np

        extent = self._extent(name)
        count, rest = extent.shape[0], extent.shape[1:]
        row = math.prod(rest)
        for first in range(0, count, at_once):
            chunk = np.empty((min(at_once, count - first), *rest), dtype=np.uint8)
            self._fill(extent, chunk.reshape(-1).data, skip=first * row)
            yield chunk

    def _extent(self, name: str) -> _Extent:
        extent = self._extents.get(name)
        if extent is None:
            raise DamagedFile(f"'{self._path}' is damaged: it lacks '{name}'.")
        return extent

    def _fill(self, extent: _Extent, into: memoryview, skip: int = 0) -> None:
        """Read by position, so that several readers can share one open file."""
        at = self._start + extent.data_offsets[0] + skip
        while into:
            count = os.preadv(self._handle, [into[: 1 << 30]], at)
            if count == 0:
                raise DamagedFile(f"'{self._path}' became shorter while it was read.")
            at, into = at + count, into[count:]


def _check_digest(seal: _Seal, encoded: bytes, rest: IO[bytes]) -> None:
    digest = hashlib.sha256(encoded.replace(seal.sha256.encode(), _UNSEALED.encode(), 1))
    while chunk := rest.read(_CHUNK):
        digest.update(chunk)
    if digest.hexdigest() != seal.sha256:
        raise ValueError("digest differs")


class TensorLayout(BaseModel):
    """A stored tensor's name in its file, and the strides that it had in memory."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    stride: tuple[int, ...]

    def restore(self, file: TensorFile) -> torch.Tensor:
        """The tensor as it was: value and strides; kernels round by the order in memory."""
        import torch

        loaded = file.tensor(self.name)
        overlapping = any(s == 0 and n > 1 for s, n in zip(self.stride, loaded.shape, strict=True))
        if overlapping or loaded.stride() == self.stride:
            return loaded
        return torch.empty_strided(loaded.shape, self.stride, dtype=loaded.dtype).copy_(loaded)
