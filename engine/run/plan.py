"""The plan of a run: the nodes that the wanted outputs lean on, and nothing else."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from engine.graph.flat import FlatGraph, FlatNode

_log = logging.getLogger(__name__)


class Step(NamedTuple):
    """One node of a plan; `inputs` are its links without those that its parameters leave unused."""

    node: FlatNode
    inputs: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, eq=False)
class Plan:
    """Steps by node id, dependencies first; `wanted` are the nodes whose results are asked for."""

    steps: Mapping[str, Step]
    wanted: tuple[str, ...]


def plan_run(graph: FlatGraph) -> Plan:
    """Plan what the graph's outputs need, in the graph's order."""
    needed = set(graph.outputs)
    steps: list[Step] = []
    for id, node in reversed([*graph.nodes.items()]):
        if id in needed:
            inputs = _used_inputs(node)
            steps.append(Step(node, inputs))
            needed.update(source for source, _ in inputs.values())
    return Plan({step.node.id: step for step in reversed(steps)}, graph.outputs)


def _used_inputs(node: FlatNode) -> Mapping[str, tuple[str, str]]:
    try:
        ports = node.type.node.needs(node.params)
    except Exception:  # noqa: BLE001 - a node is foreign code: it may raise anything
        _log.exception("Node '%s' cannot say what it needs; it gets everything.", node.id)
        ports = None
    if ports is None:
        return node.inputs
    params = node.type.params
    return {name: link for name, link in node.inputs.items() if name in params or name in ports}
