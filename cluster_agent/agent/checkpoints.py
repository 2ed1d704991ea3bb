"""Checkpoints and results on their way between a worker's room and the blob store."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, Protocol

from cluster_agent.agent.workspace import Room, files_in, storage_errors
from cluster_agent.protocol.job_spec import JobSpec, ResultFile
from cluster_agent.protocol.messages import Checkpoint, Many
from engine.errors import InvalidInput, StorageFailed
from engine.file_digests import content_digest

_HIDDEN: Final = "."
_SIDECARS: Final = frozenset({".jpg", ".c2pa"})

_log = logging.getLogger(__name__)
Cancelled = Callable[[], bool]


class Blobs(Protocol):
    """What is needed of `blobs.client.BlobClient`."""

    def upload(self, source: Path | bytes, *, cancelled: Cancelled) -> str:
        """The digest.  Raises StorageFailed, InvalidInput, or Cancelled."""
        ...

    def download(self, digest: str, path: Path, *, cancelled: Cancelled) -> None:
        """Raises StorageFailed, InvalidInput, or Cancelled."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


def fetch_job(
    blobs: Blobs, spec: JobSpec, checkpoints: Iterable[Checkpoint], room: Room, cancelled: Cancelled
) -> None:
    """Lay a job into an empty room: its graph, its inputs, and its newest checkpoints.

    A checkpoint that cannot be had costs the steps before it, not the job.
    Raises StorageFailed, InvalidInput, or Cancelled.
    """
    for checkpoint in checkpoints:
        try:
            _fetch_checkpoint(blobs, checkpoint, checkpoint_place(room, checkpoint), cancelled)
        except (StorageFailed, InvalidInput) as error:
            _log.warning("%s The work before that checkpoint is done again.", error)
    for each in spec.inputs:
        place = room.work / each.path
        with storage_errors(place):
            place.parent.mkdir(parents=True, exist_ok=True)
        blobs.download(each.digest, place, cancelled=cancelled)
    if spec.graph_digest is not None:
        blobs.download(spec.graph_digest, room.graph, cancelled=cancelled)
    else:
        with storage_errors(room.graph):
            room.graph.write_bytes(spec.graph)


def _fetch_checkpoint(
    blobs: Blobs, checkpoint: Checkpoint, place: Path, cancelled: Cancelled
) -> None:
    if not _holds(place, checkpoint.digest):
        with storage_errors(place):
            place.parent.mkdir(parents=True, exist_ok=True)
        blobs.download(checkpoint.digest, place, cancelled=cancelled)


def checkpoint_place(room: Room, checkpoint: Checkpoint) -> Path:
    """Where the engine of a room looks for a checkpoint."""
    name = f"step-{checkpoint.step:08d}.safetensors"
    return room.state / "checkpoints" / checkpoint.fingerprint / name


def push_checkpoint(
    blobs: Blobs, fingerprint: str, step: int, path: Path, cancelled: Cancelled
) -> Checkpoint:
    """Bring a checkpoint into the store, and remove its file."""
    try:
        with storage_errors(path):
            size = path.stat().st_size
        digest = blobs.upload(path, cancelled=cancelled)
    finally:
        path.unlink(missing_ok=True)
    return Checkpoint(fingerprint=fingerprint, step=step, digest=digest, size=size)


def push_results(
    blobs: Blobs, folder: Path, wrote: Mapping[str, tuple[str, bool]], cancelled: Cancelled
) -> tuple[ResultFile, ...]:
    """Bring all finished files of a folder into the store.

    `wrote` maps what nodes wrote, by its name in the folder, to the node and whether it is signed;
    what lies beside it (a thumbnail, a sidecar) or in it (frames) belongs to the same node.
    """
    found = [
        (path, size)
        for path, size in files_in(folder)
        if not path.relative_to(folder).parts[0].startswith(_HIDDEN)
    ]
    if len(found) > Many:
        raise InvalidInput(
            f"The job wrote {len(found)} files; at most {Many} can be brought back.",
            remedy="Save a video instead of its frames.",
        )
    results = []
    for path, size in found:
        name = path.relative_to(folder).as_posix()
        node, signed = _author(name, wrote)
        digest = blobs.upload(path, cancelled=cancelled)
        results.append(
            ResultFile(path=name, node=node[:200], digest=digest, size=size, signed=signed)
        )
    return tuple(results)


def _author(name: str, wrote: Mapping[str, tuple[str, bool]]) -> tuple[str, bool]:
    top = name.partition("/")[0]
    if top in wrote:
        return wrote[top]
    stem, suffix = os.path.splitext(top)
    if suffix in _SIDECARS and stem in wrote:
        return wrote[stem][0], False
    return "", False


def _holds(path: Path, digest: str) -> bool:
    try:
        return content_digest(path) == digest
    except OSError:
        return False
