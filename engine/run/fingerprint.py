"""Identity: a Merkle hash of everything that decides what a node's result is.

    type and version            which code
    parameters that matter      as canonical JSON; floats in their shortest exact form
    inputs                      the fingerprint of the node behind each link, and its port
    contents                    digests of files that parameters name, and of weights

It is the same in every process and on every machine, so results and checkpoints are found again
by whoever needs them.  What a node declared `cached=False` returns depends on more than all this:
nodes that lean on it are identified by the content of its result, once that is known.  The same
goes for a node whose files or weights are named by a link.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from json import JSONEncoder
from typing import Final, NamedTuple

from engine.graph.flat import FlatNode
from engine.graph.identity_memo import IdentityMemo
from engine.graph.node import Node, NodeType
from engine.graph.params import ParamValue
from engine.run.cache import Outputs
from engine.run.codec import value_digest
from engine.run.plan import Plan, Step
from engine.run.run_files import RunFiles

FORMAT: Final = 2
"""Part of every identity: raise it when results of older programs must not be found again."""

_canonical: Final = JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode
_own_parts: Final = IdentityMemo[FlatNode, str]()


class Identity(NamedTuple):
    """A fingerprint; `lasting` is false if no result may ever be found again under it."""

    fingerprint: str
    lasting: bool = True

    def element(self, index: int) -> Identity:
        """The identity of one element's share, where a node is mapped over a list."""
        digest = hashlib.sha256(f"{self.fingerprint} {index}".encode()).hexdigest()
        return Identity(digest, self.lasting)


@dataclass(frozen=True, slots=True)
class _Reads:
    """What of a node's parameters its identity takes up."""

    ignored: frozenset[str]
    files: tuple[str, ...]
    content: bool


_reads_of: Final = IdentityMemo[NodeType, _Reads]()


def identify(plan: Plan, files: RunFiles) -> dict[str, Identity]:
    """Identify, in one pass, all nodes that can be identified before anything runs.

    A node whose content cannot be told (missing weights, say) is left out, with all that leans on
    it; running it will tell why.
    """
    known: dict[str, Identity] = {}
    for id, step in plan.steps.items():
        if _waits_for_values(step, plan, known):
            continue
        try:
            contents = _contents(step.node.type, [step.node.params], files)
        except Exception:  # noqa: BLE001 - foreign code; what it raises is told when the node runs
            continue
        links = {
            name: f"{known[source].fingerprint}.{port}"
            for name, (source, port) in step.inputs.items()
        }
        known[id] = Identity(_hash(step.node, links, contents), step.node.type.cached)
    return known


def _waits_for_values(step: Step, plan: Plan, known: Mapping[str, Identity]) -> bool:
    for source, _ in step.inputs.values():
        if source not in known or not plan.steps[source].node.type.cached:
            return True
    reads = _reads(step.node.type)
    if not reads.content and not reads.files:
        return False
    linked = step.inputs.keys() & step.node.type.params.keys()
    return bool(linked) if reads.content else not linked.isdisjoint(reads.files)


def identify_late(
    step: Step,
    sources: Mapping[str, tuple[NodeType, Identity, Outputs]],
    params: Iterable[Mapping[str, ParamValue]],
    files: RunFiles,
) -> Identity:
    """Identify a node whose inputs have been computed.

    `sources` are the nodes behind its links, by id; `params` are all of its parameters, once for
    each element that it is mapped over.  Raises what `Node.content` raises.
    """
    lasting = step.node.type.cached
    links: dict[str, str] = {}
    for name, (source, port) in step.inputs.items():
        type, identity, outputs = sources[source]
        if type.cached:
            links[name] = f"{identity.fingerprint}.{port}"
            lasting = lasting and identity.lasting
            continue
        digest = value_digest(outputs[port])
        lasting = lasting and digest is not None
        links[name] = f"={digest or uuid.uuid4().hex}"
    contents = _contents(step.node.type, params, files)
    return Identity(_hash(step.node, links, contents), lasting)


def _hash(node: FlatNode, links: Mapping[str, str], contents: list[str]) -> str:
    own = _own_parts.get(node) or _own_parts.put(node, _own_part(node))
    ignored = _reads(node.type).ignored
    linked = [f"{name}={links[name]}" for name in sorted(links) if name not in ignored]
    return hashlib.sha256("\n".join([own, *linked, *contents]).encode()).hexdigest()


def _own_part(node: FlatNode) -> str:
    """What the node says by itself, whatever is linked to it."""
    ignored = _reads(node.type).ignored
    params = {name: value for name, value in node.params.items() if name not in ignored}
    return _canonical([FORMAT, node.type.type, node.type.version, params])


def _contents(
    type: NodeType, calls: Iterable[Mapping[str, ParamValue]], files: RunFiles
) -> list[str]:
    reads = _reads(type)
    if not reads.content and not reads.files:
        return []
    found: list[str] = []
    for params in calls:
        for name in reads.files:
            found += [
                f"{name}:{files.digest(path) if path else ''}" for path in _paths(params, name)
            ]
        found.append(f"content:{type.node.content(params)}")
    return found


def files_named(type: NodeType, params: Mapping[str, object]) -> Iterator[str]:
    """The paths of the files by whose content a node is identified."""
    for name in _reads(type).files:
        yield from filter(None, _paths(params, name))


def _paths(params: Mapping[str, object], name: str) -> list[str]:
    value = params.get(name, "")
    return [str(path or "") for path in (value if isinstance(value, list) else [value])]


def _reads(type: NodeType) -> _Reads:
    return _reads_of.get(type) or _reads_of.put(type, _find_reads(type))


def _find_reads(type: NodeType) -> _Reads:
    params = type.params
    return _Reads(
        ignored=frozenset(name for name, spec in params.items() if not spec.matters),
        files=tuple(sorted(n for n, spec in params.items() if spec.widget == "open-file")),
        content=type.node.content.__func__ is not Node.content.__func__,  # type: ignore[attr-defined]
    )
