"""From a document to a job: what it needs, and the files that must travel with it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from cluster_agent.client.travelling import Luggage, pack_files
from cluster_agent.protocol.job_spec import LARGEST_GRAPH, JobSpec
from engine.errors import InvalidInput
from engine.graph.document import dump_document
from engine.graph.flat import FlatGraph
from engine.graph.flatten import flatten
from engine.graph.registry import Registry
from engine.models.estimate import DEVICES
from engine.run.estimate import SampleEstimate, estimate_graph
from engine.run.runner import RunRequest

_USUAL_DEVICE = DEVICES["l40s"]


@dataclass(frozen=True)
class Terms:
    """How a job is to be treated; see JobSpec.  An empty key means: a new job each time."""

    tier: str = "standard"
    priority: int = 100
    after: tuple[str, ...] = ()
    gpus: int = 1
    timeout: float | None = None
    label: str = ""
    key: str = ""


@dataclass(frozen=True)
class Work:
    """What kind of work a graph is, as JobSpec has it: what a machine needs to take it."""

    model: str
    size: int
    steps: int
    seconds: float
    memory: int
    packs: dict[str, str]


@dataclass(frozen=True)
class Submission:
    """A job's spec, and its inputs, by digest."""

    spec: JobSpec
    luggage: Luggage


def submission_of(request: RunRequest, registry: Registry, terms: Terms) -> Submission:
    """Raises InvalidDocument for a graph that cannot run, InvalidInput for a missing file."""
    graph = flatten(request.document, registry, request.outputs)
    document, luggage = pack_files(request.document, registry)
    text = dump_document(document).encode()
    if len(text) > LARGEST_GRAPH:
        raise InvalidInput(
            f"The graph has {len(text) >> 10} KiB; at most {LARGEST_GRAPH >> 10} can be sent.",
            remedy="Load large data from files instead of writing it into parameters.",
        )
    work = work_of(graph, registry)
    spec = JobSpec(
        key=terms.key or uuid.uuid4().hex,
        graph=text,
        outputs=None if request.outputs is None else tuple(request.outputs),
        inputs=luggage.inputs,
        label=terms.label or request.document.name,
        tier=terms.tier,
        priority=terms.priority,
        after=terms.after,
        model=work.model,
        size=work.size,
        steps=work.steps,
        seconds=work.seconds,
        gpus=terms.gpus,
        memory=work.memory,
        packs=work.packs,
        timeout=terms.timeout,
        previews=request.previews,
        fresh=request.fresh,
    )
    return Submission(spec, luggage)


def work_of(graph: FlatGraph, registry: Registry) -> Work:
    """What a graph needs and how long it may take, without looking at any file."""
    samples = _samples(graph)
    hardest = max(samples, key=lambda each: each.figures.counted, default=None)
    return Work(
        model=hardest.model if hardest else "",
        size=hardest.figures.latent_elements if hardest else 0,
        steps=sum(each.work.steps for each in samples),
        seconds=max(1.0, sum(each.figures.counted for each in samples)),
        memory=sum(hardest.figures.memory.values()) if hardest else 0,
        packs=_packs(graph, registry),
    )


def _samples(graph: FlatGraph) -> tuple[SampleEstimate, ...]:
    """What is sampled; nothing where a model is not in the catalog: running it will tell."""
    try:
        return estimate_graph(graph, _USUAL_DEVICE)
    except InvalidInput:
        return ()


def _packs(graph: FlatGraph, registry: Registry) -> dict[str, str]:
    needed = {registry.pack_of(node.type.type) for node in graph.nodes.values()}
    return {name: version for name, version in registry.packs.items() if name in needed}
