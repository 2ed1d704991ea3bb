"""The log: traces and warnings go to a file in the state folder, never to the terminal."""

from __future__ import annotations

import logging
import logging.handlers
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from engine.folders import state_folder

LARGEST: Final = 1_000_000


class LogFile(logging.Handler):
    """Opens the file with its first record, in the first folder that takes it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._file: logging.Handler | None = None
        self.path: Path | None = None

    def emit(self, record: logging.LogRecord) -> None:
        if self._file is None:
            self._open()
        if self._file is not None:
            self._file.emit(record)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        super().close()

    def _open(self) -> None:
        for folder in (state_folder() / "logs", Path(tempfile.gettempdir())):
            path = folder / "reelwright.log"
            try:
                folder.mkdir(parents=True, exist_ok=True)
                self._file = logging.handlers.RotatingFileHandler(
                    path, maxBytes=LARGEST, backupCount=1, encoding="utf-8"
                )
            except OSError:
                continue
            line = "%(asctime)s %(levelname)s %(name)s [%(process)d] %(message)s"
            self._file.setFormatter(logging.Formatter(line))
            self.path = path
            return


@contextmanager
def log_kept() -> Iterator[LogFile]:
    """Send what libraries log or warn about to the log file."""
    handler, root = LogFile(), logging.getLogger()
    root.addHandler(handler)
    logging.captureWarnings(True)
    try:
        yield handler
    finally:
        logging.captureWarnings(False)
        root.removeHandler(handler)
        handler.close()


def log_trace(error: BaseException) -> Path | None:
    """Write a trace; answers where it is, None if no folder takes it."""
    with log_kept() as log:
        logging.getLogger("reelwright").error("Unexpected error.", exc_info=error)
    return log.path
