"""Previews while something is made: decoded in the background, only the newest one counts."""

from __future__ import annotations

from collections.abc import Callable

from studio.viewer.errands import Errands
from studio.viewer.pixels import Pixels, decoded_picture


class Previews:
    """Takes JPEGs as they come; `show` is called with the pixels of the newest."""

    def __init__(self, errands: Errands, show: Callable[[Pixels], None]) -> None:
        self._errands = errands
        self._show = show
        self._newest: bytes | None = None
        self._busy = False
        self._wanted = False

    def take(self, data: bytes) -> None:
        """Show this one, unless a newer one comes first."""
        self._newest, self._wanted = data, True
        if not self._busy:
            self._next()

    def stop(self) -> None:
        """Something else is shown."""
        self._newest, self._wanted = None, False

    def _next(self) -> None:
        data, self._newest = self._newest, None
        self._busy = data is not None
        if data is not None:
            self._errands.run(
                lambda: decoded_picture(data), self._decoded, lambda error: self._decoded(None)
            )

    def _decoded(self, picture: Pixels | None) -> None:
        if picture is not None and self._wanted:
            self._show(picture)
        self._next()
