"""What the desk's threads tell it, and what it tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from studio.machines.ledger import Entry
from studio.machines.places import ChildState, Machine, PlaceState

if TYPE_CHECKING:
    from cluster_agent.protocol.job_spec import JobSpec
    from cluster_agent.protocol.messages import JobView, Message
    from engine.graph.document import Document
    from engine.graph.registry import Registry
    from engine.run.events import Event
    from studio.machines.station import Find

# To a line


class Send(NamedTuple):
    """Queue a job; `front` puts it behind those that were put to the front before."""

    key: str
    spec: JobSpec
    front: bool


class Ask(NamedTuple):
    """Have something done to jobs; `keys` hear of it if it is refused."""

    message: Message
    keys: tuple[str, ...]


class ToFront(NamedTuple):
    """Put a waiting job behind those that were put to the front before."""

    key: str
    job: str


class Look(NamedTuple):
    """How are these jobs?  Those that are not known any more are told as missing."""

    jobs: tuple[str, ...]


Order: TypeAlias = Send | Ask | ToFront | Look

# To a porter


@dataclass(frozen=True)
class Parcel:
    """A document on its way: packed, and its inputs brought to the blob service."""

    key: str
    document: Document
    registry: Registry
    outputs: tuple[str, ...] | None
    label: str
    front: bool
    fresh: bool = False


class Bring(NamedTuple):
    """Fetch the files of a job that has been completed."""

    key: str
    job: JobView


# From the threads


class PlaceNews(NamedTuple):
    """How a place is reached; machines are None where they are as before."""

    place: str
    state: PlaceState
    sentence: str = ""
    machines: tuple[Machine, ...] | None = None


class Told(NamedTuple):
    """Engine events of a run, heard at a monotonic time."""

    key: str
    events: tuple[Event, ...]
    now: float


class Seen(NamedTuple):
    """Jobs as the broker has them.  After `fresh` connections these are all that are open."""

    place: str
    jobs: tuple[JobView, ...]
    all_open: bool = False
    missing: tuple[str, ...] = ()


class Packed(NamedTuple):
    """A document was packed: what will be computed, and what it needs."""

    key: str
    place: str
    paths: tuple[str, ...]
    spec: JobSpec
    front: bool


class Sent(NamedTuple):
    """A job is in the queue, durably."""

    key: str
    job: str


class No(NamedTuple):
    """Something was refused or failed; `final` where the run cannot go on by that."""

    key: str
    sentence: str
    final: bool = False


class Brought(NamedTuple):
    """Files are here: by node, and a picture of one of them."""

    key: str
    files: tuple[tuple[str, Path], ...]
    thumbnail: Path | None


class NotBrought(NamedTuple):
    """Files could not be fetched, or not be written here."""

    key: str
    sentence: str


class ChildNews(NamedTuple):
    """How the child is; `address` and `key` where it can be called, `worker` its largest one."""

    state: ChildState
    address: str = ""
    key: str = ""
    worker: int = 0


class Recalled(NamedTuple):
    """What the ledger knows of earlier sessions."""

    entries: tuple[Entry, ...]


class Known(NamedTuple):
    """The clusters that are known here, by name; or why nobody can tell."""

    servers: Mapping[str, Find]
    sentence: str = ""


News: TypeAlias = (
    PlaceNews | Told | Seen | Packed | Sent | No | Brought | NotBrought | ChildNews | Recalled
    | Known
)  # fmt: skip
