"""Parameters set from outside: `--set node.param=value`, `--set exposed=value`, a values file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from engine.errors import InvalidInput
from engine.graph.document import Document, NodeSpec
from engine.graph.migrations import migrated
from engine.graph.names import way_out
from engine.graph.node import NodeType
from engine.graph.params import ParamSpec, ParamValue
from engine.graph.registry import Registry
from engine.graph.subgraphs import lookup_in, read_definitions

V = TypeVar("V")


def apply_settings(document: Document, settings: Mapping[str, str], registry: Registry) -> Document:
    """The document with parameters set from text, by 'node.param' or by an exposed name.

    Raises InvalidInput that names every setting that cannot be applied, and what there is.
    """
    return _Overrides(document, registry).apply(settings, ParamSpec.parse)


def apply_values(document: Document, values: Mapping[str, object], registry: Registry) -> Document:
    """The document with the values of a JSON or TOML file.

    A key is 'node.param' or an exposed name; a node's id may also hold a table of its
    parameters.  Raises InvalidInput like `apply_settings`.
    """
    flat: dict[str, object] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{param}": inner for param, inner in value.items()}
        else:
            flat[name] = value
    return _Overrides(document, registry).apply(flat, ParamSpec.check)


@dataclass(frozen=True)
class _Place:
    node: str
    param: ParamSpec
    type: NodeType


class _Overrides:
    def __init__(self, document: Document, registry: Registry) -> None:
        self._document = document
        self._lookup = lookup_in(read_definitions(document, registry).types, registry)

    def apply(
        self, settings: Mapping[str, V], read: Callable[[ParamSpec, V], ParamValue]
    ) -> Document:
        nodes = dict(self._document.nodes)
        refused: list[str] = []
        for name, given in settings.items():
            try:
                place = self._find(name)
                value = read(place.param, given)
            except InvalidInput as error:
                refused.append(str(error))
            except ValueError as error:
                refused.append(f"Cannot set '{name}': it {error}.")
            else:
                nodes[place.node] = _with_param(nodes[place.node], place, value)
        if refused:
            raise InvalidInput("\n".join(refused))
        return self._document.model_copy(update={"nodes": nodes})

    def _find(self, name: str) -> _Place:
        exposed = self._document.exposed.get(name)
        node, dot, param = name.partition(".")
        if exposed is not None:
            node, param = exposed.node, exposed.param
        elif not dot or node not in self._document.nodes:
            raise InvalidInput(
                f"Cannot set '{name}': there is no such name.", remedy=self._offer(name)
            )
        spec = self._document.nodes.get(node)
        type = self._lookup(spec.type) if spec is not None else None
        if spec is None or type is None:
            kind = f"'{spec.type}' is not installed" if spec is not None else "it does not exist"
            raise InvalidInput(f"Cannot set '{name}' of node '{node}': {kind}.")
        if param not in type.params:
            none = f"{type.type} has no parameters."
            what = f"Cannot set '{name}': node '{node}' has no parameter '{param}'."
            raise InvalidInput(what, remedy=way_out(param, type.params, none=none))
        return _Place(node, type.params[param], type)

    def _offer(self, name: str) -> str:
        """The way out for an unknown name; a parameter's bare name finds its nodes."""
        settable = list(self._settable())
        homonyms = [full for full in settable if full.rpartition(".")[2] == name]
        if homonyms:
            return f"Did you mean {' or '.join(repr(full) for full in homonyms[:4])}?"
        return way_out(name, settable, none="This graph has no parameters.")

    def _settable(self) -> Iterable[str]:
        yield from self._document.exposed
        for id, spec in self._document.nodes.items():
            type = self._lookup(spec.type)
            yield from (f"{id}.{param}" for param in (type.params if type else ()))


def _with_param(spec: NodeSpec, place: _Place, value: ParamValue) -> NodeSpec:
    """The node with one parameter set, in the installed version's shape."""
    version = max(spec.version, place.type.version)
    try:
        params = {**migrated(spec, place.type), place.param.name: value}
    except ValueError as error:
        raise InvalidInput(f"Node '{place.node}': it {error}.") from None
    return spec.model_copy(update={"version": version, "params": params})
