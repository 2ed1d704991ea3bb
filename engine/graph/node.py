"""A node is declared once, as a class; everything else is derived from the declaration.

    class Resize(Node, type="image.resize", version=1, category="Image"):
        '''Scale a picture to a given size.'''

        image: In[Image]
        width: int = Param(512, ge=16, le=8192, unit="px", help="Width of the result.")

        def run(self, ctx: Context) -> Image: ...

Several outputs are a NamedTuple; an input that may stay open is `In[T | None] = None`.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar, TypeAlias, get_args, get_origin, get_type_hints

from typing_extensions import dataclass_transform

from engine.errors import ReelwrightError
from engine.graph.context import Context
from engine.graph.params import Param, ParamOptions, ParamSpec, ParamValue, param_spec
from engine.graph.ports import INPUT, PortType, port_type

SINGLE_OUTPUT = "result"
NodeClass: TypeAlias = "type[Node]"


@dataclass(frozen=True)
class NodeType:
    """Everything that is known of a node type without running it."""

    type: str
    version: int
    category: str
    title: str
    doc: str
    node: NodeClass
    inputs: Mapping[str, PortType]
    params: Mapping[str, ParamSpec]
    outputs: Mapping[str, PortType]
    aliases: tuple[str, ...]
    output: bool
    cached: bool


@dataclass_transform(field_specifiers=(Param,))
class Node:
    """Base of all nodes.  An instance exists only once its links are resolved.

    Class options: `type` (dotted, unique), `version`, `category`, `aliases` (further words for
    the search), `output` (its result is what users want: it runs even if nothing leans on it),
    `cached` (false: run every time, the result depends on more than its identity says).
    """

    options: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(
        cls,
        *,
        type: str = "",
        version: int = 1,
        category: str = "",
        aliases: tuple[str, ...] = (),
        output: bool = False,
        cached: bool = True,
    ) -> None:
        super().__init_subclass__()
        if type:
            cls.options = dict(type=type, version=version, category=category, aliases=aliases)
            cls.options |= dict(output=output, cached=cached)

    def __init__(self, **fields: object) -> None:
        self.__dict__.update(fields)

    def run(self, ctx: Context) -> object:
        """Do the work and return the output, or a NamedTuple of outputs."""
        raise NotImplementedError

    @classmethod
    def content(cls, params: Mapping[str, ParamValue]) -> str:
        """Digest of what the parameters name outside the document (weights, say), or ''.

        Files named by parameters with the widget 'open-file' are digested by the runner.
        """
        return ""

    @classmethod
    def needs(cls, params: Mapping[str, ParamValue]) -> Collection[str] | None:
        """The input ports that these parameters make use of, or None for all of them.

        `params` holds only parameters that no link feeds.  What only an unneeded port leans on
        is not run.
        """
        return None


@cache
def declare(cls: type[Node]) -> NodeType:
    """Derive a NodeType from a node class.  Raises ReelwrightError for a faulty declaration."""
    if not cls.options:
        raise ReelwrightError(f"{cls.__qualname__} gives no node type in its class statement.")
    hints = get_type_hints(cls, include_extras=True)
    inputs: dict[str, PortType] = {}
    params: dict[str, ParamSpec] = {}
    for name, annotation in hints.items():
        declared = getattr(cls, name, None)
        if get_origin(annotation) is Annotated and INPUT in get_args(annotation)[1:]:
            inputs[name] = port_type(get_args(annotation)[0])
        elif isinstance(declared, ParamOptions):
            params[name] = param_spec(name, annotation, declared)
    doc = inspect.cleandoc(cls.__doc__ or "")
    return NodeType(
        node=cls,
        title=_spaced(cls.__name__),
        doc=doc,
        inputs=inputs,
        params=params,
        outputs=_outputs(cls),
        **cls.options,
    )


def _outputs(cls: type[Node]) -> dict[str, PortType]:
    answer = get_type_hints(cls.run).get("return")
    if answer is None or answer is type(None):
        return {}
    if isinstance(answer, type) and issubclass(answer, tuple) and hasattr(answer, "_fields"):
        return {name: port_type(hint) for name, hint in get_type_hints(answer).items()}
    return {SINGLE_OUTPUT: port_type(answer)}


def _spaced(name: str) -> str:
    """'SampleVideo' as a title: 'Sample video'."""
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()
    return words[:1].upper() + words[1:]
