"""One node of a document against its declaration: migrated, checked, defaults filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from engine.graph.document import NodeSpec
from engine.graph.identity_memo import IdentityMemo
from engine.graph.migrations import migrated
from engine.graph.names import way_out
from engine.graph.node import NodeType
from engine.graph.params import ParamValue, shown


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a node wherever it stands: a clause that follows "Node 'id': "."""

    clause: str
    remedy: str
    field: str = ""
    value: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class Settled:
    """A node's type, the value of each of its parameters, and what is wrong with them."""

    type: NodeType
    params: Mapping[str, ParamValue]
    faults: tuple[Fault, ...]


_settled: Final = IdentityMemo[NodeSpec, Settled]()


def settle(spec: NodeSpec, type: NodeType) -> Settled:
    """Check a node's parameters; each node object is checked once in its life."""
    known = _settled.get(spec)
    if known is not None and known.type is type:
        return known
    return _settled.put(spec, _settle(spec, type))


def _settle(spec: NodeSpec, type: NodeType) -> Settled:
    params = dict(type.defaults)
    if spec.version > type.version:
        clause = f"it was saved by version {spec.version} of {type.type}; here is {type.version}"
        fault = Fault(clause, "Update the node pack.", "version", str(spec.version))
        return Settled(type, params, (fault,))
    try:
        given = spec.params if spec.version == type.version else migrated(spec, type)
    except ValueError as error:
        fault = Fault(f"it {error}", "Set its parameters again.", "version", str(spec.version))
        return Settled(type, params, (fault,))
    faults = []
    for name, value in given.items():
        param = type.params.get(name)
        if param is None:
            faults.append(_unknown_param(name, value, type))
            continue
        try:
            params[name] = param.check(value)
        except ValueError as error:
            clause = f"parameter '{name}' {error}"
            faults.append(Fault(clause, "", name, shown(value)))
    return Settled(type, params, tuple(faults))


def _unknown_param(name: str, value: ParamValue, type: NodeType) -> Fault:
    clause = f"it has no parameter '{name}'"
    if name in type.inputs:
        return Fault(clause, "It is an input; link something to it.", name, shown(value))
    none = f"{type.type} has no parameters."
    return Fault(clause, way_out(name, type.params, none=none), name, shown(value))
