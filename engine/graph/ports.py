"""Port types, and the one rule that says which output may feed which input.

An output of type S may feed an input of type T when T accepts anything, when S is T or a
subclass of it, when S is `int` and T is `float`, or when T is a union with such a member.
A list of S on a port for a single T runs the node once for each element; a single S on a port
for a list of T arrives as a list of one.
"""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar, Union, get_args, get_origin

from engine.errors import ReelwrightError

T = TypeVar("T")


class InputMark:
    """Marks the annotation of an input port; `In[Clip]` reads as `Clip` to a type checker."""


INPUT: Final = InputMark()
In = Annotated[T, INPUT]

READABLE_NAMES: Final = {"str": "Text", "int": "Integer", "float": "Number", "bool": "Switch"}


@dataclass(frozen=True)
class PortType:
    """What a port carries: one of `members` (empty: anything), perhaps a list, perhaps nothing."""

    members: tuple[type, ...]
    many: bool = False
    optional: bool = False

    @property
    def name(self) -> str:
        """How people read it: 'Clip', 'Image | Clip', 'list of Number', 'Anything'."""
        names = " | ".join(READABLE_NAMES.get(m.__name__, m.__name__) for m in self.members)
        return f"list of {names or 'Anything'}" if self.many else names or "Anything"

    def accepts(self, source: PortType) -> bool:
        """Whether an output of type `source` may feed this input (see the module's rule)."""
        if self.members == source.members or not self.members or not source.members:
            return True
        return all(any(_fits(s, t) for t in self.members) for s in source.members)


def _fits(source: type, target: type) -> bool:
    return issubclass(source, target) or (source is int and target is float)


def port_type(annotation: object) -> PortType:
    """Read a PortType from a resolved annotation such as `Clip`, `list[Image]` or `Clip | None`.

    Raises ReelwrightError for an annotation that no port can carry.
    """
    if annotation is Any or annotation is object:
        return PortType(members=())
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        arms = [port_type(arm) for arm in get_args(annotation) if arm is not type(None)]
        if len({arm.many for arm in arms}) != 1:
            raise ReelwrightError(f"A port cannot mix lists and single values: {annotation}.")
        members = tuple(member for arm in arms for member in arm.members)
        return PortType(members, arms[0].many, optional=type(None) in get_args(annotation))
    if origin is list:
        inner = port_type(get_args(annotation)[0])
        return PortType(inner.members, many=True)
    if isinstance(annotation, type) and annotation is not list:
        return PortType((annotation,))
    raise ReelwrightError(f"A port cannot carry {annotation!r}.")
