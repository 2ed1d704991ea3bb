"""Turns a pickle of weights into safetensors; a process of its own that can do nothing else.

    python -m engine.models.unpickling IN OUT      two open files, by number

What a pickle can do is held down thrice.  torch reads it with `weights_only`, which makes tensors
and plain containers and nothing else.  Before that, the process gives up what it needs no more: it
can open no file, make no connection and start no program.  And its memory and time are bounded.
"""

from __future__ import annotations

import ctypes
import io
import json
import os
import platform
import resource
import struct
import sys
from collections.abc import Iterator, Mapping
from typing import Final

import torch
from torch import Tensor

NAMES: Final[Mapping[torch.dtype, str]] = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.float8_e4m3fn: "F8_E4M3", torch.float8_e5m2: "F8_E5M2",
    torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8",
    torch.uint8: "U8", torch.bool: "BOOL",
}  # fmt: skip
WRAPPERS: Final = ("state_dict", "model_state_dict", "model", "module", "generator", "params")
HOUR: Final = 3600

# open, openat, openat2, creat; socket, connect, bind; fork, vfork, execve, execveat; ptrace;
# unlink, unlinkat, rename, renameat, renameat2, mkdir, mkdirat, link, linkat, symlink, symlinkat;
# kill, process_vm_writev
_FORBIDDEN: Final[Mapping[str, tuple[int, ...]]] = {
    "x86_64": (2, 257, 437, 85, 41, 42, 49, 57, 58, 59, 322, 101,
               87, 263, 82, 264, 316, 83, 258, 86, 265, 88, 266, 62, 311),
    "aarch64": (56, 437, 198, 203, 200, 221, 281, 117, 35, 38, 276, 34, 37, 36, 129, 271),
}  # fmt: skip
_ARCHITECTURES: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte),
        ("jf", ctypes.c_ubyte), ("k", ctypes.c_uint),
    )  # fmt: skip


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.POINTER(_Instruction)))


def lock_down(memory: int) -> bool:
    """Give up everything but computing; whether the kernel enforces it (seccomp, on Linux)."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (HOUR, HOUR))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    machine = platform.machine()
    if sys.platform != "linux" or machine not in _FORBIDDEN:
        return False
    program = _filter(machine)
    libc = ctypes.CDLL(None, use_errno=True)
    new_privileges, seccomp, by_filter = 38, 22, 2
    if libc.prctl(new_privileges, 1, 0, 0, 0):
        return False
    return bool(libc.prctl(seccomp, by_filter, ctypes.byref(program), 0, 0) == 0)


def _filter(machine: str) -> _Program:
    """Classic BPF: on this architecture, a forbidden call answers 'not permitted'."""
    load, equal, answer = 0x20, 0x15, 0x06
    kill, refuse, allow = 0x80000000, 0x00050001, 0x7FFF0000
    lines = [(load, 0, 0, 4), (equal, 1, 0, _ARCHITECTURES[machine]), (answer, 0, 0, kill)]
    lines.append((load, 0, 0, 0))
    for number in _FORBIDDEN[machine]:
        lines += [(equal, 0, 1, number), (answer, 0, 0, refuse)]
    lines.append((answer, 0, 0, allow))
    instructions = (_Instruction * len(lines))(*(_Instruction(*line) for line in lines))
    return _Program(len(lines), instructions)


def tensors_in(found: object) -> dict[str, Tensor]:
    """A checkpoint's tensors by name, out of the wrappers that training programs put around."""
    while isinstance(found, dict):
        inner = next((found[w] for w in WRAPPERS if isinstance(found.get(w), dict)), None)
        if inner is None or any(isinstance(value, Tensor) for value in found.values()):
            break
        found = inner
    return dict(_flat(found, ""))


def _flat(found: object, prefix: str) -> Iterator[tuple[str, Tensor]]:
    if isinstance(found, Tensor):
        yield prefix, found.detach()
    elif isinstance(found, dict):
        for name, value in found.items():
            yield from _flat(value, f"{prefix}.{name}" if prefix else str(name))


def write(tensors: Mapping[str, Tensor], handle: int) -> None:
    """Write safetensors, one tensor at a time: nothing is held twice."""
    header: dict[str, object] = {}
    offset = 0
    for name, tensor in tensors.items():
        end = offset + tensor.numel() * tensor.element_size()
        header[name] = {
            "dtype": NAMES[tensor.dtype], "shape": list(tensor.shape),
            "data_offsets": [offset, end],
        }  # fmt: skip
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with os.fdopen(handle, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().data)


def main(source: int, target: int) -> str:
    """Convert; what went wrong, '' if nothing."""
    size = os.fstat(source).st_size
    _warm_up()
    lock_down(4 * size + (8 << 30))
    with os.fdopen(source, "rb") as file:
        found = torch.load(file, map_location="cpu", weights_only=True)
    tensors = tensors_in(found)
    if not tensors:
        return "it holds no tensors"
    odd = next((name for name, t in tensors.items() if t.dtype not in NAMES), "")
    if odd:
        return f"'{odd}' is of a kind that safetensors has not"
    write(tensors, target)
    return ""


def _warm_up() -> None:
    """Import what torch imports at its first reading: later nothing can be opened."""
    written = io.BytesIO()
    torch.save({"w": torch.zeros(1)}, written)
    torch.load(io.BytesIO(written.getvalue()), weights_only=True)


if __name__ == "__main__":
    try:
        problem = main(int(sys.argv[1]), int(sys.argv[2]))
    except Exception as error:  # noqa: BLE001 - whatever a hostile file makes torch raise
        problem = f"it holds more than weights ({type(error).__name__})"
    if problem:
        sys.stdout.write(problem)
        sys.exit(1)
