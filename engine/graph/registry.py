"""The node types that are installed, gathered from packs; one broken pack breaks no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Final, TypeAlias

from engine.errors import ReelwrightError
from engine.graph.names import closest
from engine.graph.node import Node, NodeType, declare
from engine.graph.problems import Problem

ENTRY_POINTS: Final = "reelwright.nodes"

NodeClasses: TypeAlias = Sequence[type[Node]]


@dataclass(frozen=True)
class NodePack:
    """A named set of node classes, or a function that imports and returns them.

    An entry point of the group 'reelwright.nodes' names an object of this class.
    """

    name: str
    version: str
    nodes: NodeClasses | Callable[[], NodeClasses]


class Registry:
    """Node types by name.  Immutable once made; what could not be loaded is in `problems`."""

    def __init__(self, packs: Iterable[NodePack], problems: Iterable[Problem] = ()) -> None:
        self._types: dict[str, NodeType] = {}
        self._pack_of: dict[str, str] = {}
        self._problems = list(problems)
        self._packs: dict[str, str] = {}
        for pack in packs:
            self._add_pack(pack)

    @classmethod
    def of(cls, *nodes: type[Node]) -> Registry:
        """A registry of exactly these nodes.  Raises ReelwrightError if one is faulty."""
        registry = cls([NodePack("these nodes", "0", nodes)])
        for problem in registry.problems:
            raise ReelwrightError(problem.message, remedy=problem.remedy)
        return registry

    def get(self, type: str) -> NodeType | None:
        """The node type of this name, or None if it is not installed."""
        return self._types.get(type)

    def types(self) -> tuple[NodeType, ...]:
        """All node types, sorted by name."""
        return tuple(self._types[name] for name in sorted(self._types))

    @property
    def packs(self) -> Mapping[str, str]:
        """The versions of the packs that were loaded, by name."""
        return self._packs

    def pack_of(self, type: str) -> str | None:
        """The name of the pack that a node type came from."""
        return self._pack_of.get(type)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What could not be loaded, and why."""
        return tuple(self._problems)

    def suggest(self, type: str) -> str | None:
        """The installed type that `type` was probably meant to be, or None."""
        return closest(type, self._types)

    def _add_pack(self, pack: NodePack) -> None:
        try:
            nodes = list(pack.nodes() if callable(pack.nodes) else pack.nodes)
        except Exception as error:  # noqa: BLE001 - a pack is foreign code: it may raise anything
            self._problems.append(_pack_failed(pack.name, error))
            return
        self._packs[pack.name] = pack.version
        for node in nodes:
            self._add_node(node, pack.name)

    def _add_node(self, node: type[Node], pack: str) -> None:
        try:
            declared = declare(node)  # type: ignore[arg-type]  # mypy reads the class as an instance
        except Exception as error:  # noqa: BLE001 - so may its annotations
            name = getattr(node, "__qualname__", repr(node))
            message = f"The node class {name} of the pack '{pack}' is faulty: {_reason(error)}"
            self._problems.append(Problem(message, "Correct its declaration.", node=name))
            return
        first = self._pack_of.setdefault(declared.type, pack)
        if declared.type in self._types:
            message = f"Two nodes are called '{declared.type}': of '{first}' and of '{pack}'."
            remedy = "The first one is used; rename the other, or remove its pack."
            self._problems.append(Problem(message, remedy, node=declared.type))
            return
        self._types[declared.type] = declared


@cache
def installed_registry() -> Registry:
    """The node types of all installed packs; loaded once in a process."""
    packs: list[NodePack] = []
    problems: list[Problem] = []
    for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name):
        found = _load(entry)
        (packs if isinstance(found, NodePack) else problems).append(found)  # type: ignore[arg-type]
    return Registry(packs, problems)


def _load(entry: EntryPoint) -> NodePack | Problem:
    try:
        pack = entry.load()
    except Exception as error:  # noqa: BLE001 - importing foreign code may raise anything
        return _pack_failed(entry.name, error)
    if isinstance(pack, NodePack):
        return pack
    message = f"The node pack '{entry.name}' gives {entry.value}, which is no NodePack."
    return Problem(message, "Its entry point must name one.")


def _pack_failed(name: str, error: Exception) -> Problem:
    message = f"The node pack '{name}' could not be loaded: {_reason(error)}"
    return Problem(message, "Its nodes are missing until it is repaired or removed.")


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split()) or "no reason given"
    kind = "" if isinstance(error, ReelwrightError) else f"{type(error).__name__}: "
    return f"{kind}{text.rstrip('.')}."
