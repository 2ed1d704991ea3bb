"""Small nodes and graphs for the tests of the runner."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.errors import BlockedByPolicy, InvalidInput
from engine.graph.context import Context
from engine.graph.document import Document, Link, NodeSpec
from engine.graph.node import Node
from engine.graph.params import Param, ParamValue
from engine.graph.ports import In
from engine.graph.registry import Registry
from engine.run.events import Event, NodeChanged
from engine.values import Artifact, Image

RAN: list[str] = []
"""The nodes that ran, in order; emptied before each test."""

DICE: list[int] = []
"""What the next throws will give."""


class FakeClock:
    """A clock that goes on only when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


CLOCK = FakeClock()


class Number(Node, type="toy.number", version=1, category="Toys"):
    """A number; `seconds` is how long it takes, by the fake clock, and changes nothing."""

    value: int = Param(0)
    seconds: float = Param(0.0, matters=False)

    def run(self, ctx: Context) -> int:
        RAN.append(ctx.node)
        CLOCK.now += self.seconds
        return self.value


class Numbers(Node, type="toy.numbers", version=1, category="Toys"):
    """Several numbers."""

    values: list[int] = Param([1, 2, 3])

    def run(self, ctx: Context) -> list[int]:
        RAN.append(ctx.node)
        return self.values


class Add(Node, type="toy.add", version=1, category="Toys"):
    """The sum of two numbers and an amount that must not be large."""

    a: In[int]
    b: In[int | None] = None
    amount: int = Param(0, le=100)

    def run(self, ctx: Context) -> int:
        RAN.append(ctx.node)
        return self.a + (self.b or 0) + self.amount


class Halve(Node, type="toy.halve", version=1, category="Toys"):
    """Half a number, and whether something is left over."""

    class Halves(NamedTuple):
        half: float
        odd: bool

    value: In[float]

    def run(self, ctx: Context) -> Halve.Halves:
        RAN.append(ctx.node)
        assert type(self.value) is float
        return Halve.Halves(self.value / 2, self.value % 2 == 1)


class Total(Node, type="toy.total", version=1, category="Toys"):
    """The sum of a list."""

    values: In[list[int]]

    def run(self, ctx: Context) -> int:
        RAN.append(ctx.node)
        assert type(self.values) is list
        return sum(self.values)


class Twice(Node, type="toy.twice", version=1, category="Toys"):
    """A list of a number and its successor."""

    value: In[int]

    def run(self, ctx: Context) -> list[int]:
        RAN.append(ctx.node)
        return [self.value, self.value + 1]


class Either(Node, type="toy.either", version=1, category="Toys"):
    """One of two numbers; what feeds the other is not run."""

    left: In[int]
    right: In[int]
    take_left: bool = Param(True)
    bonus: int = Param(0)

    def run(self, ctx: Context) -> int:
        RAN.append(ctx.node)
        return (self.left if self.take_left else self.right) + self.bonus

    @classmethod
    def needs(cls, params: Mapping[str, ParamValue]) -> Collection[str] | None:
        if "take_left" not in params:
            return None
        return ["left" if params["take_left"] else "right"]


class Throw(Node, type="toy.throw", version=1, category="Toys", cached=False):
    """A number that its identity does not tell."""

    def run(self, ctx: Context) -> int:
        RAN.append(ctx.node)
        return DICE.pop(0)


class Fail(Node, type="toy.fail", version=1, category="Toys"):
    """Raises, in one of several ways, for numbers from `least` on."""

    value: In[int]
    how: str = Param("surprise")
    least: int = Param(0)

    def run(self, ctx: Context) -> int:
        RAN.append(ctx.node)
        if self.value < self.least:
            return self.value
        raise {
            "surprise": KeyError("a word"),
            "wanted": InvalidInput("the width is odd.", remedy="Make it even."),
            "policy": BlockedByPolicy("This is forbidden."),
            "memory": MemoryError(),
            "disk": OSError(28, "No space left on device", "/there"),
        }[self.how]


class Open(Node, type="toy.open", version=1, category="Toys"):
    """A file's text."""

    path: str = Param("", widget="open-file")

    def run(self, ctx: Context) -> str:
        RAN.append(ctx.node)
        return Path(self.path).read_text("utf-8")


class Path_(Node, type="toy.path", version=1, category="Toys"):
    """A path, to be linked to whoever opens it."""

    path: str = Param("")

    def run(self, ctx: Context) -> str:
        return self.path


class Weights(Node, type="toy.weights", version=1, category="Toys"):
    """A node whose result depends on something outside of the document."""

    name: str = Param("small")
    outside = {"small": "1"}  # noqa: RUF012 - changed by tests

    def run(self, ctx: Context) -> str:
        RAN.append(ctx.node)
        return self.outside[self.name]

    @classmethod
    def content(cls, params: Mapping[str, ParamValue]) -> str:
        if params["name"] not in cls.outside:
            raise InvalidInput("there are no such weights.", remedy="Pull them.")
        return cls.outside[str(params["name"])]


class Write(Node, type="toy.write", version=1, category="Toys", output=True):
    """A file with a number in it."""

    value: In[int]

    def run(self, ctx: Context) -> Artifact:
        RAN.append(ctx.node)
        ctx.output.mkdir(parents=True, exist_ok=True)
        path = ctx.output / f"{ctx.node}-{self.value}.txt"
        path.write_text(str(self.value))
        return Artifact(path, "frames", hashlib.sha256(path.read_bytes()).hexdigest())


class Count(Node, type="toy.count", version=1, category="Toys"):
    """Counts to a number, reporting, previewing, noting, and looking at the clock."""

    to: int = Param(10)
    seconds: float = Param(0.0, help="Seconds between two numbers, by the fake clock.")

    def run(self, ctx: Context) -> int:
        RAN.append(ctx.node)
        for done in range(1, self.to + 1):
            CLOCK.now += self.seconds
            ctx.progress(done, self.to)
            ctx.preview(lambda: Image(np.zeros((4, 4, 3), np.uint8)))
        ctx.note("Counted.")
        return self.to


class Lie(Node, type="toy.lie", version=1, category="Toys"):
    """Declares a pair, returns a word."""

    def run(self, ctx: Context) -> Halve.Halves:
        return "no pair"  # type: ignore[return-value]


TOYS = (
    Number, Numbers, Add, Halve, Total, Twice, Either, Throw, Fail, Open, Path_, Weights, Write,
    Count, Lie,
)  # fmt: skip
REGISTRY = Registry.of(*TOYS)

Params = Mapping[str, ParamValue]


def graph(nodes: Mapping[str, str | tuple[str, Params]], *links: str) -> Document:
    """A document: nodes as 'type' or ('type', params), links as 'id.output > id.input'."""
    specs = {}
    for id, node in nodes.items():
        type, params = (node, {}) if isinstance(node, str) else node
        specs[id] = NodeSpec(type=f"toy.{type}", version=1, params=params)
    return Document(nodes=specs, links=tuple(_links(links)))


def _links(links: Collection[str]) -> Iterator[Link]:
    for link in links:
        source, target = (end.strip() for end in link.split(">"))
        (id, output), (to, input) = _end(source, "result"), _end(target, "value")
        yield Link(source=(id, output), target=(to, input))


def _end(text: str, default: str) -> tuple[str, str]:
    id, _, port = text.partition(".")
    return id, port or default


def states(events: list[Event]) -> list[str]:
    """'id state' of each change, in order, the starts left out."""
    changes = [event for event in events if isinstance(event, NodeChanged)]
    return [f"{e.node} {e.state}" for e in changes if e.state != "started"]
