"""Sends documents: into the book and the ledger first, then on their way."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from engine.errors import InvalidInput, ReelwrightError
from studio.machines import asking
from studio.machines.clerk import Clerk
from studio.machines.ledger import Entry, Ledger
from studio.machines.news import News, No, Parcel
from studio.machines.office import Office
from studio.runs import Run

if TYPE_CHECKING:
    from engine.graph.document import Document
    from studio.document import OpenDocument

Variation: TypeAlias = "tuple[str, Document]"
"""What is special about one of several documents ('seed=3'), and the document."""


_log = logging.getLogger(__name__)


class Asked(NamedTuple):
    """How a document is to be run; `outputs` are node ids, None everything that it wants."""

    outputs: tuple[str, ...] | None
    place: str
    front: bool
    fresh: bool


class Sender:
    """Lives on the window's thread; what takes time is the clerk's and the porters'."""

    def __init__(
        self, office: Office, clerk: Clerk, ledger: Ledger, tell: Callable[[News], None]
    ) -> None:
        self._office = office
        self._clerk = clerk
        self._ledger = ledger
        self._tell = tell

    def submit(
        self,
        open_document: OpenDocument,
        asked: Asked,
        documents: Sequence[Variation] | None = None,
    ) -> tuple[str, ...]:
        """The keys of the runs, which are in the book at once.  Raises InvalidInput."""
        self._check_place(asked.place)
        variations = [("", open_document.document)] if documents is None else documents
        batch = uuid.uuid4().hex if len(variations) > 1 else ""
        keys = []
        for variation, document in variations:
            run = Run(
                key=uuid.uuid4().hex,
                place=asked.place,
                document=open_document.id,
                label=open_document.name,
                batch=batch,
                variation=variation,
                created=time.time(),
            )
            parcel = Parcel(
                run.key, document, open_document.registry, asked.outputs, _label(run),
                asked.front, asked.fresh,
            )  # fmt: skip
            self._first(run, parcel)
            keys.append(run.key)
        return tuple(keys)

    def again(self, run: Run) -> None:
        """A run that was never acknowledged, or is known no more, under the same key."""
        self._office.withdrawn.discard(run.key)
        self._office.keep(run)
        entry = self._office.ours.get(run.key)
        station = self._office.stations.get(run.place)
        if entry is None or station is None:
            sentence = f"The place '{run.place}' is not known any more. Run it elsewhere."
            self._tell(No(run.key, sentence, final=True))
            return
        porter = station.porter
        self._try(
            run.key,
            lambda: porter.send(asking.parcel_of(self._ledger, run, entry, _label(run))),
        )

    def elsewhere(self, run: Run, place: str) -> str:
        """Send the graph of a run to another place, as a run of its own; its key.

        Raises InvalidInput.
        """
        self._check_place(place)
        entry = self._office.ours.get(run.key)
        if entry is None:
            raise InvalidInput(
                "The graph of this run was not kept here.",
                remedy="Open its document and run that elsewhere.",
            )
        new = Run(
            key=uuid.uuid4().hex,
            place=place,
            document=run.document,
            label=run.label,
            batch=run.batch,
            variation=run.variation,
            created=time.time(),
        )
        self._office.ours[new.key] = Entry(new, entry.outputs, False)
        self._office.keep(new)
        porter = self._office.stations[place].porter

        def write_and_send() -> None:
            found = asking.parcel_of(self._ledger, run, entry, _label(new))
            parcel = replace(found, key=new.key, front=False)
            asking.write_down(self._ledger, new, parcel)
            porter.send(parcel)

        self._try(new.key, write_and_send)
        return new.key

    def _check_place(self, place: str) -> None:
        if place not in self._office.stations:
            raise InvalidInput(
                f"There is no place '{place}' to run on.", remedy="Choose one of the machines."
            )

    def _first(self, run: Run, parcel: Parcel) -> None:
        self._office.ours[run.key] = Entry(run, parcel.outputs, parcel.front)
        self._office.keep(run)
        porter = self._office.stations[run.place].porter

        def write_and_send() -> None:
            asking.write_down(self._ledger, run, parcel)
            porter.send(parcel)

        self._try(run.key, write_and_send)

    def _try(self, key: str, errand: Callable[[], None]) -> None:
        def tried() -> None:
            try:
                errand()
            except ReelwrightError as error:
                self._tell(No(key, str(error), final=True))
            except Exception as error:  # noqa: BLE001 - the run must not wait for ever
                _log.exception("A run could not be sent.")
                self._tell(No(key, f"It could not be sent: {error}.", final=True))

        self._clerk.do(tried)


def _label(run: Run) -> str:
    return f"{run.label} ({run.variation})" if run.variation else run.label
