"""Everything that is wrong with a document, found at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from engine.graph.document import Document
from engine.graph.names import way_out
from engine.graph.problems import InvalidDocument, Problem
from engine.graph.registry import Registry
from engine.graph.resolution import Resolution, resolve


def validate(
    document: Document, registry: Registry, outputs: Sequence[str] | None = None
) -> tuple[Problem, ...]:
    """All problems, errors first.

    `outputs` are the ids of the wanted nodes; None stands for all that the document wants.
    What is wrong with a node that they do not need is a warning: the rest can run.
    """
    resolution = resolve(document, registry)
    if resolution.sound and outputs is None:
        return ()
    if not resolution.ordered:
        return (*resolution.problems, *resolution.faults)
    choice = choose_outputs(resolution, outputs)
    needed = _needed_faults(resolution, choice.ids)
    faults = [
        fault if fault in needed else replace(fault, severity="warning")
        for fault in resolution.faults
    ]
    found = [*resolution.problems, *choice.problems, *faults]
    return tuple(sorted(found, key=lambda problem: problem.severity != "error"))


def check(document: Document, registry: Registry, outputs: Sequence[str] | None = None) -> None:
    """Raise InvalidDocument, with every error, if these outputs cannot be computed."""
    errors = [p for p in validate(document, registry, outputs) if p.severity == "error"]
    if errors:
        raise InvalidDocument(errors)


@dataclass(frozen=True)
class Choice:
    """The leaves that are wanted, by path, and what is wrong with the wish."""

    ids: tuple[str, ...]
    problems: tuple[Problem, ...] = ()


def choose_outputs(resolution: Resolution, outputs: Sequence[str] | None) -> Choice:
    """The leaves behind the wanted nodes: an instance of a subgraph stands for its outputs."""
    if outputs is None:
        return Choice(_wanted_by_document(resolution))
    ids: dict[str, None] = {}
    problems: list[Problem] = []
    for output in outputs:
        found = _leaves_behind(resolution, output)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            ids |= dict.fromkeys(found)
    return Choice(tuple(ids), tuple(problems))


def _wanted_by_document(resolution: Resolution) -> tuple[str, ...]:
    resolved, leaves = resolution.resolved, resolution.expanded.leaves
    present = [id for id in leaves if id in resolved.nodes or id in resolved.lost]
    types = {id: settled.type for id in present if (settled := leaves[id].settled) is not None}
    declared = tuple(id for id, type in types.items() if type.output)
    if declared:
        return declared
    used = {source for id in present for source in _sources(resolution, id)}
    return tuple(id for id in present if id not in used)


def _leaves_behind(resolution: Resolution, output: str) -> Iterable[str] | Problem:
    expanded, resolved = resolution.expanded, resolution.resolved
    if output in expanded.instances:
        inside = [id for id in expanded.leaves if id.startswith(f"{output}/")]
        ends = {id for id, _ in expanded.instances[output]}
        settled = {id: expanded.leaves[id].settled for id in inside}
        ends |= {id for id, known in settled.items() if known is not None and known.type.output}
        return [id for id in inside if id in ends and id not in resolved.muted]
    if output not in expanded.leaves:
        names = [*expanded.instances, *expanded.leaves]
        message = f"There is no node '{output}' whose result could be wanted."
        return Problem(message, way_out(output, names, none="The graph is empty."), output)
    if output in resolved.muted:
        cause = resolved.muted[output]
        because = "it is muted" if cause == output else f"it needs '{cause}', which is muted"
        message = f"Node '{output}' gives no result, because {because}."
        return Problem(message, "Turn it on again.", output)
    if output not in resolved.nodes and output not in resolved.lost:
        sources = [source for (id, _), source in resolved.bypassed.items() if id == output]
        passed = [source[0] for source in sources if source is not None]
        message = f"Node '{output}' is bypassed and passes nothing on."
        return passed or Problem(message, "Turn it on again.", output)
    return [output]


def _sources(resolution: Resolution, id: str) -> Iterable[str]:
    node = resolution.resolved.nodes.get(id)
    if node is not None:
        return (source for source, _ in node.inputs.values())
    return resolution.resolved.lost.get(id, ())


def upstream(resolution: Resolution, ids: Iterable[str]) -> set[str]:
    """These leaves and everything that they depend on, as it is after bypass and mute."""
    reached: set[str] = set()
    left = list(ids)
    while left:
        id = left.pop()
        if id not in reached:
            reached.add(id)
            left.extend(_sources(resolution, id))
    return reached


def _needed_faults(resolution: Resolution, ids: Iterable[str]) -> set[Problem]:
    faults = resolution.resolved.faults
    return {fault for id in upstream(resolution, ids) for fault in faults.get(id, ())}
