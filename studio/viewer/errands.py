"""Background work of one panel: nothing of it is told once the panel is gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from engine.errors import ReelwrightError

if TYPE_CHECKING:
    from studio.background import Background, Task

T = TypeVar("T")


class Errands:
    """The door to the background (see studio.background) that remembers what went through it."""

    def __init__(self, background: Background) -> None:
        self._background = background
        self._under_way: list[Task] = []
        self._over = False

    def run(
        self,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[ReelwrightError], None],
    ) -> Task:
        """Call `work` on another thread, then `done` or `failed` on this one."""
        task = self._background.run(work, self._ended(done), self._ended(failed))
        if self._over:
            task.cancel()  # the work is still done: something may have to be closed
        self._under_way = [each for each in self._under_way if not each.cancelled]
        self._under_way.append(task)
        return task

    def forget(self) -> None:
        """Tell nobody of what is under way, nor of what comes."""
        self._over = True
        for task in self._under_way:
            task.cancel()

    def _ended(self, tell: Callable[[T], None]) -> Callable[[T], None]:
        def told(answer: T) -> None:
            if not self._over:
                tell(answer)

        return told
