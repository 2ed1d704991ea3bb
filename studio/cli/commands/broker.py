"""`reelwright broker`: hold the queue of a cluster, and its blobs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def broker(
    listen: Annotated[
        str, typer.Option(metavar="ADDRESS", help="0.0.0.0 lets other computers in.")
    ] = "tcp://127.0.0.1:7711",
    blobs: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where files come in and go out.")
    ] = "tcp://127.0.0.1:7712",
    folder: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the queue and the blobs are kept.")
    ] = None,
    keys: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where key.toml and trust.toml are.")
    ] = None,
    name: Annotated[str, typer.Option(help="What it calls itself.")] = "broker",
    database: Annotated[
        str, typer.Option(metavar="ADDRESS", help="PostgreSQL instead of a file.")
    ] = "",
    quota: Annotated[
        int | None, typer.Option(metavar="GIB", help="Most that the blobs may take.")
    ] = None,
    unit: Annotated[
        bool, typer.Option("--unit", help="Print a systemd unit that runs this, and end.")
    ] = False,
) -> None:
    """Hold the queue of a cluster until you end it.

    What was acknowledged is on the disk: it survives whatever ends the broker.
    """
    from cluster_agent.broker.settings import BrokerSettings
    from cluster_agent.hosting import Hosting, host
    from engine.folders import state_folder
    from studio.cli.console import messages, results
    from studio.cli.units import print_unit

    place = folder or state_folder() / "broker"
    if unit:
        print_unit("Reelwright broker", place)
        return
    settings = BrokerSettings(place, listen=listen, keys=keys, name=name, database=database)
    hosting = Hosting(settings, place / "blobs", blobs, None if quota is None else quota << 30)

    def ready(address: str, public: str) -> None:
        messages().print(f"The broker '{name}' is at {address}.  Its key:", soft_wrap=True)
        results().print(public, soft_wrap=True)

    host(hosting, ready)
