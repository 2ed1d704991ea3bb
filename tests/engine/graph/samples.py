"""Small nodes and documents that the tests of the graph are written with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from engine.graph.context import Context
from engine.graph.document import Document, Link, Mode, NodeSpec, Subgraph
from engine.graph.node import Node
from engine.graph.params import Param, ParamValue
from engine.graph.ports import In
from engine.graph.registry import Registry
from engine.values import Audio, Clip, Image


class GiveNumber(Node, type="test.number", category="Test"):
    """Give a number."""

    value: float = Param(0.0, ge=-1000, le=1000, unit="units", help="The number.")

    def run(self, ctx: Context) -> float:
        return self.value


class GiveInteger(Node, type="test.integer", category="Test"):
    """Give a whole number."""

    value: int = Param(0)

    def run(self, ctx: Context) -> int:
        return self.value


class AddNumbers(Node, type="test.add", category="Test"):
    """Add two numbers, of which one may be missing."""

    first: In[float]
    second: In[float | None] = None
    factor: float = Param(1.0)

    def run(self, ctx: Context) -> float:
        return self.factor * (self.first + (self.second or 0.0))


class PaintImage(Node, type="test.paint", category="Test"):
    """Paint a picture."""

    width: int = Param(512, ge=16, le=8192, unit="px", help="Width of the picture.")
    color: Literal["red", "green", "blue"] = Param("red")
    layers: list[str] = Param(["sky"], max_length=20)

    def run(self, ctx: Context) -> Image: ...


class BlurImage(Node, type="test.blur", category="Test"):
    """Soften a picture, where a mask lets it."""

    mask: In[Image | None] = None
    image: In[Image]
    sharp: bool = Param(False)

    def run(self, ctx: Context) -> Image: ...


class FilmImage(Node, type="test.film", category="Test"):
    """Make a clip of a picture."""

    image: In[Image]
    seconds: float = Param(1.0, ge=0.1, unit="s")

    def run(self, ctx: Context) -> Clip: ...


class StackImages(Node, type="test.stack", category="Test"):
    """Lay pictures over each other."""

    images: In[list[Image]]

    def run(self, ctx: Context) -> Image: ...


class Halves(NamedTuple):
    """The two parts of a clip."""

    picture: Clip
    sound: Audio


class SplitClip(Node, type="test.split", category="Test"):
    """Take a clip apart."""

    clip: In[Clip]

    def run(self, ctx: Context) -> Halves: ...


class PassAnything(Node, type="test.pass", category="Test"):
    """Give on what comes in."""

    value: In[object]

    def run(self, ctx: Context) -> object:
        return self.value


class SaveAny(Node, type="test.save", category="Test", output=True):
    """Write a picture or a clip."""

    what: In[Image | Clip]
    name: str = Param("out", matters=False)

    def run(self, ctx: Context) -> None: ...


class GrowOld(Node, type="test.old", version=4, category="Test"):
    """A node that has seen three versions go by."""

    width: int = Param(1)
    height: int = Param(1)

    def run(self, ctx: Context) -> int:
        return self.width * self.height

    @staticmethod
    def from_v1(params: dict[str, ParamValue]) -> dict[str, ParamValue]:
        return {"size": params["s"]}

    @staticmethod
    def from_v3(params: dict[str, ParamValue]) -> dict[str, ParamValue]:
        return {"width": params["size"], "height": params["size"]}


NODES = (
    GiveNumber,
    GiveInteger,
    AddNumbers,
    PaintImage,
    BlurImage,
    FilmImage,
    StackImages,
    SplitClip,
    PassAnything,
    SaveAny,
    GrowOld,
)
REGISTRY = Registry.of(*NODES)


def node(type: str, mode: Mode = "on", version: int = 1, **params: ParamValue) -> NodeSpec:
    """A node of the type 'test.<type>', or of a type with a '/' or '.' as it is."""
    full = type if "/" in type or "." in type else f"test.{type}"
    return NodeSpec(type=full, version=version, params=params, mode=mode)


def links(*pairs: str) -> tuple[Link, ...]:
    """Links written as 'a.result -> b.image'; 'a -> b.image' takes the output 'result'."""
    made = []
    for pair in pairs:
        start, end = (part.strip() for part in pair.split("->"))
        source, _, output = start.partition(".")
        target, _, port = end.partition(".")
        made.append(Link(source=(source, output or "result"), target=(target, port)))
    return tuple(made)


def graph(nodes: Mapping[str, NodeSpec], *pairs: str, **rest: object) -> Document:
    """A document of these nodes and links; `rest` are further fields of it."""
    return Document(nodes=nodes, links=links(*pairs), **rest)  # type: ignore[arg-type]


def definition(nodes: Mapping[str, NodeSpec], *pairs: str, **rest: object) -> Subgraph:
    """A subgraph's definition, written like a graph."""
    return Subgraph(nodes=nodes, links=links(*pairs), **rest)  # type: ignore[arg-type]
