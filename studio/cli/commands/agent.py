"""`reelwright agent`: work for a cluster, or be one alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studio.cli.clusters import On

SOLO = "here"
"""What a cluster of this computer alone is called on it."""


def agent(
    on: On = None,
    name: Annotated[
        str | None, typer.Option(help="What it is called; by default as this computer.")
    ] = None,
    gpus: Annotated[
        int | None, typer.Option(help="How many to use; without GPUs, jobs at one time.")
    ] = None,
    folder: Annotated[Path | None, typer.Option(metavar="DIR", help="Where the work lies.")] = None,
    keys: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where key.toml and servers.toml are.")
    ] = None,
    solo: Annotated[
        bool, typer.Option("--solo", help="Be broker and agent in one, for this computer.")
    ] = False,
    listen: Annotated[
        str, typer.Option(metavar="ADDRESS", help="With --solo; 0.0.0.0 lets others in.")
    ] = "tcp://127.0.0.1:7711",
    blobs: Annotated[
        str, typer.Option(metavar="ADDRESS", help="With --solo: where files come in and go out.")
    ] = "tcp://127.0.0.1:7712",
    takedowns: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="An exported takedown register to follow as it changes."),
    ] = None,
    takedown_signer: Annotated[
        Path | None,
        typer.Option(metavar="PEM", help="The certificate of who signs it, or of its issuer."),
    ] = None,
    unit: Annotated[
        bool, typer.Option("--unit", help="Print a systemd unit that runs this, and end.")
    ] = False,
) -> None:
    """Work for a cluster until you end it.

    Ctrl-C once: finish what there is and end.  Twice: end now; another agent goes on from the last
    checkpoint.
    """
    from cluster_agent.agent.service import AgentSettings, serve, serve_alone
    from cluster_agent.agent.takedowns import TakedownSource
    from cluster_agent.keys import KeyPair, KnownServer, Servers, cluster_folder
    from engine.folders import state_folder
    from studio.cli.clusters import find_server
    from studio.cli.console import messages
    from studio.cli.units import print_unit

    place = folder or state_folder() / "agent"
    if unit:
        print_unit("Reelwright agent", place)
        return
    room = keys or cluster_folder()
    own = KeyPair.load_or_new(room / "key.toml")
    called = name or host_name()
    source = None if takedowns is None else TakedownSource(takedowns, takedown_signer)
    if not solo:
        server = find_server(on, room)
        settings = AgentSettings(called, place, server, own, gpus, takedowns=source)
        serve(settings, lambda who: messages().print(f"The agent '{who}' is ready."))
        return

    from cluster_agent.broker.settings import BrokerSettings
    from cluster_agent.hosting import Hosting

    def ready(address: str, public: str) -> None:
        Servers(room / "servers.toml").add(KnownServer(name=SOLO, address=address, key=public))
        messages().print(f"A cluster of this computer is at {address}; here it is '{SOLO}'.")

    queue = state_folder() / "broker" if folder is None else folder / "broker"
    hosting = Hosting(
        BrokerSettings(queue, listen=listen, keys=keys, name=called), queue / "blobs", blobs
    )
    itself = KnownServer(name=SOLO, address=listen, key=own.public)
    settings = AgentSettings(called, place, itself, own, gpus, takedowns=source)
    serve_alone(settings, hosting, ready)


def host_name() -> str:
    """This computer's name, as an agent may be called."""
    import re
    import socket

    return re.sub(r"[^A-Za-z0-9._-]+", "-", socket.gethostname()).strip("-._")[:64] or "agent"
