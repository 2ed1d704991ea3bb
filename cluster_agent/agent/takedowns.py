"""An operator's takedown register that an agent follows: a signed file, read anew when it changes.

The file lies where the operator puts it, on a share or beside every agent.  What it blocks becomes
part of this computer's own register, which every export looks into, so a worker needs to be told
nothing.  A file that is gone, altered or older changes nothing: what it said last stays in force.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.errors import ReelwrightError

if TYPE_CHECKING:
    from engine.trust.takedown.exchange import Imported

EVERY: Final = 10.0
"""Seconds after which the file is looked at again."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TakedownSource:
    """A file that `reelwright takedown export` wrote, and who may have signed it.

    `signer` is a certificate (PEM), the signer's own or its issuer's; None leaves those who are
    known on this computer.
    """

    path: Path
    signer: Path | None = None


class Following:
    """A source, and what was last seen of it."""

    def __init__(self, source: TakedownSource, imported: Imported) -> None:
        self._source = source
        self._imported = imported
        self._seen: tuple[int, ...] | None = None

    def take(self) -> None:
        """Make what the file says part of the register, unless something newer is there.

        Raises InvalidInput for what is altered or of an unknown signer, StorageFailed for what
        cannot be read.
        """
        from engine.trust.takedown.exchange import Superseded, read_trusted

        self._seen = self._state()
        exported = read_trusted(self._source.path, self._source.signer)
        try:
            self._imported.keep(exported)
        except Superseded as older:
            _log.warning("'%s' is not followed: %s", self._source.path, older)

    def look(self) -> bool:
        """Take it if it changed since the last look; whether it could be."""
        state = self._state()
        if state == self._seen:
            return False
        try:
            self.take()
        except ReelwrightError as error:
            _log.warning("%s What was known before stays blocked.", error)
            self._seen = state
            return False
        _log.info("The takedown register '%s' was read.", self._source.path)
        return True

    def _state(self) -> tuple[int, ...] | None:
        """What tells one content from another without reading it; None where there is none."""
        try:
            found = self._source.path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns


@contextmanager
def following(source: TakedownSource | None) -> Iterator[None]:
    """Take it, and keep looking meanwhile.

    Raises InvalidInput and StorageFailed as `Following.take`: without its register no agent works.
    """
    if source is None:
        yield
        return
    from engine.trust.takedown.register import Register

    followed = Following(source, Register().imported)
    followed.take()
    ending = threading.Event()

    def watch() -> None:
        while not ending.wait(EVERY):
            followed.look()

    thread = threading.Thread(target=watch, name="takedowns", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()
