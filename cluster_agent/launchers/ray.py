"""Ray: agents as detached actors, each in its own placement group, restarted when they end.

Ray places and restarts; it carries no job, no result and no sign of life (a frozen node is noticed
by it after a minute, by our leases after ten seconds).  What it ships between machines by its own
means is the plan's command line and nothing else.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from typing import Any, Final

from cluster_agent.launchers.protocol import AgentPlan, LaunchFailed, Placed

NAMESPACE: Final = "reelwright"
PLACING_SECONDS: Final = 60.0
GRACE_SECONDS: Final = 120.0


class RayLauncher:
    """Implements `Launcher` on a Ray cluster; `address` as `ray.init` takes it.

    An agent that finds no room within `patience` seconds is not placed.
    Raises LaunchFailed where Ray is not installed or does not answer.
    """

    def __init__(self, address: str = "auto", patience: float = PLACING_SECONDS) -> None:
        try:
            import ray
        except ImportError as error:
            raise LaunchFailed(
                "Ray is not installed.", remedy="Install it with 'pip install reelwright[ray]'."
            ) from error
        self._ray: Any = ray
        self._patience = patience
        if not ray.is_initialized():
            try:
                ray.init(address=address, namespace=NAMESPACE, log_to_driver=False)
            except (ConnectionError, RuntimeError, ValueError) as error:
                raise LaunchFailed(
                    f"No Ray cluster answers at '{address}'.", remedy="Start one with 'ray start'."
                ) from error

    def launch(self, plan: AgentPlan) -> None:
        """Place the plan's agents, spread over the nodes; those that run already stay.

        Raises LaunchFailed, and leaves nothing placed, where there is no room for one.
        """
        known = set(self._ray.util.list_named_actors())
        for number in range(plan.count):
            name = f"{plan.name}-{number}"
            if name not in known:
                self._place(plan, name, plan.command(str(number)))

    def placed(self) -> list[Placed]:
        """The agents of all plans in this Ray cluster that were not stopped, by name."""
        return [self._seen(name) for name in sorted(self._ray.util.list_named_actors())]

    def stop(self, plan: str) -> None:
        """Let the agents of a plan drain and end, and free what was reserved for them."""
        known = self._ray.util.list_named_actors()
        agents = {
            name: self._ray.get_actor(name) for name in known if name.rpartition("-")[0] == plan
        }
        drained = [agent.drain.remote() for agent in agents.values()]
        self._ray.wait(drained, num_returns=len(drained), timeout=GRACE_SECONDS)
        for name, agent in agents.items():
            self._ray.kill(agent, no_restart=True)
            self._unreserve(name)

    def _seen(self, name: str) -> Placed:
        try:
            restarts = self._ray.get(self._ray.get_actor(name).restarts.remote(), timeout=2.0)
        except (self._ray.exceptions.RayError, ValueError):
            return Placed(name, "starting")
        return Placed(name, "running", restarts)

    def _place(self, plan: AgentPlan, name: str, command: Sequence[str]) -> None:
        from ray.util.placement_group import placement_group
        from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

        needs = {"CPU": float(plan.cpus), "GPU": float(plan.gpus)}
        if plan.memory:
            needs["memory"] = float(plan.memory)
        group = placement_group([needs], strategy="STRICT_PACK", name=name, lifetime="detached")
        if not group.wait(self._patience):
            self._unreserve(name)
            raise LaunchFailed(
                f"No node of the Ray cluster has {plan.gpus} GPUs and {plan.cpus} CPUs free for "
                f"'{name}'.",
                remedy="Wait until some are, or ask for less.",
            )
        strategy = PlacementGroupSchedulingStrategy(placement_group=group)
        kept = self._ray.remote(KeptAgent).options(
            name=name,
            namespace=NAMESPACE,
            lifetime="detached",
            max_restarts=-1,
            num_cpus=plan.cpus,
            num_gpus=plan.gpus,
            scheduling_strategy=strategy,
            max_concurrency=2,
        )
        kept.remote(list(command))

    def _unreserve(self, name: str) -> None:
        from ray.util.placement_group import get_placement_group, remove_placement_group

        remove_placement_group(get_placement_group(name))


class KeptAgent:
    """In Ray's worker: an agent process, whose end is the actor's end, so Ray restarts both."""

    def __init__(self, command: list[str]) -> None:
        import threading

        # Ray hides the GPUs that are not this actor's; the agent sees the same.
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        self._draining = False
        threading.Thread(target=self._end_with_it, daemon=True).start()

    def drain(self) -> None:
        """Let the agent finish what it holds, and end."""
        self._draining = True
        self._process.terminate()
        self._process.wait()

    def process_id(self) -> int:
        """The agent's."""
        return self._process.pid

    def restarts(self) -> int:
        """Whether Ray had to start it again: 0 or 1, as far as the actor can know."""
        import ray

        return int(ray.get_runtime_context().was_current_actor_reconstructed)

    def _end_with_it(self) -> None:
        self._process.wait()
        if not self._draining:
            os._exit(1)
