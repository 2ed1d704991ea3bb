"""What the machine wants said, as frames: work is completed with the job's spec from the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

import msgpack

from cluster_agent.broker.outcome import Outcome, Send, SendPrefetch, SendWork
from cluster_agent.protocol.message import LARGEST
from cluster_agent.protocol.messages import Assign, JobList, Message, Prefetch
from cluster_agent.protocol.wire import decode_spec, encode

Specs = Callable[[Iterable[int]], Mapping[int, bytes]]
Frames = Iterator[tuple[bytes, bytes]]

_FIELDS: Final = len(Assign.model_fields) + 1  # and the kind


def frames(outcome: Outcome, stored: Specs, edit: Callable[[Message], Message]) -> Frames:
    """Routes and frames, in order.  `edit` may add to a message what only the shell knows."""
    specs = _specs(outcome, stored)
    said: dict[int, bytes] = {}  # what many watchers are told is made into bytes once
    for send in outcome.sends:
        if isinstance(send, Send):
            message = send.message
            frame = said.get(id(message))
            if frame is None:
                frame = said[id(message)] = encode(edit(message))
            yield send.route, frame
        elif isinstance(send, SendWork):
            spec = specs.get(_number(send))
            if spec is not None:
                yield send.route, assign_frame(send, spec)
        else:
            spec = specs.get(send.job)
            if spec is not None:
                inputs = tuple(each.digest for each in decode_spec(spec).inputs)
                yield send.route, encode(Prefetch(model=send.model, inputs=inputs))


def page_frame(page: JobList) -> bytes:
    """The frame of a page of jobs: of fewer than were found, where they do not fit into one."""
    frame = encode(page)
    while len(frame) > LARGEST:
        page = page.model_copy(update={"jobs": page.jobs[: len(page.jobs) // 2]})
        frame = encode(page)
    return frame


def assign_frame(work: SendWork, spec: bytes) -> bytes:
    """The frame of an Assign.  The spec was checked when it came: it goes in as it is stored."""
    packer = msgpack.Packer(autoreset=False)
    packer.pack_map_header(_FIELDS)
    fields = {
        "kind": Assign.kind,
        "re": 0,
        "lease": work.lease.model_dump(),
        "user": work.user,
        "ready": work.ready,
        "timeout": work.timeout,
        "checkpoints": [each.model_dump() for each in work.checkpoints],
    }
    for name, value in fields.items():
        packer.pack(name)
        packer.pack(value)
    packer.pack("spec")
    return bytes(packer.bytes()) + spec


def _specs(outcome: Outcome, stored: Specs) -> dict[int, bytes]:
    """The specs that are needed; those that were committed just now need not be read."""
    fresh = outcome.changes.specs
    wanted = [
        send.job if isinstance(send, SendPrefetch) else _number(send)
        for send in outcome.sends
        if not isinstance(send, Send)
    ]
    missing = [number for number in wanted if number not in fresh]
    found = dict(stored(missing)) if missing else {}
    return found | {number: fresh[number] for number in wanted if number in fresh}


def _number(work: SendWork) -> int:
    return int(work.lease.job[1:])
