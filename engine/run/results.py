"""Where results are found again: in memory first, then on disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from engine.file_digests import FileDigests
from engine.run.cache import MemoryCache, Outputs
from engine.run.codec import holds
from engine.run.disk_cache import DiskCache
from engine.values import Artifact, Clip

DEAR_SECONDS: Final = 1.0


class Results:
    """Outputs by fingerprint, in both caches.

    A result with a finished file counts only while that file lies in the output folder as it was
    written.
    """

    def __init__(
        self, memory: MemoryCache, disk: DiskCache, files: FileDigests, output: Path
    ) -> None:
        self._memory = memory
        self._disk = disk
        self._files = files
        self._output = output

    def get(self, fingerprint: str) -> Outputs | None:
        """What was kept under a fingerprint, if all of it is still there."""
        outputs = self._memory.get(fingerprint)
        if outputs is None:
            outputs = self._disk.get(fingerprint)
            if outputs is None:
                return None
            self._memory.put(fingerprint, outputs)
        if all(map(self._is_there, artifacts_in(outputs))):
            return outputs
        self.discard(fingerprint)
        return None

    def put(self, fingerprint: str, outputs: Outputs, *, dear: bool) -> bool:
        """Keep outputs, on disk too if they were dear or name a finished file; true if they are.

        What wrote a file is remembered, however quick it was: run again by another process, it
        must not write a second one.

        A clip is a stream: its cost is paid while it is read, not when its node returns, and
        storing it here would decode it before anybody asks.  So clips stay in memory, and the
        files behind them in the workspace.  Raises StorageFailed for a full disk.
        """
        self._memory.put(fingerprint, outputs)
        lasts = dear or holds(outputs, Artifact)
        return lasts and not holds(outputs, Clip) and self._disk.put(fingerprint, outputs)

    def discard(self, fingerprint: str) -> None:
        """Forget a result in both caches."""
        self._memory.discard(fingerprint)
        self._disk.discard(fingerprint)

    def release_memory(self) -> None:
        """Forget what is only in memory, because memory is short."""
        self._memory.clear()

    def _is_there(self, artifact: Artifact) -> bool:
        if not artifact.path.is_relative_to(self._output):
            return False
        return self._files.digest(artifact.path) == artifact.digest


def artifacts_in(outputs: Outputs) -> Iterator[Artifact]:
    """The finished files among some outputs."""
    for value in outputs.values():
        if isinstance(value, Artifact):
            yield value
        elif isinstance(value, list):
            yield from (item for item in value if isinstance(item, Artifact))
