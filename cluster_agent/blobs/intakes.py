"""What a blob server is taking in: uploads, their memory, and who is waiting for an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias

from cluster_agent.blobs.errors import DamagedBlob, InUse, NoRoom, WrongContent, named
from cluster_agent.blobs.files import Partial
from cluster_agent.blobs.frames import CHUNK, Part
from cluster_agent.blobs.lanes import Lane, Lanes
from cluster_agent.blobs.protocol import Blobs, verify
from cluster_agent.blobs.transfer import WINDOW, Intake, Violation
from cluster_agent.protocol.messages import Grant, Message, PutBlob, Refused
from engine.errors import InvalidInput, ReelwrightError

_REHASHED: Final = 8 << 20

Say: TypeAlias = Callable[[bytes, Message], bool]
Code: TypeAlias = Literal["invalid", "unknown", "quota", "busy", "stale"]


class Caller(NamedTuple):
    """Who asks: a connection, and the user behind its key."""

    route: bytes
    user: str


def refused(number: int, error: ReelwrightError) -> Refused:
    """An error as an answer."""
    code: Code = "quota"  # the disk, or what one may keep of it
    if isinstance(error, InvalidInput | Violation):
        code = "invalid"
    elif isinstance(error, InUse):
        code = "busy"
    return Refused(re=number, reason=str(error), code=code)


@dataclass(slots=True)
class _Upload:
    """One blob that is coming in; `callers` maps connections to what they asked last."""

    digest: str
    size: int
    user: str
    lane: Lane
    heard: float
    callers: dict[bytes, int] = field(default_factory=dict)
    intake: Intake | None = None
    partial: Partial | None = None
    leaving: bool = False  # until its file is closed; who wants it meanwhile waits


class Intakes:
    """All uploads of a server.  To be used by one thread; the disk's work is done in lanes."""

    def __init__(
        self, blobs: Blobs, lanes: Lanes, say: Say, *, memory: int, limit: int | None
    ) -> None:
        self._blobs = blobs
        self._lanes = lanes
        self._say = say
        self._memory = memory
        self._limit = limit
        self._uploads: dict[tuple[str, str], _Upload] = {}  # by user and digest

    def __len__(self) -> int:
        return len(self._uploads)

    def of(self, user: str) -> int:
        """How many uploads a user has under way."""
        return sum(upload.user == user for upload in self._uploads.values())

    @property
    def outstanding(self) -> int:
        """Bytes that may come without further grants, or that wait for the disk."""
        return sum(upload.intake.outstanding for upload in self._all() if upload.intake)

    def knows(self, caller: Caller, digest: str) -> bool:
        """Whether a user is sending this blob already."""
        return (caller.user, digest) in self._uploads

    def put(self, caller: Caller, ask: PutBlob, now: float) -> None:
        """Somebody wants to send a blob, or to go on."""
        upload = self._uploads.get((caller.user, ask.digest))
        if upload is None:
            upload = _Upload(ask.digest, ask.size, caller.user, self._lanes.lane(), now)
            self._uploads[caller.user, ask.digest] = upload
            self._open(upload)
        elif upload.leaving and not upload.callers:
            upload.size = ask.size
        elif upload.size != ask.size:
            error = InvalidInput(
                f"The blob {named(ask.digest)} is being sent with {upload.size} bytes, not "
                f"{ask.size}."
            )
            self._say(caller.route, refused(ask.re, error))
            return
        upload.heard = now
        upload.callers[caller.route] = ask.re
        if upload.intake:
            self._say(caller.route, upload.intake.grant().model_copy(update={"re": ask.re}))

    def chunk(self, caller: Caller, chunk: Part, now: float) -> None:
        """Bytes of a blob came."""
        upload = self._uploads.get((caller.user, chunk.digest))
        if upload is None or upload.intake is None or caller.route not in upload.callers:
            self._stale(caller, chunk)
            return
        upload.heard = now
        try:
            kind = upload.intake.chunk(chunk)
        except Violation as error:
            del upload.callers[caller.route]
            self._say(caller.route, refused(chunk.re, error))
            return
        if kind == "gap":
            self._stale(caller, chunk)
        elif kind == "next":
            self._write(upload, chunk.data)

    def deal(self) -> None:
        """Grant what memory there is to those who can go on, in turn."""
        free = self._memory - self.outstanding
        window = max(CHUNK, min(WINDOW, self._memory // max(1, len(self))))
        for key in list(self._uploads):
            upload = self._uploads[key]
            if upload.intake is None:
                continue
            more = upload.intake.wants(window)
            if 0 < more <= free:
                free -= more
                self._tell(upload, upload.intake.grant(more))
                self._uploads[key] = self._uploads.pop(key)  # to the back
            elif upload.intake.is_news(window):
                self._tell(upload, upload.intake.grant())

    def leave_idle(self, before: float) -> None:
        """Give up uploads that were not heard of since, with what is there of them."""
        for upload in list(self._all()):
            if upload.heard < before and upload.intake and not upload.lane.busy:
                self._forget(upload)

    def leave_all(self) -> None:
        """Give up all uploads, with what is there of them."""
        for upload in list(self._all()):
            self._forget(upload)

    def _all(self) -> Iterator[_Upload]:
        return iter(self._uploads.values())

    def _open(self, upload: _Upload) -> None:
        upload.lane.run(
            lambda: self._begin(upload.digest, upload.size, upload.user),
            lambda partial: self._opened(upload, partial),
            lambda error: self._failed(upload, error),
        )

    def _begin(self, digest: str, size: int, user: str) -> Partial | None:
        """Where to put a blob; None if it is there already.  Runs in a lane."""
        there = self._blobs.size(digest)
        if there is not None and there != size:
            try:
                verify(self._blobs, digest)
            except DamagedBlob:
                there = None
            else:
                raise WrongContent(f"The blob {named(digest)} has {there} bytes, not {size}.")
        if there is None:
            return self._blobs.receive(digest, size, user, self._limit)
        self._blobs.claim(digest, size, user, self._limit)
        return None

    def _opened(self, upload: _Upload, partial: Partial | None) -> None:
        if partial is None:
            self._whole(upload)
            return
        upload.partial = partial
        upload.intake = Intake(upload.digest, upload.size, partial.have)
        if partial.complete:
            self._place(upload, partial)
            return
        self._tell(upload, upload.intake.grant(), answer=True)
        if partial.have:
            self._catch_up(upload, partial)

    def _catch_up(self, upload: _Upload, partial: Partial) -> None:
        """Hash what was there before, piece by piece, while the rest comes in."""

        def then(more: bool) -> None:
            if more and upload.partial is partial:
                self._catch_up(upload, partial)

        upload.lane.run(
            lambda: not partial.closed and partial.catch_up(_REHASHED),
            then,
            lambda error: self._failed(upload, error),
        )

    def _write(self, upload: _Upload, data: bytes | memoryview) -> None:
        partial, intake = upload.partial, upload.intake
        assert partial is not None
        assert intake is not None

        def wrote(_: None) -> None:
            intake.wrote(len(data))
            if intake.written == intake.size and upload.partial is partial:
                self._place(upload, partial)

        upload.lane.run(
            lambda: partial.append(data), wrote, lambda error: self._failed(upload, error)
        )

    def _place(self, upload: _Upload, partial: Partial) -> None:
        upload.lane.run(
            lambda: self._blobs.place(partial, upload.user),
            lambda _: self._whole(upload),
            lambda error: self._failed(upload, error),
        )

    def _whole(self, upload: _Upload) -> None:
        size = upload.size
        grant = Grant(digest=upload.digest, have=size, until=size, whole=True)
        self._tell(upload, grant, answer=True)
        self._uploads.pop((upload.user, upload.digest), None)

    def _failed(self, upload: _Upload, error: ReelwrightError) -> None:
        if upload.leaving:
            return
        for route, number in upload.callers.items():
            self._say(route, refused(number, error))
        self._forget(upload, lost=isinstance(error, NoRoom))

    def _forget(self, upload: _Upload, *, lost: bool = False) -> None:
        """Let it go; where the disk is full, with what is there of it: others need the room."""
        partial, upload.partial, upload.intake = upload.partial, None, None
        upload.leaving = True
        upload.callers.clear()

        def leave() -> None:
            if partial is not None:
                if lost and not partial.closed:
                    partial.restart()
                self._blobs.leave(partial, upload.user)

        def left(_: object) -> None:
            upload.leaving = False
            if upload.callers:
                self._open(upload)
            else:
                self._uploads.pop((upload.user, upload.digest), None)

        upload.lane.run(leave, left, left)

    def _stale(self, caller: Caller, chunk: Part) -> None:
        reason = f"Nothing at {chunk.offset} of {named(chunk.digest)} was asked for: ask again."
        self._say(caller.route, Refused(re=chunk.re, reason=reason, code="stale"))

    def _tell(self, upload: _Upload, grant: Grant, *, answer: bool = False) -> None:
        for route, number in list(upload.callers.items()):
            said = self._say(route, grant.model_copy(update={"re": number if answer else 0}))
            if not said:
                del upload.callers[route]
