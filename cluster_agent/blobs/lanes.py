"""The disk's work, done by a few threads away from the loop that talks.

Tasks of one lane are done in order, one at a time; lanes take turns.  What comes of a task is
given back in the loop's thread: nothing but the tasks themselves runs elsewhere.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Condition, Thread
from typing import Final, TypeAlias, TypeVar

from engine.errors import ReelwrightError, StorageFailed

T = TypeVar("T")
_WORKERS: Final = 4

Task: TypeAlias = Callable[[], Callable[[], None]]
"""Does its work, and gives what is to be called in the loop."""


class Lane:
    """Tasks that must not overtake each other."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self.tasks: deque[Task] = deque()
        self.busy = False

    def run(
        self,
        work: Callable[[], T],
        then: Callable[[T], None],
        failed: Callable[[ReelwrightError], None],
    ) -> None:
        """Do work when its turn comes; then, in the loop, `then` or `failed` is called."""

        def task() -> Callable[[], None]:
            try:
                result = work()
            except ReelwrightError as error:
                return _bound(failed, error)
            except Exception as error:  # noqa: BLE001 - a bug must be answered, and end no lane
                return _bound(failed, StorageFailed(f"The blob store failed: {error!r}."))
            return _bound(then, result)

        self._lanes.add(self, task)


class Lanes:
    """The threads, and whose turn it is.  `wake` is called, anywhere, when a task was done."""

    def __init__(self, wake: Callable[[], None], workers: int = _WORKERS) -> None:
        self._wake = wake
        self._turn: deque[Lane] = deque()
        self._done: deque[Callable[[], None]] = deque()
        self._changed = Condition()
        self._closed = False
        self._workers = [Thread(target=self._work, name=f"blobs-disk-{n}") for n in range(workers)]
        for worker in self._workers:
            worker.start()

    def lane(self) -> Lane:
        """A new lane; it costs nothing and needs no closing."""
        return Lane(self)

    def add(self, lane: Lane, task: Task) -> None:
        with self._changed:
            lane.tasks.append(task)
            if not lane.busy:
                lane.busy = True
                self._turn.append(lane)
                self._changed.notify()

    def settle(self) -> None:
        """Call, in the loop, for everything that was done."""
        while self._done:
            self._done.popleft()()

    def close(self) -> None:
        """Do what was asked for, and end the threads."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for worker in self._workers:
            worker.join()

    def _work(self) -> None:
        while (lane := self._next()) is not None:
            self._done.append(lane.tasks.popleft()())
            self._wake()
            with self._changed:
                lane.busy = bool(lane.tasks)
                if lane.busy:
                    self._turn.append(lane)

    def _next(self) -> Lane | None:
        with self._changed:
            self._changed.wait_for(lambda: self._turn or self._closed)
            return self._turn.popleft() if self._turn else None


def _bound(call: Callable[[T], None], value: T) -> Callable[[], None]:
    return lambda: call(value)
