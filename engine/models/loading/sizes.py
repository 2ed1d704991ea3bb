"""How many bytes weights take: on disk and in memory, before they are loaded and after."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from torch import nn

from engine.errors import InvalidWeights
from engine.models.loading.checkpoint import GGUF, section
from engine.models.loading.layout import INDEX, read_layout, weights_of
from engine.models.loading.modules import is_network
from engine.models.loading.places import Place
from engine.models.loading.precision import Precision
from engine.models.loading.scaled import FP8, NARROW
from engine.models.loading.tensors import StoredTensor, stored_tensors
from engine.models.weights import weight_files
from engine.values import VideoModel

DENOISERS: Final = ("transformer", "transformer_2")
"""What adapters are for, and what becomes narrow."""


def memory_of(network: nn.Module) -> int:
    """Bytes of a network's weights and buffers; what is shared counts once."""
    tensors = {t.data_ptr(): t for t in (*network.parameters(), *network.buffers())}
    return sum(tensor.nbytes for tensor in tensors.values())


def held_bytes(place: Place, precision: Precision) -> int:
    """Bytes that a component will take in memory, told by the headers of its files.

    Within a percent: what is a matrix of a block is told by its name.  Raises InvalidWeights.
    """
    if not is_network(place.kind):
        return 0
    file = place.weights
    if file.suffix == GGUF:
        return _bytes(_weights(file))
    stored = section(file, place.name).weights if file.is_file() else _stored(file)
    return sum(_held(each, precision) for each in stored.values())


def _stored(folder: Path) -> dict[str, StoredTensor]:
    return stored_tensors(_weights(folder))


def _held(stored: StoredTensor, precision: Precision) -> int:
    count = math.prod(stored.shape)
    if not stored.dtype.is_floating_point:
        return stored.nbytes
    narrow = precision.narrow or (precision.packed and stored.dtype in FP8)
    return count if narrow and _of_a_block(stored) else count * precision.wide.itemsize


def _of_a_block(stored: StoredTensor) -> bool:
    """Whether a weight is one of the matrices of a denoiser's blocks, by whichever name."""
    return len(stored.shape) == 2 and bool(re.search(r"(blocks|layers)\.\d+\.", stored.name))


def stored_bytes(handle: VideoModel, folder: Path) -> int:
    """Bytes on disk of the weights that a handle stands for, one precision of each component; of
    those that are to be narrowed, what is left.

    A part from elsewhere counts instead of the model's own; a file that holds several parts counts
    once.  Raises InvalidInput, InvalidWeights.
    """
    if not (folder / INDEX).is_file():
        return _bytes(weight_files(folder))
    files: dict[Path, str] = {}
    for name in read_layout(folder).components:
        part = handle.part(name)
        own = _weights(folder / name if part is None else _place(Path(part.path), name))
        files.update(dict.fromkeys(own, name))
    narrow = handle.precision in NARROW
    return _bytes(files) - sum(
        _spared(file) for file, name in files.items() if narrow and name in DENOISERS
    )


def _spared(file: Path) -> int:
    """Bytes by which narrowing makes the weights of a denoiser's file smaller."""
    stored = stored_tensors([file]).values() if file.suffix != GGUF else ()
    return sum(each.nbytes - math.prod(each.shape) for each in stored if _of_a_block(each))


def _place(path: Path, name: str) -> Path:
    return path / name if (path / INDEX).is_file() else path


def _weights(place: Path) -> tuple[Path, ...]:
    if place.is_file():
        return (place,)
    try:
        return weights_of(place)
    except InvalidWeights:
        return ()  # a tokenizer or scheduler; what is missing is told when it is loaded


def _bytes(files: Iterable[Path]) -> int:
    return sum(path.stat().st_size for path in files)
