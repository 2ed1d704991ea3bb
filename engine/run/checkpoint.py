"""Checkpoints: what a node needs to go on after a crash, by the node's fingerprint.

    <folder>/<fingerprint>/step-00000020.safetensors     the last two are kept

Each is a tensor file (engine/run/tensor_file.py: digest in the header, written beside, flushed,
renamed).  Its text is JSON: the fingerprint, the step, the plain values, and for each tensor its
array and its strides.  Nodes call `Context.save` when they want a checkpoint: how often is theirs
to decide (samplers have a parameter for it), and each call is a copy and no more.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Condition, Thread
from typing import TYPE_CHECKING, Final, TypeAlias

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.errors import StorageFailed
from engine.graph.context import Snapshot
from engine.run.tensor_file import (
    Blob,
    DamagedFile,
    TensorFile,
    TensorLayout,
    tensor_blob,
    write_tensor_file,
)

if TYPE_CHECKING:
    import torch

_log = logging.getLogger(__name__)

KEPT: Final = 2
_PREFIX: Final = "step-"
_SUFFIX: Final = ".safetensors"

Report: TypeAlias = Callable[[int, StorageFailed | None], None]
Write: TypeAlias = Callable[[Path, str, Mapping[str, Blob]], None]


class _Record(BaseModel):
    """The text of a checkpoint's file."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")

    fingerprint: str
    step: int
    scalars: dict[str, int | float | str | list[float]]
    tensors: dict[str, TensorLayout]


class CheckpointStore:
    """Writes checkpoints on a thread of its own, and finds the newest good one.

    At most one checkpoint for each fingerprint waits to be written; a newer one takes its place,
    so sampling never waits for the disk and memory is bounded.  When all checkpoints together
    exceed `budget` bytes, those of the fingerprints touched longest ago go.
    """

    def __init__(self, folder: Path, budget: int, *, write: Write = write_tensor_file) -> None:
        self._folder = folder
        self._budget = budget
        self._write = write
        self._waiting: dict[str, tuple[Snapshot, Report]] = {}
        self._writing: str | None = None
        self._changed = Condition()
        self._writer: Thread | None = None

    def save(self, snapshot: Snapshot, fingerprint: str, report: Report) -> None:
        """Copy the snapshot now and write it soon; `report` gets the step, and what went wrong.

        `report` is called on the writer's thread.
        """
        tensors = {name: _copied(tensor) for name, tensor in snapshot.tensors.items()}
        copy = Snapshot(snapshot.step, tensors, dict(snapshot.scalars))
        with self._changed:
            self._waiting[fingerprint] = (copy, report)
            if self._writer is None:
                self._writer = Thread(target=self._write_all, name="checkpoints")
                self._writer.start()

    def load(self, fingerprint: str) -> Snapshot | None:
        """The newest good checkpoint; damaged ones are removed on the way to it."""
        for path in reversed(_checkpoints(self._folder / fingerprint)):
            try:
                return _read(path, fingerprint)
            except DamagedFile as error:
                _log.warning("%s The checkpoint before it is used.", error)
                path.unlink(missing_ok=True)
            except OSError as error:
                _log.warning("Cannot read the checkpoint '%s': %s", path, error)
        return None

    def discard(self, fingerprint: str) -> None:
        """Remove all checkpoints of a fingerprint, those waiting to be written too."""
        with self._changed:
            self._waiting.pop(fingerprint, None)
            self._changed.wait_for(lambda: self._writing != fingerprint)
            shutil.rmtree(self._folder / fingerprint, ignore_errors=True)

    def flush(self) -> None:
        """Wait until everything saved so far is on disk, or has failed to get there."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting and self._writing is None)

    def _write_all(self) -> None:
        """The writer's thread: it ends when nothing waits, so an idle store holds no thread."""
        while (taken := self._take()) is not None:
            fingerprint, snapshot, report = taken
            try:
                report(snapshot.step, self._try_to_write(fingerprint, snapshot))
            except Exception:  # noqa: BLE001 - the writer must outlive whoever it reports to
                _log.exception("Reporting a checkpoint failed.")

    def _take(self) -> tuple[str, Snapshot, Report] | None:
        with self._changed:
            self._writing = next(iter(self._waiting), None)
            self._changed.notify_all()
            if self._writing is None:
                self._writer = None
                return None
            return self._writing, *self._waiting.pop(self._writing)

    def _try_to_write(self, fingerprint: str, snapshot: Snapshot) -> StorageFailed | None:
        """Write and make room.  A failure is told, never raised: sampling goes on without."""
        folder = self._folder / fingerprint
        try:
            text, arrays = _encode(fingerprint, snapshot)
            self._write(folder / f"{_PREFIX}{snapshot.step:08d}{_SUFFIX}", text, arrays)
            for old in _checkpoints(folder)[:-KEPT]:
                old.unlink(missing_ok=True)
            self._make_room(fingerprint)
        except StorageFailed as error:
            return error
        except Exception as error:  # noqa: BLE001 - a checkpoint lost is no reason to lose the run
            _log.exception("Writing a checkpoint failed.")
            return StorageFailed(f"The checkpoint of step {snapshot.step} was not kept: {error}.")
        return None

    def _make_room(self, spared: str) -> None:
        folders = [(_last_use(entry), entry) for entry in self._folder.iterdir()]
        total = sum(nbytes for (_, nbytes), _ in folders)
        for (_, nbytes), folder in sorted(folders, key=lambda item: item[0]):
            if total > self._budget and folder.name != spared:
                shutil.rmtree(folder, ignore_errors=True)
                total -= nbytes


def _copied(tensor: torch.Tensor) -> torch.Tensor:
    """A copy in main memory that no later step can change; its strides are kept."""
    return tensor.detach().to("cpu", copy=True)


def _encode(fingerprint: str, snapshot: Snapshot) -> tuple[str, dict[str, Blob]]:
    layouts: dict[str, TensorLayout] = {}
    blobs: dict[str, Blob] = {}
    for name, tensor in snapshot.tensors.items():
        layouts[name] = TensorLayout(name=name, stride=tensor.stride())
        blobs[name] = tensor_blob(tensor)
    record = _Record(
        fingerprint=fingerprint,
        step=snapshot.step,
        scalars=dict(snapshot.scalars),
        tensors=layouts,
    )
    return record.model_dump_json(), blobs


def _read(path: Path, fingerprint: str) -> Snapshot:
    file = TensorFile(path)
    try:
        record = _Record.model_validate_json(file.text)
    except ValidationError as error:
        raise DamagedFile(f"'{path}' is no checkpoint that this version knows.") from error
    if record.fingerprint != fingerprint:
        raise DamagedFile(f"'{path}' is a checkpoint of other work.")
    tensors = {name: layout.restore(file) for name, layout in record.tensors.items()}
    return Snapshot(record.step, tensors, record.scalars)


def _checkpoints(folder: Path) -> list[Path]:
    """The checkpoints in a folder, by step."""
    return sorted(folder.glob(f"{_PREFIX}*{_SUFFIX}"))


def _last_use(folder: Path) -> tuple[float, int]:
    """When a fingerprint's folder last changed, and the bytes in it."""
    used, nbytes = 0.0, 0
    with suppress(OSError):
        used = folder.stat().st_mtime
        for entry in os.scandir(folder):
            nbytes += entry.stat().st_size
    return used, nbytes
