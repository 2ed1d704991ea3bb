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
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Annotated, Any, ClassVar, Final, TypeAlias, get_args, get_origin, get_type_hints

from typing_extensions import dataclass_transform

from engine.errors import ReelwrightError
from engine.graph.context import Context
from engine.graph.params import Param, ParamOptions, ParamSpec, ParamValue, param_spec
from engine.graph.ports import INPUT, PortType, port_type

SINGLE_OUTPUT: Final = "result"

TYPE_NAME: Final = re.compile(r"(?!subgraph\.)[a-z0-9_]+(\.[a-z0-9_]+)+")

RESERVED: Final = frozenset({"run", "content", "needs", "options"})
"""Names of the base class that no field may take."""

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

    @cached_property
    def defaults(self) -> Mapping[str, ParamValue]:
        """The value of each parameter as long as nobody sets it."""
        return {name: param.default for name, param in self.params.items()}

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The inputs that must be linked."""
        return tuple(name for name, port in self.inputs.items() if not port.optional)


@dataclass(frozen=True)
class NodeOptions:
    """What a node class says in its class statement; see `Node`."""

    type: str
    version: int = 1
    category: str = ""
    aliases: tuple[str, ...] = ()
    output: bool = False
    cached: bool = True


@dataclass_transform(kw_only_default=True, field_specifiers=(Param,))
class Node:
    """Base of all nodes.  An instance exists only once its links are resolved.

    Class options: `type` (dotted, unique), `version`, `category`, `aliases` (further words for
    the search), `output` (its result is what users want: it runs even if nothing leans on it),
    `cached` (false: run every time, the result depends on more than its identity says).  A class
    without a `type` is a base for others.
    """

    options: ClassVar[NodeOptions | None] = None

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
        cls.options = (
            NodeOptions(type, version, category, aliases, output, cached) if type else None
        )

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
    options = _checked_options(cls)
    inputs: dict[str, PortType] = {}
    params: dict[str, ParamSpec] = {}
    for name, annotation in _hints(cls).items():
        declared = getattr(cls, name, None)
        if get_origin(annotation) is ClassVar:
            continue
        if name in RESERVED or name.startswith("_"):
            raise ReelwrightError(f"A field cannot be called '{name}'.")
        if get_origin(annotation) is Annotated and INPUT in get_args(annotation)[1:]:
            inputs[name] = _input(name, get_args(annotation)[0], declared)
        elif isinstance(declared, ParamOptions):
            params[name] = param_spec(name, annotation, declared)
        else:
            raise ReelwrightError(f"Field '{name}' is neither In[...] nor given a Param(...).")
    return NodeType(
        node=cls,
        title=_spaced(cls.__name__),
        doc=inspect.cleandoc(cls.__doc__ or ""),
        inputs=inputs,
        params=params,
        outputs=_outputs(cls),
        type=options.type,
        version=options.version,
        category=options.category,
        aliases=options.aliases,
        output=options.output,
        cached=options.cached,
    )


def _checked_options(cls: type[Node]) -> NodeOptions:
    options = cls.options
    if options is None:
        raise ReelwrightError(f"{cls.__qualname__} gives no node type in its class statement.")
    if not TYPE_NAME.fullmatch(options.type):
        raise ReelwrightError(f"'{options.type}' is no node type; write it like 'image.resize'.")
    if options.version < 1:
        raise ReelwrightError(f"The version of '{options.type}' must be at least 1.")
    return options


def _hints(of: object) -> dict[str, Any]:
    """Resolved annotations.  Raises ReelwrightError for a name that does not exist at run time."""
    try:
        return get_type_hints(of, include_extras=True)
    except NameError as error:
        what = f"An annotation cannot be resolved: {error}."
        raise ReelwrightError(what, remedy="Import it outside of TYPE_CHECKING.") from None


def _input(name: str, annotation: object, default: object) -> PortType:
    port = port_type(annotation)
    if default is not None:
        raise ReelwrightError(f"Input '{name}' cannot have a default; only a parameter can.")
    return port


def _outputs(cls: type[Node]) -> dict[str, PortType]:
    hints = _hints(cls.run)
    if "return" not in hints:
        raise ReelwrightError("run() does not say what it returns; if nothing, write '-> None'.")
    answer = hints["return"]
    if answer is type(None):
        return {}
    if isinstance(answer, type) and issubclass(answer, tuple) and hasattr(answer, "_fields"):
        return {name: port_type(hint) for name, hint in _hints(answer).items()}
    return {SINGLE_OUTPUT: port_type(answer)}


def _spaced(name: str) -> str:
    """'SampleVideo' as a title: 'Sample video'."""
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()
    return words[:1].upper() + words[1:]
