"""Files to write as the C2PA library calls them, which reports every fault as one and the same."""

from __future__ import annotations

from typing import Protocol


class Target(Protocol):
    """What the library needs of a file that it writes."""

    def write(self, data: bytes, /) -> int: ...

    def read(self, size: int = -1, /) -> bytes: ...

    def seek(self, offset: int, whence: int = 0, /) -> int: ...

    def tell(self) -> int: ...

    def flush(self) -> None: ...


class FaultKeepingFile:
    """Remembers why writing failed: the library makes one word of every fault.

    Writes at most `limit` bytes in all, so that a small manifest cannot unpack into a large one.
    """

    def __init__(self, file: Target, limit: int | None = None) -> None:
        self._file = file
        self._left = limit
        self.fault: OSError | None = None

    def write(self, data: bytes) -> int:
        try:
            self._count(len(data))
            return self._file.write(data)
        except OSError as error:
            self.fault = error
            raise

    def _count(self, size: int) -> None:
        if self._left is None:
            return
        self._left -= size
        if self._left < 0:
            raise OSError("more data than is reasonable")

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def flush(self) -> None:
        self._file.flush()


class Nowhere:
    """Takes what is written and keeps none of it: a manifest for a sidecar needs no copy."""

    def __init__(self) -> None:
        self._at = 0
        self._end = 0

    def write(self, data: bytes) -> int:
        self._at += len(data)
        self._end = max(self._end, self._at)
        return len(data)

    def read(self, size: int = -1) -> bytes:
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._end)[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        pass
