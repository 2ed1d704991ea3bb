"""Agents placed by Ray: a cluster of three nodes on this computer, with GPUs that are only said to
be there.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cluster_agent.launchers.protocol import AgentPlan, LaunchFailed
from tests.cluster_agent.waiting import wait_for

ray = pytest.importorskip("ray")
pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.timeout(300)]


@dataclass(frozen=True)
class StandIn(AgentPlan):
    """Agents that do nothing but live."""

    def command(self, number: str) -> list[str]:
        return ["sleep", f"60{number}"]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "num_gpus": 0})
    for _ in range(2):
        made.add_node(num_cpus=2, num_gpus=2)
    made.wait_for_nodes()
    yield made
    ray.shutdown()
    made.shutdown()


def test_agents_are_placed_restarted_and_stopped(cluster: Any) -> None:
    from cluster_agent.launchers.ray import RayLauncher

    launcher = RayLauncher(cluster.address, patience=3.0)
    plan = StandIn("fleet", "studio", Path("/k"), Path("/f"), count=2, gpus=2, cpus=1)
    launcher.launch(plan)
    launcher.launch(plan)

    def states() -> list[tuple[str, str]]:
        return [(each.name, each.state) for each in launcher.placed()]

    wait_for(lambda: states() == [("fleet-0", "running"), ("fleet-1", "running")])
    assert ray.available_resources().get("GPU", 0) == 0, "each node's GPUs are taken"

    with pytest.raises(LaunchFailed, match="No node of the Ray cluster has 2 GPUs"):
        launcher.launch(StandIn("more", "studio", Path("/k"), Path("/f"), gpus=2, cpus=1))

    agent = ray.get_actor("fleet-0")
    first = ray.get(agent.process_id.remote())
    os.kill(first, signal.SIGKILL)

    def restarted() -> bool:
        try:
            return bool(ray.get(agent.process_id.remote(), timeout=5) != first)
        except ray.exceptions.RayError:
            return False

    wait_for(restarted, "the killed agent was not started again")
    wait_for(lambda: launcher.placed()[0].restarts == 1)
    launcher.stop("fleet")
    assert launcher.placed() == []
    wait_for(lambda: ray.available_resources().get("GPU", 0) == 4, "the GPUs were not given back")
