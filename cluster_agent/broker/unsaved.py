"""What was decided and is not durable yet: tried again while the disk fails, for a while."""

from __future__ import annotations

import logging
from typing import Final

from cluster_agent.broker.outcome import Outcome, Send
from cluster_agent.protocol.messages import Beaten
from cluster_agent.store.protocol import Store
from engine.errors import StorageFailed

AGAIN: Final = 0.5
PATIENCE: Final = 60.0
"""Seconds without a commit after which the broker ends; its successor reads what is durable."""
MOST: Final = 100_000

_log = logging.getLogger(__name__)


class Unsaved:
    """Outcomes that wait for their commit, as one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._outcome = Outcome()
        self._since: float | None = None
        self.again_at = 0.0

    def __bool__(self) -> bool:
        return self._since is not None

    def add(self, outcome: Outcome, now: float) -> bool:
        """Commit an outcome with all that waits; whether it waits too.

        Raises Fenced, and StorageFailed once nothing could be committed for too long.
        """
        if self._since is None:
            self._outcome = outcome
        else:
            _join(self._outcome, outcome)
            if now < self.again_at:
                return True
        if not self._outcome.changes:
            self._since = None
            return False
        try:
            self._store.commit(self._outcome.changes)
        except StorageFailed as error:
            self._failed(error, now)
            return True
        if self._since is not None:
            _log.warning("The queue can be written again.")
            self._since = None
        return False

    def take(self) -> Outcome:
        """What was committed, to be said."""
        outcome, self._outcome = self._outcome, Outcome()
        return outcome

    def urgent(self) -> list[Send]:
        """What keeps agents at work, and promises nothing: said before it is their turn."""
        sends = self._outcome.sends
        found = [
            each for each in sends if isinstance(each, Send) and isinstance(each.message, Beaten)
        ]
        if found:
            self._outcome.sends = [each for each in sends if each not in found]
        return found

    def _failed(self, error: StorageFailed, now: float) -> None:
        if self._since is None:
            _log.error("%s It is tried again for %.0f seconds.", error, PATIENCE)
            self._since = now
        if now - self._since > PATIENCE or len(self._outcome.sends) > MOST:
            raise error
        self.again_at = now + AGAIN


def _join(waiting: Outcome, newer: Outcome) -> None:
    """Add to what waits; the newest of each thing counts."""
    old, new = waiting.changes, newer.changes
    old.jobs.update(new.jobs)
    old.specs.update(new.specs)
    old.flows.update(new.flows)
    old.means.update(new.means)
    old.events.extend(new.events)
    waiting.sends.extend(newer.sends)
    waiting.replays.extend(newer.replays)
