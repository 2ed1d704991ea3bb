"""What the desk asks for: of brokers, of the ledger, of the files that name clusters.

Functions that read the disk are for other threads than the window's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from engine.errors import InvalidInput, ReelwrightError
from studio.machines.ledger import Entry, Ledger
from studio.machines.news import Ask, Known, News, Parcel, Recalled
from studio.machines.places import Need
from studio.runs import HERE, NodeRun, Run

if TYPE_CHECKING:
    from cluster_agent.keys import KeyPair, KnownServer
    from engine.graph.document import Document
    from engine.graph.registry import Registry
    from studio.machines.station import Find

Asked = Callable[[str], Ask]
"""Made with the key of the run that is to hear of a refusal."""


def cancel(job: str) -> Asked:
    """Stop a job."""
    from cluster_agent.protocol.messages import Cancel

    return lambda key: Ask(Cancel(jobs=(job,)), (key,))


def pause(job: str) -> Asked:
    """Take a job out of the queue."""
    from cluster_agent.protocol.messages import Pause

    return lambda key: Ask(Pause(jobs=(job,)), (key,))


def resume(job: str) -> Asked:
    """Put a paused job back."""
    from cluster_agent.protocol.messages import Resume

    return lambda key: Ask(Resume(jobs=(job,)), (key,))


def retry(job: str) -> Asked:
    """Queue an ended job again."""
    from cluster_agent.protocol.messages import Retry

    return lambda key: Ask(Retry(jobs=(job,)), (key,))


def move(jobs: tuple[str, ...], index: int) -> Asked:
    """Put jobs at a place of their line."""
    from cluster_agent.protocol.messages import Move

    return lambda key: Ask(Move(jobs=jobs, index=max(0, index)), (key,))


# The ledger


def recall(ledger: Ledger, tell: Callable[[News], None], page: int) -> None:
    """Tell what earlier sessions wrote down, a page at a time.  Raises StorageFailed."""
    entries = ledger.all()
    for start in range(0, len(entries), page):
        tell(Recalled(entries[start : start + page]))


def write_down(ledger: Ledger, run: Run, parcel: Parcel) -> None:
    """Keep a run before it is sent.  Raises StorageFailed."""
    from engine.graph.document import dump_document

    ledger.add(run, dump_document(parcel.document), parcel.outputs, parcel.front)


def document_of(ledger: Ledger, key: str) -> Document:
    """The graph of a run.  Raises InvalidInput, StorageFailed."""
    from engine.graph.document import parse_document

    text = ledger.graph(key)
    if text is None:
        raise InvalidInput(
            "The graph of this run was not kept here.",
            remedy="Open one of its files: each carries its graph.",
        )
    return parse_document(text, "the graph of the run")


def parcel_of(ledger: Ledger, run: Run, entry: Entry, label: str) -> Parcel:
    """A run that is sent again.  Raises InvalidInput, StorageFailed."""
    from engine.graph.registry import installed_registry

    document = document_of(ledger, run.key)
    return Parcel(run.key, document, installed_registry(), entry.outputs, label, entry.front)


# Places


def known_servers() -> Known:
    """The clusters of servers.toml.  The key by which they know us is read at every call."""
    from cluster_agent.keys import Servers

    try:
        servers = Servers().all()
    except ReelwrightError as error:
        return Known({}, str(error))
    return Known({_place_name(server.name): _caller(server.name) for server in servers})


def _place_name(server: str) -> str:
    """The command line's own solo cluster is called 'here' too, and is another place."""
    return f"@{server}" if server == HERE else server


def _caller(name: str) -> Find:
    def find() -> tuple[KnownServer, KeyPair]:
        from cluster_agent.keys import KeyPair, Servers

        return Servers().find(name), KeyPair.load()

    return find


def child_at(address: str, key: str, keys: Path) -> Find:
    """Where the child is called; with its own key, as it trusts no other."""

    def find() -> tuple[KnownServer, KeyPair]:
        from cluster_agent.keys import KeyPair, KnownServer

        server = KnownServer(name="this-computer", address=address, key=key)
        return server, KeyPair.load(keys / "key.toml")

    return find


def need_of(document: Document, registry: Registry, outputs: Sequence[str] | None) -> Need:
    """What a document needs of a machine.  Raises InvalidDocument."""
    from cluster_agent.client.submission import work_of
    from engine.graph.flatten import flatten

    work = work_of(flatten(document, registry, outputs), registry)
    return Need(1, work.memory, work.model, work.packs)


# Results


def with_files(run: Run, files: Sequence[tuple[str, Path]], thumbnail: Path | None) -> Run:
    """The run, and the nodes that wrote them, with files that are here now."""
    nodes = dict(run.nodes)
    for node, file in files:
        known = nodes.get(node, NodeRun(state="done"))
        if file not in known.files:
            nodes[node] = replace(known, files=(*known.files, file))
    paths = tuple(dict.fromkeys(file for _, file in files))
    return replace(run, nodes=MappingProxyType(nodes), files=paths, thumbnail=thumbnail, note="")
