"""From what arrives on a node's links to the calls of its `run`, and from their answers back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from engine.errors import InvalidInput
from engine.graph.flat import FlatNode
from engine.graph.identity_memo import IdentityMemo
from engine.graph.node import SINGLE_OUTPUT, NodeType
from engine.graph.params import ParamSpec, ParamValue
from engine.graph.ports import READABLE_NAMES, PortType
from engine.run.cache import Outputs

_blanks: Final = IdentityMemo[NodeType, dict[str, None]]()


class Calls(NamedTuple):
    """The fields of each call; `mapped` if a list made them, so that the result is a list too."""

    fields: list[dict[str, object]]
    mapped: bool


def calls_for(node: FlatNode, arrived: Mapping[str, object]) -> Calls:
    """The calls of a node, given what arrived on its ports and linked parameters.

    A list on a single-value port (or parameter) makes a call for each element.  Several such
    lists go in step; one of length one serves all.  Raises InvalidInput for a value that does not
    fit and for lists of different lengths.
    """
    fields: dict[str, object] = {**_blank_ports(node.type), **node.params}
    lists: dict[str, list[object]] = {}
    for name, value in arrived.items():
        port = node.type.inputs.get(name)
        fit = _ParamFit(node.type.params[name]) if port is None else _PortFit(name, port)
        if not isinstance(value, list) or fit.takes_lists:
            fields[name] = fit(value)
        else:
            lists[name] = [fit(item) for item in value]
    if not lists:
        return Calls([fields], mapped=False)
    columns = _in_step(lists)
    rows = zip(*columns.values(), strict=True)
    return Calls([{**fields, **dict(zip(columns, row, strict=True))} for row in rows], mapped=True)


def _in_step(lists: Mapping[str, list[object]]) -> dict[str, list[object]]:
    """All lists at one length."""
    lengths = {len(items) for items in lists.values()} - {1} or {1}
    if len(lengths) > 1:
        told = " and ".join(f"'{name}' {len(items)}" for name, items in lists.items())
        raise InvalidInput(
            f"its lists differ in length: {told}.",
            remedy="Give lists of equal length, or of one element.",
        )
    (length,) = lengths
    return {name: items * length if len(items) == 1 else items for name, items in lists.items()}


class _PortFit(NamedTuple):
    """Makes a value fit a port, or says why it does not."""

    name: str
    port: PortType

    @property
    def takes_lists(self) -> bool:
        return self.port.many or not self.port.members

    def __call__(self, value: object) -> object:
        if not self.port.many:
            return self._fit_one(value)
        return [self._fit_one(item) for item in (value if isinstance(value, list) else [value])]

    def _fit_one(self, value: object) -> object:
        members = self.port.members
        if not members or isinstance(value, members) or (value is None and self.port.optional):
            return value
        if type(value) is int and float in members:
            return float(value)
        if value is None:
            raise InvalidInput(f"nothing arrived on its input '{self.name}'.")
        arrived = READABLE_NAMES.get(type(value).__name__, type(value).__name__)
        raise InvalidInput(f"its input '{self.name}' wants {self.port.name}, and got {arrived}.")


class _ParamFit(NamedTuple):
    """Checks a value that a link gives to a parameter."""

    spec: ParamSpec

    @property
    def takes_lists(self) -> bool:
        return self.spec.many

    def __call__(self, value: object) -> ParamValue:
        if self.spec.many and not isinstance(value, list):
            value = [value]
        try:
            return self.spec.check(value)
        except ValueError as error:
            raise InvalidInput(f"its parameter '{self.spec.name}' {error}.") from None


def _blank_ports(type: NodeType) -> dict[str, None]:
    """Ports that a node may find unlinked, and for which its class gives no default."""
    known = _blanks.get(type)
    if known is not None:
        return known
    blanks = {name: None for name in type.inputs if not hasattr(type.node, name)}
    return _blanks.put(type, blanks)


def outputs_of(type: NodeType, answer: object) -> Outputs:
    """What `run` returned, by output port.  Raises InvalidInput if it is not what was declared."""
    names = type.outputs
    if isinstance(answer, tuple) and names.keys() == set(getattr(answer, "_fields", ())):
        return dict(zip(answer._fields, answer, strict=True))  # type: ignore[attr-defined]
    if len(names) == 1 and SINGLE_OUTPUT in names:
        return {SINGLE_OUTPUT: answer}
    if not names and answer is None:
        return {}
    raise InvalidInput(
        f"it returned {answer.__class__.__name__} where its declaration says "
        f"{', '.join(names) or 'nothing'}."
    )


def gathered(type: NodeType, answers: list[Outputs]) -> Outputs:
    """The outputs of a mapped node: a list on each port; lists are joined, never nested."""
    result: dict[str, object] = {}
    for name, port in type.outputs.items():
        values = [answer[name] for answer in answers]
        if port.many:
            values = [item for value in values if isinstance(value, list) for item in value]
        result[name] = values
    return result
