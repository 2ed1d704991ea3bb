"""Who watches what: every state change in order, the newest progress only, and never too much.

A watcher has credit: every event takes one.  State changes that it has no credit for wait in
memory up to a number, beyond which they are read from the store again when it has.  Progress that
it has no credit for is replaced by newer progress of the same node.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cluster_agent.broker.journal import Journal
from cluster_agent.broker.outcome import Replay
from cluster_agent.broker.policy import Watched
from cluster_agent.broker.records import JobRecord
from cluster_agent.protocol.messages import AgentChanged, Changed, Progress

NODE: Final = re.compile(r'^\{"kind":"(\w+)","node":("(?:[^"\\]|\\.)*")')
Newest = dict[str, str]
"""The newest event of each kind and node."""


@dataclass(slots=True, eq=False)
class Watcher:
    """One connection that watches.

    `user` is whose jobs it may see, None for everybody's.  It watches what comes after `seen`.
    `behind` is the last state change it was sent, where the next ones must come from the store;
    None where it is up to date.
    """

    route: bytes
    user: str | None
    every_job: bool
    jobs: frozenset[int]
    agents: bool
    credit: int
    seen: int
    behind: int | None = None
    asked: bool = False
    changes: deque[Changed] = field(default_factory=deque)
    agent_news: dict[str, AgentChanged] = field(default_factory=dict)
    progress: dict[int, Newest] = field(default_factory=dict)
    characters: int = 0

    def sees(self, job: int, user: str) -> bool:
        """Whether a job is among what it watches."""
        return job in self.jobs or (self.every_job and self.user in (None, user))


class Watchers:
    """Everybody who watches, found by what they watch.

    `oldest` is the first state change that can still be replayed.
    """

    def __init__(self, policy: Watched, journal: Journal, oldest: int) -> None:
        self.oldest = oldest
        self._policy = policy
        self._journal = journal
        self._watchers: dict[bytes, Watcher] = {}
        self._of_job: dict[int, dict[bytes, Watcher]] = {}
        self._of_user: dict[str | None, dict[bytes, Watcher]] = {}
        self._of_agents: dict[bytes, Watcher] = {}
        self._eager: dict[bytes, Watcher] = {}
        self._fresh: dict[int, tuple[str, Newest]] = {}
        self._flush_at = 0.0

    def __len__(self) -> int:
        return len(self._watchers)

    def add(self, watcher: Watcher) -> None:
        """Watch from now on, instead of what the connection watched before."""
        self.gone(watcher.route)
        route = watcher.route
        self._watchers[route] = self._eager[route] = watcher
        for job in watcher.jobs:
            self._of_job.setdefault(job, {})[route] = watcher
        if watcher.every_job:
            self._of_user.setdefault(watcher.user, {})[route] = watcher
        if watcher.agents:
            self._of_agents[route] = watcher

    def gone(self, route: bytes) -> None:
        """A connection is gone."""
        watcher = self._watchers.pop(route, None)
        if watcher is None:
            return
        for job in watcher.jobs:
            _drop(self._of_job, job, route)
        _drop(self._of_user, watcher.user, route)
        self._of_agents.pop(route, None)
        self._eager.pop(route, None)

    def credit(self, route: bytes, more: int) -> bool:
        """Grant more; says whether the connection watches anything."""
        watcher = self._watchers.get(route)
        if watcher is None:
            return False
        watcher.credit = min(watcher.credit + more, 1 << 20)
        self._eager[route] = watcher
        return True

    # What happens

    def progress(self, job: JobRecord, events: Iterable[str]) -> None:
        """Engine events of a running job."""
        number, user = job.number, job.user
        if not (number in self._of_job or user in self._of_user or None in self._of_user):
            return
        newest = self._fresh.setdefault(number, (user, {}))[1]
        for event in events:
            found = NODE.match(event)
            key = found.group(1) + found.group(2) if found else event[:40]
            newest.pop(key, None)
            newest[key] = event

    def agent(self, news: AgentChanged) -> None:
        """An agent came, went, or is draining."""
        for route, watcher in self._of_agents.items():
            watcher.agent_news.pop(news.agent, None)
            watcher.agent_news[news.agent] = news
            self._eager[route] = watcher

    def replayed(self, route: bytes, events: Sequence[Changed]) -> None:
        """State changes out of the store, as a Replay asked for."""
        watcher = self._watchers.get(route)
        if watcher is None or watcher.behind is None or not watcher.asked:
            return
        watcher.asked = False
        for event in events:
            if watcher.sees(int(event.job[1:]), event.user):
                if watcher.credit <= 0:
                    break
                watcher.credit -= 1
                self._journal.send(route, event)
            watcher.behind = event.seq
        if watcher.behind >= self._journal.seq:
            watcher.behind = None
        self._eager[route] = watcher

    # What is sent

    def pump(self) -> None:
        """Send what there is credit for."""
        for event in self._journal.outcome.changes.events:
            for watcher in self._interested(int(event.job[1:]), event.user):
                self._push(watcher, event)
        now = self._journal.now.monotonic
        if self._fresh and now >= self._flush_at:
            self._flush_at = now + self._policy.every
            self._spread()
        if self._eager:
            eager, self._eager = self._eager, {}
            said: dict[int, Progress] = {}
            for watcher in eager.values():
                self._serve(watcher, said)

    def next_flush(self) -> float:
        """When progress is due, on the monotonic clock."""
        return self._flush_at if self._fresh else float("inf")

    def _interested(self, job: int, user: str) -> Iterator[Watcher]:
        """Each watcher of a job once."""
        mine = self._of_job.get(job)
        if mine:
            yield from mine.values()
        for key in (user, None):
            for route, watcher in self._of_user.get(key, {}).items():
                if not (mine and route in mine):
                    yield watcher

    def _push(self, watcher: Watcher, event: Changed) -> None:
        if watcher.behind is not None or event.seq <= watcher.seen:
            return
        watcher.changes.append(event)
        self._eager[watcher.route] = watcher
        if len(watcher.changes) > self._policy.waiting:
            watcher.behind = watcher.changes[0].seq - 1
            watcher.changes.clear()

    def _spread(self) -> None:
        """Give the progress of the last while to those who watch its jobs."""
        for number, (user, newest) in self._fresh.items():
            for watcher in self._interested(number, user):
                known = watcher.progress.pop(number, None)
                watcher.progress[number] = {**known, **newest} if known else newest
                watcher.characters += sum(map(len, newest.values()))
                self._eager[watcher.route] = watcher
                if watcher.characters > self._policy.characters:
                    self._thin_out(watcher)
        self._fresh = {}

    def _thin_out(self, watcher: Watcher) -> None:
        """Drop the oldest progress of a watcher that does not take it."""
        sizes = {n: sum(map(len, newest.values())) for n, newest in watcher.progress.items()}
        watcher.characters = sum(sizes.values())
        for number, size in sizes.items():
            if watcher.characters <= self._policy.characters:
                return
            del watcher.progress[number]
            watcher.characters -= size

    def _serve(self, watcher: Watcher, said: dict[int, Progress]) -> None:
        route, send = watcher.route, self._journal.send
        while watcher.credit > 0 and watcher.changes:
            watcher.credit -= 1
            send(route, watcher.changes.popleft())
        if watcher.behind is not None and watcher.credit > 0 and not watcher.asked:
            watcher.asked = True
            page = (
                min(self._policy.page, watcher.credit) if watcher.every_job else self._policy.page
            )
            self._journal.outcome.replays.append(Replay(route, watcher.behind, page))
        while watcher.credit > 0 and watcher.agent_news:
            watcher.credit -= 1
            send(route, watcher.agent_news.pop(next(iter(watcher.agent_news))))
        left = self._policy.each
        while watcher.credit > 0 and watcher.progress and left:
            number = next(iter(watcher.progress))
            newest = watcher.progress.pop(number)
            message = said.get(id(newest))
            if message is None:
                message = Progress(job=f"j{number}", events=tuple(newest.values()))
                said[id(newest)] = message
            watcher.credit -= 1
            left -= 1
            send(route, message)
        if not watcher.progress:
            watcher.characters = 0


def _drop(index: dict[Any, dict[bytes, Watcher]], key: object, route: bytes) -> None:
    watchers = index.get(key)
    if watchers is not None:
        watchers.pop(route, None)
        if not watchers:
            del index[key]
