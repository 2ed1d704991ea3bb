"""Packs documents and carries files: inputs to a place, results from there, on threads of its own.

Going out and coming in do not wait for each other, and neither keeps a line from being heard.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final

from engine.errors import Cancelled, ReelwrightError, StorageFailed
from studio.machines.news import Bring, Brought, News, No, NotBrought, Packed, Parcel

if TYPE_CHECKING:
    from cluster_agent.blobs.client import BlobClient
    from cluster_agent.client.submission import Submission

Connect = Callable[[], "BlobClient"]
ATTEMPTS: Final = 3
_log = logging.getLogger(__name__)


class Porter:
    """Carries for one place.  `output` says where finished files go, when one comes."""

    def __init__(
        self,
        place: str,
        output: Callable[[], Path],
        tell: Callable[[News], None],
        wanted: Callable[[str], bool],
    ) -> None:
        self._place = place
        self._output = output
        self._tell = tell
        self._wanted = wanted
        self._reached = threading.Condition()
        self._connect: Connect | None = None
        self._closing = threading.Event()
        self._out: SimpleQueue[Parcel | None] = SimpleQueue()
        self._in: SimpleQueue[Bring | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._send_all, name=f"to {place}", daemon=True),
            threading.Thread(target=self._bring_all, name=f"from {place}", daemon=True),
        ]

    def start(self) -> None:
        """Begin to carry."""
        for thread in self._threads:
            thread.start()

    def reached(self, connect: Connect | None) -> None:
        """The place is reached, and so is its blob service; None: it is not."""
        with self._reached:
            self._connect = connect
            self._reached.notify_all()

    def send(self, parcel: Parcel) -> None:
        """Pack a document and bring its inputs there; Packed or No will follow."""
        self._out.put(parcel)

    def bring(self, order: Bring) -> None:
        """Fetch the files of a job; Brought or NotBrought will follow."""
        self._in.put(order)

    def close(self) -> None:
        """Stop at once; what was not carried is carried the next time."""
        self._closing.set()
        self.reached(None)
        self._out.put(None)
        self._in.put(None)

    # On its threads

    def _send_all(self) -> None:
        while (parcel := self._out.get()) is not None and not self._closing.is_set():
            try:
                if self._wanted(parcel.key):
                    self._send(parcel)
            except Cancelled:
                continue
            except ReelwrightError as error:
                self._tell(No(parcel.key, str(error), final=True))
            except Exception as error:  # noqa: BLE001 - the others still want to be sent
                _log.exception("A run could not be packed.")
                self._tell(No(parcel.key, f"It could not be packed: {error}.", final=True))

    def _send(self, parcel: Parcel) -> None:
        from cluster_agent.client.submission import Terms, submission_of
        from engine.graph.flatten import flatten
        from engine.run.plan import plan_run
        from engine.run.runner import RunRequest

        request = RunRequest(parcel.document, parcel.outputs, fresh=parcel.fresh, previews=True)
        terms = Terms(label=parcel.label[:200], key=parcel.key)
        submission = submission_of(request, parcel.registry, terms)
        graph = flatten(parcel.document, parcel.registry, parcel.outputs)
        paths = tuple(plan_run(graph).steps)
        self._upload(submission)
        self._tell(Packed(parcel.key, self._place, paths, submission.spec, parcel.front))

    def _upload(self, submission: Submission) -> None:
        files = submission.luggage.files
        if not files:
            return
        with self._blobs() as blobs:
            for digest, path in files.items():
                if not path.exists():
                    raise StorageFailed(f"'{path}' vanished before it was sent.")
                blobs.upload(path, digest=digest, cancelled=self._closing.is_set)

    def _bring_all(self) -> None:
        while (order := self._in.get()) is not None and not self._closing.is_set():
            try:
                self._tell(self._bring(order))
            except Cancelled:
                continue
            except (ReelwrightError, OSError) as error:
                self._tell(NotBrought(order.key, _sentence(error, self._first_of(order))))
            except Exception as error:  # noqa: BLE001 - the others still want to be fetched
                _log.exception("Files could not be fetched.")
                self._tell(NotBrought(order.key, f"They could not be fetched: {error}."))

    def _first_of(self, order: Bring) -> Path:
        return self._output() / order.job.results[0].path

    def _bring(self, order: Bring) -> Brought:
        from cluster_agent.client.fetching import fetch_results

        with self._blobs() as blobs:
            source = _Source(blobs, self._closing.is_set)
            fetched = fetch_results(order.job, source, self._output())
        files = tuple((each.node, each.artifact.path) for each in fetched)
        thumbnails = (each.artifact.thumbnail for each in fetched)
        return Brought(order.key, files, next(filter(None, thumbnails), None))

    def _blobs(self) -> BlobClient:
        """A line to the blob service, as soon as the place is reached.  Raises Cancelled."""
        with self._reached:
            while self._connect is None and not self._closing.is_set():
                self._reached.wait()
            if self._connect is None:
                raise Cancelled
            connect = self._connect
        return connect()


class _Source:
    """Where files come from, until nobody wants them any more."""

    def __init__(self, blobs: BlobClient, cancelled: Callable[[], bool]) -> None:
        self._blobs = blobs
        self._cancelled = cancelled

    def download(self, digest: str, path: Path) -> None:
        self._blobs.download(digest, path, cancelled=self._cancelled)


def _sentence(error: Exception, meant: Path) -> str:
    """What went wrong, naming the file that was `meant` where the error names none."""
    from engine.atomic import PARTIAL, storage_failed

    cause = error if isinstance(error, OSError) else error.__cause__
    if not isinstance(cause, OSError):
        return str(error)
    # Nobody knows the name that a file has while it is not finished.
    place = Path(str(cause.filename or meant))
    return str(storage_failed(cause, place.with_name(place.name.lstrip(".").split(PARTIAL)[0])))
