"""Weight files: which are accepted, and what identifies their content."""

from __future__ import annotations

import hashlib
import json
import struct
from functools import lru_cache
from pathlib import Path
from typing import Final

from engine.errors import InvalidWeights

ACCEPTED: Final = ".safetensors"
REFUSED: Final = (".pt", ".pth", ".ckpt", ".bin", ".pkl", ".pickle")
MAX_HEADER: Final = 100_000_000  # bytes; the safetensors format's own bound


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
    pickles = [path.name for path in sorted(folder.rglob("*")) if path.suffix in REFUSED]
    if pickles:
        raise InvalidWeights(
            f"'{pickles[0]}' in '{folder}' is a pickle, which can run code when it is opened.",
            remedy="Convert the weights to safetensors and use those.",
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
            if start[:2] in (b"PK", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"):
                raise InvalidWeights(
                    f"'{path}' is a pickle in disguise, which can run code when it is opened.",
                    remedy="Convert the weights to safetensors and use those.",
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


def digest_of(folder: Path) -> str:
    """Identity of a model: sha256 over names and contents of weights and settings, in hex.

    Files are hashed once for each (size, modification time), so that tens of gigabytes are not
    read at every run.  Raises InvalidWeights.
    """
    total = hashlib.sha256()
    weights = weight_files(folder)
    for path in weights:
        check_weights(path)
    for path in sorted({*weights, *folder.rglob("*.json")}):
        stat = path.stat()
        total.update(path.relative_to(folder).as_posix().encode())
        total.update(bytes.fromhex(_file_digest(path, stat.st_size, stat.st_mtime_ns)))
    return total.hexdigest()


@lru_cache(maxsize=4096)
def _file_digest(path: Path, size: int, mtime_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
