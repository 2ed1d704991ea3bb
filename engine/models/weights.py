"""Weight files: which are accepted, and what identifies their content."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Final

from engine.atomic import replacing
from engine.errors import InvalidWeights, StorageFailed
from engine.folders import state_folder

ACCEPTED: Final = ".safetensors"
REFUSED: Final = (".pt", ".pth", ".ckpt", ".bin", ".pkl", ".pickle")
PICKLED: Final = (b"PK", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
"""How pickles, and the archives that torch keeps them in, begin."""

MAX_HEADER: Final = 100_000_000  # bytes; the safetensors format's own bound
HASHING_THREADS: Final = 4
WORTH_REMEMBERING: Final = 1 << 20
"""Bytes from which on a file's digest is kept on disk: smaller ones are hashed as fast as read."""


def weight_files(folder: Path) -> tuple[Path, ...]:
    """All safetensors files below a folder, in name order.

    Raises InvalidWeights if there is none, or if only files that can carry code are there.
    """
    if not folder.is_dir():
        raise InvalidWeights(
            f"The model folder '{folder}' does not exist.",
            remedy="Check the path, or choose a model that 'reelwright models list' shows.",
        )
    files = tuple(sorted(folder.rglob(f"*{ACCEPTED}")))
    if files:
        return files
    pickles = [path for path in sorted(folder.rglob("*")) if path.suffix in REFUSED]
    if pickles:
        raise InvalidWeights(
            f"'{pickles[0].name}' in '{folder}' is a pickle, which can run code when it is opened.",
            remedy=f"Convert it with 'reelwright models convert {pickles[0]}'.",
        )
    raise InvalidWeights(
        f"'{folder}' holds no {ACCEPTED} file.", remedy="Point to a folder with a model's weights."
    )


def check_weights(path: Path) -> None:
    """Check that a file is whole safetensors, reading only its header.  Raises InvalidWeights.

    The format: eight bytes with the header's length, a JSON header with the offsets of every
    tensor, then exactly the data that the offsets speak of.
    """
    remedy = "Fetch the file again, or restore it from where it came."
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(8)
            # A header's length may begin with the same bytes; then the header itself follows.
            if start[:2] in PICKLED and file.peek(1)[:1] != b"{":
                raise InvalidWeights(
                    f"'{path}' is a pickle in disguise, which can run code when it is opened.",
                    remedy=f"Convert it with 'reelwright models convert {path}'.",
                )
            length = struct.unpack("<Q", start)[0] if len(start) == 8 else -1
            if not 2 <= length <= min(MAX_HEADER, size - 8):
                raise InvalidWeights(
                    f"'{path}' is no safetensors file, or is cut off.", remedy=remedy
                )
            header = json.loads(file.read(length))
    except OSError as error:
        raise InvalidWeights(f"'{path}' cannot be read: {error.strerror}.", remedy=remedy) from None
    except (ValueError, RecursionError):
        raise InvalidWeights(f"The header of '{path}' is damaged.", remedy=remedy) from None
    if 8 + length + _data_length(header) != size:
        raise InvalidWeights(f"'{path}' is cut off or has been changed.", remedy=remedy)


def _data_length(header: object) -> int:
    if not isinstance(header, dict):
        return -1
    tensors = [entry for name, entry in header.items() if name != "__metadata__"]
    try:
        return max((int(entry["data_offsets"][1]) for entry in tensors), default=0)
    except (KeyError, TypeError, ValueError, IndexError):
        return -1


def digest_of(place: Path) -> str:
    """Identity of a model: sha256 over names and contents of weights and settings, in hex.

    A single file's is that of its content.  Files are hashed once for each state that they are in,
    so that tens of gigabytes are not read at every run.  Raises InvalidWeights.
    """
    if place.is_file():
        refuse_pickle(place)
        return file_digest(place)
    weights = weight_files(place)
    for path in weights:
        check_weights(path)
    files = sorted({*weights, *place.rglob("*.json")})
    total = hashlib.sha256()
    with ThreadPoolExecutor(HASHING_THREADS) as threads:
        for path, digest in zip(files, threads.map(file_digest, files), strict=True):
            total.update(path.relative_to(place).as_posix().encode())
            total.update(bytes.fromhex(digest))
    return total.hexdigest()


def refuse_pickle(path: Path) -> None:
    """Raises InvalidWeights, with the way to convert it, for a file that can carry code."""
    if path.suffix in REFUSED:
        raise InvalidWeights(
            f"'{path}' is a pickle, which can run code when it is opened.",
            remedy=f"Convert it with 'reelwright models convert {path}', and use what that writes.",
        )


def file_digest(path: Path) -> str:
    """sha256 of a file in hex, remembered on disk while size, time and inode stay the same.

    Raises InvalidWeights for a file that cannot be read.
    """
    try:
        status = path.stat()
        state = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
        return _remembered_digest(os.path.realpath(path), *state)
    except OSError as error:
        raise InvalidWeights(
            f"'{path}' cannot be read: {error.strerror}.",
            remedy="Check the path and its permissions.",
        ) from None


@lru_cache(maxsize=4096)
def _remembered_digest(path: str, device: int, inode: int, size: int, mtime_ns: int) -> str:
    if size < WORTH_REMEMBERING:
        return _hash(path)
    # Not by its path: a model that was fetched is moved into its place.
    state = {"size": size, "mtime_ns": mtime_ns}
    note = state_folder() / "digests" / f"{device}-{inode}.json"
    try:
        known = json.loads(note.read_text("utf-8"))
        if {name: known[name] for name in state} == state:
            return str(known["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not remembered, or damaged: hash it
    digest = _hash(path)
    with suppress(StorageFailed), replacing(note) as partial:
        partial.write_text(json.dumps(state | {"sha256": digest}), "utf-8")
    return digest


def _hash(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
