"""The one door for work that is not done on the window's thread.

Work runs on a pool; its answer comes back on the window's thread, unless the task was cancelled
or the window is gone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final, TypeVar

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal, Slot
from shiboken6 import isValid

from engine.errors import ReelwrightError

T = TypeVar("T")

THREADS: Final = 3
_PATIENCE_MS: Final = 2_000
_log = logging.getLogger(__name__)


class Task:
    """Work under way.  Who cancels it hears no more of it; what runs already runs to its end."""

    def __init__(
        self, done: Callable[[object], None], failed: Callable[[ReelwrightError], None] | None
    ) -> None:
        self.cancelled = False
        self.done = done
        self.failed = failed

    def cancel(self) -> None:
        """Forget about it."""
        self.cancelled = True


class Background(QObject):
    """Runs work on a pool of threads.  Belongs to the window's thread."""

    went_wrong = Signal(object)
    """A ReelwrightError of work for which nobody else wanted to hear it."""
    _ended = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._closed = False
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(THREADS)
        self._ended.connect(self._deliver)

    def run(
        self,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[ReelwrightError], None] | None = None,
    ) -> Task:
        """Call `work` on another thread, then `done` or `failed` on this one.

        `work` touches no widget.  An answer to a method of a widget that is gone by then, a dialog
        that was closed meanwhile, is passed over.  What `work` raises beside ReelwrightError is
        logged, and told as one sentence.
        """
        task = Task(done, failed)  # type: ignore[arg-type]  # the answer is of the type `done` takes
        self._pool.start(_Work(work, lambda answer: self._ended.emit(task, answer)))
        return task

    def close(self) -> None:
        """Begin nothing more, and wait a moment for what runs; nobody hears of it any more."""
        self._closed = True
        self._pool.clear()
        self._pool.waitForDone(_PATIENCE_MS)

    @Slot(object, object)
    def _deliver(self, task: Task, answer: object) -> None:
        if self._closed or task.cancelled or _is_gone(task.done):
            return
        if not isinstance(answer, _Failure):
            task.done(answer)
        elif task.failed is not None:
            task.failed(answer.error)
        else:
            self.went_wrong.emit(answer.error)


def _is_gone(method: Callable[[object], None]) -> bool:
    """Whether it belongs to an object of Qt's that does not exist any more."""
    owner = getattr(method, "__self__", None)
    return isinstance(owner, QObject) and not isValid(owner)


class _Failure:
    def __init__(self, error: ReelwrightError) -> None:
        self.error = error


class _Work(QRunnable):
    def __init__(self, work: Callable[[], object], tell: Callable[[object], None]) -> None:
        super().__init__()
        self._work = work
        self._tell = tell

    def run(self) -> None:
        """Called by the pool."""
        answer: object
        try:
            answer = self._work()
        except ReelwrightError as error:
            answer = _Failure(error)
        except Exception as error:  # noqa: BLE001 - the window goes on
            _log.exception("Background work failed.")
            answer = _Failure(ReelwrightError(f"Something went wrong: {error}."))
        try:
            self._tell(answer)
        except RuntimeError:
            _log.debug("The window was gone before the answer came.")
