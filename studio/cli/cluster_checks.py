"""What `doctor --on` looks at: the way to a cluster, one step after the other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median
from typing import TYPE_CHECKING, Final

from engine.errors import ReelwrightError
from studio.cli.checks import Check, Finding

if TYPE_CHECKING:
    from studio.cli.clusters import Cluster

PINGS: Final = 20
SLOW_MS: Final = 100.0


def checks_of(name: str) -> Check:
    """The check of one cluster."""

    def check_cluster() -> Iterator[Finding]:
        return _way_to(name)

    return check_cluster


def _way_to(name: str) -> Iterator[Finding]:
    from studio.cli.clusters import find_server, open_cluster
    from studio.cli.extras import require_extra

    section = f"Cluster '{name}'"
    try:
        require_extra("cluster")
        yield Finding(section, "packages", "ok", "zmq, msgpack and fsspec are here")
        server = find_server(name)
        yield Finding(section, "server", "ok", f"{server.address}, its key is known")
        with open_cluster(name) as cluster:
            yield from _inside(section, cluster)
    except ReelwrightError as error:
        yield Finding(section, "way", "fail", error.what, error.remedy)


def _inside(section: str, cluster: Cluster) -> Iterator[Finding]:
    from cluster_agent.protocol.messages import AgentList, Done, ListAgents, Ping

    welcome = cluster.client.welcome
    roles = ", ".join(welcome.roles)
    yield Finding(section, "welcome", "ok", f"as '{welcome.user}', who may {roles}")
    took = []
    for _ in range(PINGS):
        begun = time.perf_counter()
        cluster.client.ask(Ping(), Done)
        took.append(1000 * (time.perf_counter() - begun))
    answer = f"in {median(took):.1f} ms, at the slowest {max(took):.1f} ms"
    yield Finding(section, "answers", "ok" if median(took) < SLOW_MS else "warn", answer)
    begun = time.perf_counter()
    cluster.blobs.upload(b"reelwright doctor")
    taken = f"files come in, a small one in {1000 * (time.perf_counter() - begun):.0f} ms"
    yield Finding(section, "blobs", "ok", taken)
    agents = cluster.client.ask(ListAgents(), AgentList).agents
    online = [agent for agent in agents if agent.state == "online"]
    if online:
        yield Finding(section, "agents", "ok", f"{len(online)} of {len(agents)} at work")
    else:
        remedy = "Start one with 'reelwright agent' on a machine of its own."
        yield Finding(section, "agents", "warn", "none is connected: jobs will wait", remedy)
