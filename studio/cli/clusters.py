"""Reaching a cluster from the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from engine.errors import InvalidInput

if TYPE_CHECKING:
    from cluster_agent.blobs.client import BlobClient
    from cluster_agent.client.connection import Client
    from cluster_agent.keys import KnownServer
    from cluster_agent.protocol.messages import Message

On: TypeAlias = Annotated[
    str | None,
    typer.Option("--on", metavar="NAME", help="The cluster; not needed where you know just one."),
]
JobIds: TypeAlias = Annotated[
    list[str], typer.Argument(metavar="JOB...", help="Ids, as 'submit' and 'jobs' print them.")
]


@dataclass(frozen=True)
class Cluster:
    """A connection to a broker, and one to its blob service."""

    client: Client
    blobs: BlobClient


@contextmanager
def open_cluster(name: str | None) -> Iterator[Cluster]:
    """Connect to a cluster by the name it has here.  Raises InvalidInput, Unreachable."""
    from cluster_agent.addresses import beside
    from cluster_agent.blobs.client import BlobClient
    from cluster_agent.client.connection import Client
    from cluster_agent.keys import KeyPair
    from cluster_agent.transport import Connection

    server, own = find_server(name), KeyPair.load()
    with Connection(server.address, own, server.key) as wire:
        client = Client(wire, server.name, f"reelwright/{version('reelwright')}")
        at = beside(client.welcome.blobs, server.address)
        with BlobClient(at, own, server.key) as blobs:
            yield Cluster(client, blobs)


def find_server(name: str | None, keys: Path | None = None) -> KnownServer:
    """The server of that name, or the only one there is.  Raises InvalidInput."""
    from cluster_agent.keys import Servers

    servers = Servers(None if keys is None else keys / "servers.toml")
    known = servers.all()
    if name is not None or len(known) != 1:
        if name is None:
            there = ", ".join(server.name for server in known)
            raise InvalidInput(
                "Which cluster?" if known else "No cluster is known here.",
                remedy=f"Name one with --on: {there}."
                if known
                else "Pair with one by 'reelwright keys pair', or start your own with "
                "'reelwright agent --solo'.",
            )
        return servers.find(name)
    return known[0]


def tell_jobs(on: str | None, message: Message) -> None:
    """Say something about jobs, and print how they are now."""
    from cluster_agent.client.listing import get_jobs
    from cluster_agent.protocol.messages import Done
    from studio.cli.console import results
    from studio.cli.job_table import state_of

    with open_cluster(on) as cluster:
        done = cluster.client.ask(message, Done)
        for job in get_jobs(cluster.client, done.jobs):
            results().print(f"{job.id}  {state_of(job)}")
