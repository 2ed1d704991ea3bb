"""`reelwright agents`: the machines of a cluster and what they are doing."""

from __future__ import annotations

from typing import Annotated

import typer

from studio.cli.clusters import On


def agents(
    on: On = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """The machines of a cluster and what they are doing."""
    from cluster_agent.protocol.messages import AgentList, ListAgents
    from studio.cli.clusters import open_cluster
    from studio.cli.console import messages, print_columns, print_json, results

    with open_cluster(on) as cluster:
        found = cluster.client.ask(ListAgents(), AgentList).agents
    if as_json:
        print_json([agent.model_dump(mode="json") for agent in found])
        return
    if not found:
        messages().print("No agent is connected.  Start one with 'reelwright agent'.")
        return
    rows = [("Agent", "State", "GPUs", "Free", "Warm", "Jobs")]
    for agent in found:
        names = ", ".join(dict.fromkeys(gpu.name for gpu in agent.info.gpus))
        rows.append(
            (
                agent.info.name,
                agent.state,
                f"{len(agent.info.gpus)} {names}",
                str(agent.free),
                ", ".join(filter(None, agent.warm)) or "-",
                ", ".join(agent.jobs) or "-",
            )
        )
    print_columns(results(), rows, header=True, right=[3])
