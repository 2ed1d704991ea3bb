"""`reelwright drain`: give an agent no more work."""

from __future__ import annotations

from typing import Annotated

import typer

from studio.cli.clusters import On


def drain(
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="As 'agents' shows it.")],
    on: On = None,
    off: Annotated[bool, typer.Option("--off", help="Give it work again.")] = False,
) -> None:
    """Give an agent no more work; what it has, it finishes."""
    from cluster_agent.protocol.messages import Done, Drain
    from studio.cli.clusters import open_cluster
    from studio.cli.console import messages

    with open_cluster(on) as cluster:
        cluster.client.ask(Drain(agent=agent, on=not off), Done)
    messages().print(f"'{agent}' {'works again' if off else 'gets no more work'}.")
