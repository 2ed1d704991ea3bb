"""A node pack that computes next to nothing: what the command line is tested with."""

from __future__ import annotations

import hashlib
import os
import signal
import warnings
from typing import Literal

from engine.errors import BlockedByPolicy, InvalidInput
from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param
from engine.graph.ports import In
from engine.graph.registry import NodePack
from engine.values import Artifact, Latent, VideoModel


class Count(Node, type="toy.count", version=2, category="Toys"):
    """Give a number.  It has no second sentence worth listing.

    But a second paragraph.
    """

    value: int = Param(1, ge=0, le=100, unit="toys", help="How many.")

    def run(self, ctx: Context) -> int:
        return self.value

    @staticmethod
    def from_v1(params: dict[str, object]) -> dict[str, object]:
        return {"value": params.get("number", 1)}


class Add(Node, type="toy.add", category="Toys"):
    """Add two numbers."""

    first: In[int]
    second: In[int | None] = None

    def run(self, ctx: Context) -> int:
        return self.first + (self.second or 0)


class Say(Node, type="toy.say", category="Words"):
    """Say something, and tell the user about words it does not know."""

    text: str = Param("hello", max_length=40)
    loud: bool = Param(False)
    tone: Literal["kind", "cross"] = Param("kind")

    def run(self, ctx: Context) -> str:
        if "zebra" in self.text:
            ctx.note("The word 'zebra' is not known and is left out.")
        return self.text.upper() if self.loud else self.text


class Write(Node, type="toy.write", category="Words", output=True):
    """Write words to a file."""

    words: In[str]
    name: str = Param("words.txt")

    def run(self, ctx: Context) -> Artifact:
        ctx.output.mkdir(parents=True, exist_ok=True)
        path = ctx.output / self.name
        path.write_text(self.words)
        return Artifact(path, "video", hashlib.sha256(path.read_bytes()).hexdigest(), signed=True)


class Break(Node, type="toy.break", category="Trouble", cached=False):
    """Fail, in the way that is asked for."""

    how: Literal["by surprise", "politely", "by policy", "its promise to be quiet"] = Param(
        "by surprise"
    )

    def run(self, ctx: Context) -> int:
        if self.how == "its promise to be quiet":
            warnings.warn("This toy is old.", stacklevel=1)
            return 0
        if self.how == "by policy":
            raise BlockedByPolicy("The word 'x' is forbidden here.", remedy="Use another.")
        if self.how == "politely":
            raise InvalidInput("The toy is too small.", remedy="Take a larger one.")
        raise ZeroDivisionError("a toy broke")


class Steps(Node, type="toy.steps", category="Trouble", cached=False):
    """Take many steps; sends its own process a signal after some, as a user would.

    A stubborn one never looks whether it was cancelled, as a long call into a library does not,
    and the user loses patience.
    """

    steps: int = Param(50, ge=1, le=10_000_000)
    interrupt_after: int = Param(0, ge=0, le=1000)
    signal: Literal["SIGINT", "SIGTERM"] = Param("SIGINT")
    stubborn: bool = Param(False)

    def run(self, ctx: Context) -> int:
        number = signal.Signals[self.signal]
        for step in range(1, self.steps + 1):
            ctx.progress(step, self.steps)
            if step == self.interrupt_after:
                os.kill(os.getpid(), number)
                while self.stubborn:
                    os.kill(os.getpid(), number)
        return self.steps


class Model(Node, type="toy.model", category="Models"):
    """Name a model."""

    model: str = Param("big")

    def run(self, ctx: Context) -> VideoModel:
        return VideoModel("toy", self.model, "")


class Sample(Node, type="toy.sample", category="Models"):
    """Would sample, if it were no toy."""

    model: In[VideoModel]
    width: int = Param(0, ge=0)
    height: int = Param(0, ge=0)
    frames: int = Param(0, ge=0)
    steps: int = Param(0, ge=0)
    guidance: float = Param(0.0, ge=0)

    def run(self, ctx: Context) -> Latent:
        raise NotImplementedError


PACK = NodePack("toys", "1.0", (Count, Add, Say, Write, Break, Steps, Model, Sample))
