"""What engine events mean for a job's state: its phase, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from cluster_agent.agent.pipe import JobTold
from cluster_agent.protocol.messages import Lease, Phase
from engine.graph.flat import FlatGraph
from engine.graph.node import NodeType
from engine.run.events import Event, NodeChanged, Previewed, Progressed, Wrote, to_json
from engine.values import Audio, Latent, VideoModel

LONGEST_EVENT: Final = 512 << 10
"""Characters; a longer one (a huge picture) is not worth its way."""
STEPS: Final = "steps"


def phases_of(graph: FlatGraph) -> Mapping[str, Phase]:
    """The phase that a job enters when a node starts; nodes without one change nothing."""
    found = {id: _phase(node.type) for id, node in graph.nodes.items()}
    return {id: phase for id, phase in found.items() if phase is not None}


def told(lease: Lease, event: Event, phases: Mapping[str, Phase]) -> JobTold | None:
    """The frame for an event; None if it is too long to be sent."""
    if isinstance(event, Wrote):  # where this machine keeps its files is nobody's business
        event = replace(event, path=Path(event.path).name)
    line = to_json(event)
    if len(line) > LONGEST_EVENT:
        return None
    match event:
        case NodeChanged(node=node, state="started"):
            return JobTold(lease=lease, event=line, node=node, phase=phases.get(node))
        case Progressed(node=node, done=done, total=total, unit=unit):
            if unit != STEPS:
                return JobTold(lease=lease, event=line, topic=f"progress {node}")
            topic = f"progress {node}"
            return JobTold(lease=lease, event=line, topic=topic, step=done, steps=total)
        case Previewed(node=node):
            return JobTold(lease=lease, event=line, topic=f"preview {node}")
    return JobTold(lease=lease, event=line)


def _phase(type: NodeType) -> Phase | None:
    """By what a node takes and gives, not by its name: the nodes of other packs count too."""
    takes = {member for port in type.inputs.values() for member in port.members}
    gives = {member for port in type.outputs.values() for member in port.members}
    if type.category == "Safety":
        return "SAFETY_CHECKING"
    if type.output:
        return "TRANSCODING"
    if Latent in gives and Latent not in takes and VideoModel in takes:
        return "GENERATING" if "steps" in type.params else "ENCODING"
    if Latent in takes and gives - {Latent}:
        return "VAE_DECODING"
    if Audio in gives and VideoModel in takes:
        return "AUDIO_GENERATING"
    return "ENCODING" if VideoModel in takes else None
