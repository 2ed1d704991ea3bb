"""The files of one run: what it was identified by must still lie there when it is read."""

from __future__ import annotations

from collections.abc import Iterable

from engine.errors import InvalidInput
from engine.file_digests import FileDigests


class RunFiles:
    """Digests as a run was told them last.

    A file that is replaced after a node was identified would be kept under the identity of the
    one before, and passed off as its result ever after.
    """

    def __init__(self, known: FileDigests) -> None:
        self._known = known
        self._told: dict[str, str] = {}

    def digest(self, path: str) -> str:
        """Digest of a file or folder as it is now; '' if it cannot be read."""
        digest = self._told[path] = self._known.digest(path)
        return digest

    def require_same(self, paths: Iterable[str]) -> None:
        """Raises InvalidInput for a file whose content is another than was told."""
        for path in paths:
            if self._known.digest(path) != self._told.get(path):
                raise InvalidInput(
                    f"'{path}' has changed since the run began.", remedy="Run again."
                )
