"""Two stages at the same time: the caller makes items while another thread consumes them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Generic, TypeVar

Item = TypeVar("Item")


class _Abandoned(Exception):
    """The maker stopped early: what is still queued must not be consumed."""


@contextmanager
def overlapped(consume: Callable[[Item], None], *, depth: int) -> Iterator[Callable[[Item], None]]:
    """Give `put`; items are consumed one by one, in order, at most `depth` of them waiting.

    Items are made in the calling thread, so what a generator relies on there (gradient mode,
    context variables) holds.  An error of `consume` is raised by the next `put` or at the end;
    an error of the caller lets the consumer finish its item and drops the rest.
    """
    stage = _Stage(consume, depth)
    stage.thread.start()
    try:
        yield stage.put
    except BaseException:
        stage.failure = stage.failure or _Abandoned()
        raise
    finally:
        stage.close()
    if stage.failure is not None:
        raise stage.failure


class _Stage(Generic[Item]):
    def __init__(self, consume: Callable[[Item], None], depth: int) -> None:
        self.failure: BaseException | None = None
        self.thread = threading.Thread(target=self._work, name="media-consumer", daemon=True)
        self._consume = consume
        self._queue: Queue[tuple[Item] | None] = Queue(depth)

    def put(self, item: Item) -> None:
        if self.failure is not None:
            raise self.failure
        self._queue.put((item,))

    def close(self) -> None:
        self._queue.put(None)
        self.thread.join()

    def _work(self) -> None:
        while (entry := self._queue.get()) is not None:
            # After a failure the queue is emptied unread, so that a waiting `put` returns.
            if self.failure is None:
                try:
                    self._consume(entry[0])
                except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
                    self.failure = error
