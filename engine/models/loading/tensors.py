"""Reads safetensors straight into tensors of their own, at the speed of the disk.

Memory-mapped tensors are unaligned, and CPU kernels round differently on unaligned memory; so each
tensor is allocated first (torch aligns to 64 bytes) and the file is read into it, by several
threads, each of which reads what lies next to what it has just read.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from engine.errors import InvalidWeights
from engine.models.weights import check_weights

DTYPES: Final[Mapping[str, torch.dtype]] = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8,
    "U8": torch.uint8, "BOOL": torch.bool,
}  # fmt: skip

THREADS: Final = 4
PIECE: Final = 32 << 20
"""Bytes that go to another device at once, through memory that does not move."""


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """Where a tensor lies on disk."""

    name: str
    file: Path
    dtype: torch.dtype
    shape: tuple[int, ...]
    offset: int
    nbytes: int


DtypeOf = Callable[[StoredTensor], torch.dtype]
"""In which precision a stored tensor is wanted."""


def stored_tensors(files: Iterable[Path]) -> dict[str, StoredTensor]:
    """What the files hold, by name, from their headers alone.  Raises InvalidWeights."""
    found: dict[str, StoredTensor] = {}
    for file in files:
        found |= {each.name: each for each in _header(file)}
    return found


def metadata(file: Path) -> dict[str, str]:
    """What the header says beside the tensors.  Raises InvalidWeights."""
    check_weights(file)
    return {str(name): str(value) for name, value in _json(file)[1].get("__metadata__", {}).items()}


def read_tensors(
    stored: Iterable[StoredTensor],
    device: str | torch.device = "cpu",
    dtype_of: DtypeOf | None = None,
) -> dict[str, Tensor]:
    """Read tensors to a device.  Floating ones come in the precision that `dtype_of` says.

    Raises InvalidWeights for a file that cannot be read.
    """
    wanted = sorted(stored, key=_place)
    target = numbered(device)
    read = _to_gpu if target.type == "cuda" else _to_memory
    with _opened({each.file for each in wanted}) as handles:

        def run(share: Sequence[StoredTensor]) -> list[tuple[str, Tensor]]:
            return [
                (name, _cast(tensor.to(target), each, dtype_of))
                for (name, tensor), each in zip(read(share, handles, target), share, strict=True)
            ]

        with ThreadPoolExecutor(THREADS, thread_name_prefix="weights") as threads:
            return dict(pair for share in threads.map(run, _shares(wanted)) for pair in share)


def numbered(device: str | torch.device) -> torch.device:
    """The device with its number, which threads of their own do not know."""
    target = torch.device(device)
    if target == torch.device("cuda"):
        return torch.device("cuda", torch.cuda.current_device())
    return target


def recast(name: str, tensor: Tensor, dtype_of: DtypeOf) -> Tensor:
    """A tensor as if it had been stored under this name and read in the precision for it."""
    return _cast(tensor, named(name, tensor), dtype_of)


def named(name: str, tensor: Tensor) -> StoredTensor:
    """A tensor as if it were stored under this name."""
    return StoredTensor(name, Path(), tensor.dtype, tuple(tensor.shape), 0, 0)


def mapped_tensors(stored: Iterable[StoredTensor]) -> dict[str, Tensor]:
    """Tensors that lie in their files: what is looked at comes from the disk, and may go again.

    Unaligned, so nothing is to be computed with them.  Raises InvalidWeights.
    """
    found: dict[str, Tensor] = {}
    for file, held in groupby(sorted(stored, key=_place), key=lambda each: each.file):
        try:
            nbytes = file.stat().st_size
            mapped = torch.from_file(str(file), shared=False, size=nbytes, dtype=torch.uint8)
        except (OSError, RuntimeError) as error:
            raise InvalidWeights(
                f"'{file}' cannot be read: {error}.", remedy="Fetch the file again, or restore it."
            ) from None
        for each in held:
            flat = mapped[each.offset : each.offset + each.nbytes]
            if each.offset % each.dtype.itemsize:  # older writers did not keep to it
                flat = flat.clone()
            found[each.name] = flat.view(each.dtype).reshape(each.shape)
    return found


def _place(stored: StoredTensor) -> tuple[str, int]:
    return str(stored.file), stored.offset


def _json(file: Path) -> tuple[int, dict[str, dict[str, object]]]:
    with file.open("rb") as source:
        length = struct.unpack("<Q", source.read(8))[0]
        return 8 + length, json.loads(source.read(length))


def _header(file: Path) -> Iterator[StoredTensor]:
    check_weights(file)
    start, header = _json(file)
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        dtype = DTYPES.get(str(entry["dtype"]))
        if dtype is None:
            raise InvalidWeights(
                f"'{file}' holds '{name}' as {entry['dtype']}, which is not supported.",
                remedy="Use weights in bfloat16, float16, float32 or fp8, or a GGUF file.",
            )
        first, last = (int(offset) for offset in entry["data_offsets"])  # type: ignore[attr-defined]
        shape = tuple(int(length) for length in entry["shape"])  # type: ignore[attr-defined]
        yield StoredTensor(name, file, dtype, shape, start + first, last - first)


@contextmanager
def _opened(files: Iterable[Path]) -> Iterator[dict[Path, int]]:
    handles: dict[Path, int] = {}
    try:
        for file in files:
            handles[file] = os.open(file, os.O_RDONLY)
        yield handles
    except OSError as error:
        raise _unreadable(error, error.filename) from None
    finally:
        for handle in handles.values():
            os.close(handle)


def _shares(wanted: Sequence[StoredTensor]) -> list[Sequence[StoredTensor]]:
    """Runs of neighbours of about equal size, a few for each thread."""
    bound = max(PIECE, sum(each.nbytes for each in wanted) // (4 * THREADS))
    shares: list[list[StoredTensor]] = []
    held = bound
    for each in wanted:
        if held >= bound:
            shares.append([])
            held = 0
        shares[-1].append(each)
        held += each.nbytes
    return list(shares)


def _to_memory(
    share: Sequence[StoredTensor], handles: Mapping[Path, int], device: torch.device
) -> Iterator[tuple[str, Tensor]]:
    for each in share:
        tensor = torch.empty(each.shape, dtype=each.dtype)
        _read_into(_bytes_of(tensor), handles[each.file], each.offset, each.file)
        yield each.name, tensor


def _to_gpu(
    share: Sequence[StoredTensor], handles: Mapping[Path, int], device: torch.device
) -> Iterator[tuple[str, Tensor]]:
    """Through two pieces of pinned memory in turn: one is read to while the other is copied."""
    torch.cuda.set_device(device)  # this thread's own
    stages = [torch.empty(PIECE, dtype=torch.uint8, pin_memory=True) for _ in range(2)]
    copied = [torch.cuda.Event() for _ in stages]
    turn = 0
    for each in share:
        tensor = torch.empty(each.shape, dtype=each.dtype, device=device)
        flat = tensor.reshape(-1).view(torch.uint8)
        for start in range(0, each.nbytes, PIECE):
            length = min(PIECE, each.nbytes - start)
            copied[turn].synchronize()
            stage = stages[turn][:length]
            _read_into(_bytes_of(stage), handles[each.file], each.offset + start, each.file)
            flat[start : start + length].copy_(stage, non_blocking=True)
            copied[turn].record()
            turn = 1 - turn
        yield each.name, tensor
    torch.cuda.current_stream().synchronize()


def _bytes_of(tensor: Tensor) -> memoryview:
    return tensor.reshape(-1).view(torch.uint8).numpy().data


def _read_into(buffer: memoryview, handle: int, offset: int, file: Path) -> None:
    done = 0
    while done < len(buffer):
        try:
            count = os.preadv(handle, [buffer[done : done + (1 << 30)]], offset + done)
        except OSError as error:
            raise _unreadable(error, file) from None
        if not count:
            raise InvalidWeights(
                f"'{file}' is cut off.", remedy="Fetch the file again, or restore it."
            )
        done += count


def _unreadable(error: OSError, file: object) -> InvalidWeights:
    return InvalidWeights(
        f"'{file}' cannot be read: {error.strerror}.",
        remedy="Check the disk, or fetch the model again.",
    )


def _cast(tensor: Tensor, stored: StoredTensor, dtype_of: DtypeOf | None) -> Tensor:
    if dtype_of is None or not tensor.is_floating_point():
        return tensor
    return tensor.to(dtype_of(stored))
