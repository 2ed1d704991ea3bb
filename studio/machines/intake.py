"""Takes news of runs into the book: what brokers, porters and the ledger have to say of them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from studio.machines import asking, jobs
from studio.machines.ledger import Entry
from studio.machines.news import (
    Bring,
    Brought,
    Look,
    News,
    No,
    NotBrought,
    Packed,
    Recalled,
    Seen,
    Send,
    Sent,
    Told,
)
from studio.machines.office import Office
from studio.machines.places import Need, fits_anywhere
from studio.machines.sending import Sender
from studio.machines.words import NOT_HERE_YET
from studio.run_states import closed
from studio.runs import ENDED, Run

if TYPE_CHECKING:
    from cluster_agent.protocol.messages import JobView

FORGOTTEN: Final = "It is not in the queue any more."
"""The note of a run that its broker does not know: trying it again means sending it again."""


class Intake:
    """Lives on the window's thread."""

    def __init__(self, office: Office, sender: Sender) -> None:
        self._office = office
        self._book = office.book
        self._sender = sender
        self._unsent: list[str] = []

    def send_left(self) -> None:
        """Send what an earlier session did not get rid of; every place is known by now."""
        unsent, self._unsent = self._unsent, []
        for run in map(self._book.get, unsent):
            if run is not None and run.state == "sending":
                self._sender.again(run)

    def take(self, news: News) -> None:
        """Write down what follows from news of runs; other news are not for it."""
        match news:
            case Told(key, events, now):
                self._book.apply_all(key, events, now)
            case Seen():
                self._see(news)
            case Packed():
                self._packed(news)
            case Sent(key, job):
                self._sent(key, job)
            case No():
                self._refused(news)
            case Brought():
                self._brought(news)
            case NotBrought(key, sentence):
                self._office.bringing.discard(key)
                self._book.update(key, note=NOT_HERE_YET + sentence)
            case Recalled(entries):
                self._recall(entries)

    def _recall(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            run = entry.run
            self._office.ours[run.key] = entry
            if self._book.get(run.key) is None:
                self._office.keep(run)
            if run.state == "sending":
                self._unsent.append(run.key)

    def _see(self, seen: Seen) -> None:
        for job in seen.jobs:
            run = self._book.get(job.key)
            if run is None:
                if jobs.state_of(job) in ENDED:
                    continue  # before our time, or struck out
                run = jobs.run_of(job, seen.place)
            run = jobs.taken_up(run, job)
            self._office.keep(run)
            self._fetch(run, job)
        for id in seen.missing:
            self._missing(self._office.key_of(seen.place, id))
        if seen.all_open:
            self._look_for_lost(seen)

    def _look_for_lost(self, seen: Seen) -> None:
        """Runs that we hold for open, and the broker does not list."""
        listed = {job.id for job in seen.jobs}
        open_runs = (run for run in self._book.runs() if run.place == seen.place and run.active)
        unlisted = tuple(run.id for run in open_runs if run.id and run.id not in listed)
        if unlisted:
            self._office.stations[seen.place].order(Look(unlisted))

    def _missing(self, key: str) -> None:
        run = self._book.get(key)
        if run is not None and run.active:
            run = closed(run, "failed", "The queue does not know this run any more. Retry it.")
            self._book.put(replace(run, note=FORGOTTEN))

    def _fetch(self, run: Run, job: JobView) -> None:
        wanted = (
            run.key in self._office.ours and not run.files and run.key not in self._office.bringing
        )
        if run.state == "done" and job.results and wanted:
            self._office.bringing.add(run.key)
            self._office.stations[run.place].porter.bring(Bring(run.key, job))

    def _brought(self, news: Brought) -> None:
        self._office.bringing.discard(news.key)
        run = self._book.get(news.key)
        if run is not None:
            self._book.put(asking.with_files(run, news.files, news.thumbnail))

    def _packed(self, news: Packed) -> None:
        if news.key in self._office.withdrawn:
            return
        self._book.plan(news.key, news.paths)
        spec = news.spec
        need = Need(spec.gpus, spec.memory, spec.model, spec.packs)
        self._office.needs[news.key] = need
        station = self._office.stations[news.place]
        why = fits_anywhere(need, station.place) if station.place.machines else None
        self._book.update(news.key, total=spec.steps, note=f"{jobs.WAITS}{why}" if why else "")
        station.order(Send(news.key, spec, news.front))

    def _sent(self, key: str, job: str) -> None:
        run = self._book.get(key)
        if run is None:
            return
        run = replace(run, id=job, state="queued" if run.state == "sending" else run.state)
        self._office.keep(run)
        if key in self._office.withdrawn:
            self._office.ask(run, asking.cancel(job))

    def _refused(self, news: No) -> None:
        run = self._book.get(news.key)
        if run is None:
            return
        if news.final and not run.id:
            self._book.put(replace(closed(run, "failed", news.sentence), ended=time.time()))
        else:
            self._book.update(news.key, note=news.sentence)
