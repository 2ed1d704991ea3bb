"""What takes long and needs no thought: bringing jobs, checkpoints and results to and fro.

Each errand runs on a thread of a small pool and ends in news for the machine.  An errand of a
lease that is forgotten is cancelled, and its end told to nobody who would listen.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

from cluster_agent.agent.checkpoints import (
    Blobs,
    Cancelled,
    fetch_job,
    push_checkpoint,
    push_results,
)
from cluster_agent.agent.instructions import Deliver, Fetch, Prepare, Push
from cluster_agent.agent.news import (
    Delivered,
    News,
    Prepared,
    Pushed,
    Undelivered,
    Unprepared,
    Unpushed,
)
from cluster_agent.agent.workspace import Room, storage_errors
from cluster_agent.blobs.errors import UnknownBlob
from cluster_agent.protocol.messages import Fault, Lease
from engine.errors import InvalidInput, ReelwrightError

AHEAD: Final = 20 << 30
"""Bytes of inputs that are kept for jobs to come."""

Wrote = Mapping[str, tuple[str, bool]]
_log = logging.getLogger(__name__)


class Errands:
    """The transfers of an agent.  `connect` makes a client of the blob service for one thread."""

    def __init__(
        self,
        folder: Path,
        room: Callable[[int], Room],
        connect: Callable[[], Blobs],
        tell: Callable[[News], None],
        slots: int,
    ) -> None:
        self._folder = folder
        self._room = room
        self._connect = connect
        self._tell = tell
        self._own = threading.local()
        self._clients: list[Blobs] = []
        # A job that is fetched must not wait until a big checkpoint is sent.
        self._near = ThreadPoolExecutor(2 * slots, thread_name_prefix="jobs")
        self._far = ThreadPoolExecutor(slots + 1, thread_name_prefix="checkpoints")
        self._entering: defaultdict[int, threading.Lock] = defaultdict(threading.Lock)
        self._forgotten: dict[Lease, threading.Event] = {}
        self._closing = threading.Event()
        for left in (self._deliveries, self._ahead):
            shutil.rmtree(left, ignore_errors=True)

    def prepare(self, order: Prepare) -> None:
        """Fetch a job; answered by Prepared or Unprepared.  One without inputs is ready at once."""
        forgotten = self._forgotten.setdefault(order.lease, threading.Event())
        entered = self._entering[order.slots[0]].locked()  # by an errand that was cancelled
        nothing_to_fetch = not (order.spec.graph_digest or order.spec.inputs or order.checkpoints)
        if nothing_to_fetch and not entered:
            self._prepare(order, forgotten)
        else:
            self._near.submit(self._prepare, order, forgotten)

    def push(self, order: Push) -> None:
        """Bring a checkpoint to the store; answered by Pushed or Unpushed."""
        forgotten = self._forgotten.setdefault(order.lease, threading.Event())
        self._far.submit(self._push, order, forgotten)

    def deliver(self, order: Deliver, wrote: Wrote) -> None:
        """Bring what a job wrote to the store; the room is free at once for the next one."""
        forgotten = self._forgotten.setdefault(order.lease, threading.Event())
        room, folder = self._room(order.slot), self._delivery(order.lease)
        try:
            with storage_errors(folder):
                folder.parent.mkdir(parents=True, exist_ok=True)
                os.replace(room.out, folder)
                room.out.mkdir()
        except ReelwrightError as error:
            self._tell(Undelivered(order.lease, "storage", str(error)))
            return
        self._near.submit(self._deliver, order.lease, folder, wrote, forgotten)

    def fetch(self, order: Fetch) -> None:
        """Bring inputs nearer, as long as nothing else is to be done."""
        self._far.submit(self._fetch, order)

    def forget(self, lease: Lease) -> None:
        """Cancel what is under way for a lease, and remove what it wrote."""
        forgotten = self._forgotten.pop(lease, None)
        if forgotten is not None:
            forgotten.set()
        shutil.rmtree(self._delivery(lease), ignore_errors=True)

    def close(self) -> None:
        """Cancel everything, and wait for its end."""
        self._closing.set()
        for forgotten in self._forgotten.values():
            forgotten.set()
        for pool in (self._near, self._far):
            pool.shutdown(cancel_futures=True)
        for client in self._clients:
            client.close()

    @property
    def _deliveries(self) -> Path:
        return self._folder / "deliveries"

    @property
    def _ahead(self) -> Path:
        return self._folder / "ahead"

    def _delivery(self, lease: Lease) -> Path:
        return self._deliveries / f"{lease.job}-{lease.epoch}"

    def _blobs(self) -> Blobs:
        """This thread's client."""
        client: Blobs | None = getattr(self._own, "client", None)
        if client is None:
            client = self._own.client = self._connect()
            self._clients.append(client)
        return client

    # On the pools' threads

    def _prepare(self, order: Prepare, forgotten: threading.Event) -> None:
        try:
            with self._entering[order.slots[0]]:
                if forgotten.is_set():
                    return
                room, blobs = self._room(order.slots[0]), _Near(self._ahead, self._blobs)
                room.clear()
                fetch_job(blobs, order.spec, order.checkpoints, room, forgotten.is_set)
        except ReelwrightError as error:
            fault: Fault = "invalid" if isinstance(error, UnknownBlob) else "storage"
            self._tell(Unprepared(order.lease, fault, str(error)))
        except Exception as error:  # noqa: BLE001 - nobody else would hear of it
            _log.exception("A job could not be fetched.")
            self._tell(Unprepared(order.lease, "failed", f"{type(error).__name__}: {error}"))
        else:
            self._tell(Prepared(order.lease))

    def _push(self, order: Push, forgotten: threading.Event) -> None:
        lease, fingerprint, step, path = order
        try:
            checkpoint = push_checkpoint(self._blobs(), fingerprint, step, path, forgotten.is_set)
        except Exception as error:  # noqa: BLE001 - work goes on without a checkpoint
            self._tell(Unpushed(lease, f"The checkpoint of step {step} was not stored: {error}"))
        else:
            self._tell(Pushed(lease, checkpoint))

    def _deliver(
        self, lease: Lease, folder: Path, wrote: Wrote, forgotten: threading.Event
    ) -> None:
        try:
            results = push_results(self._blobs(), folder, wrote, forgotten.is_set)
        except ReelwrightError as error:
            fault: Fault = "invalid" if isinstance(error, InvalidInput) else "storage"
            self._tell(Undelivered(lease, fault, str(error)))
        except Exception as error:  # noqa: BLE001 - nobody else would hear of it
            _log.exception("Results could not be delivered.")
            self._tell(Undelivered(lease, "storage", f"{type(error).__name__}: {error}"))
        else:
            self._tell(Delivered(lease, results))

    def _fetch(self, order: Fetch) -> None:
        with suppress(ReelwrightError, OSError):
            shutil.rmtree(self._ahead, ignore_errors=True)
            self._ahead.mkdir(parents=True)
            brought = 0
            for digest in order.inputs:
                place = self._ahead / digest
                self._blobs().download(digest, place, cancelled=self._closing.is_set)
                brought += place.stat().st_size
                if brought > AHEAD:
                    return


class _Near:
    """Blobs that were brought before, and all others from the service."""

    def __init__(self, ahead: Path, far: Callable[[], Blobs]) -> None:
        self._ahead = ahead
        self._far = far

    def close(self) -> None:
        """Nothing of its own is open."""

    def upload(self, source: Path | bytes, *, cancelled: Cancelled) -> str:
        return self._far().upload(source, cancelled=cancelled)

    def download(self, digest: str, path: Path, *, cancelled: Cancelled) -> None:
        try:
            os.replace(self._ahead / digest, path)
        except OSError:
            self._far().download(digest, path, cancelled=cancelled)
