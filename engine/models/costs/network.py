"""A network as a list of what it multiplies: its FLOPs and the number of its weights follow.

A multiplication and an addition are two FLOPs.  What is no multiplication of matrices (norms,
activations, rotations) counts as nothing, as in PyTorch's FlopCounterMode and in everybody's MFU.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Linear:
    """A matrix of weights that is applied to `rows` rows; a convolution without overlap is one."""

    inputs: int
    outputs: int
    rows: int
    bias: bool = True

    @property
    def flops(self) -> int:
        return 2 * self.inputs * self.outputs * self.rows

    @property
    def weights(self) -> int:
        return (self.inputs + self.bias) * self.outputs


@dataclass(frozen=True)
class Attention:
    """Scores and their weighted sum, over all heads of together `width` channels."""

    queries: int
    keys: int
    width: int
    weights: int = 0

    @property
    def flops(self) -> int:
        return 4 * self.queries * self.keys * self.width


@dataclass(frozen=True)
class Table:
    """Weights that no matrix is multiplied with: norms, embeddings, places."""

    weights: int
    flops: int = 0


Layer: TypeAlias = Linear | Attention | Table
Layers: TypeAlias = tuple[Layer, ...]


@dataclass(frozen=True)
class Stack:
    """`times` blocks of the same layers."""

    times: int
    layers: Layers


@dataclass(frozen=True)
class Network:
    """Stacks of blocks, and the layers before and behind them.

    A denoiser has tokens of `width` channels, each of `side` latent pixels both ways.
    """

    layers: Layers
    stacks: tuple[Stack, ...]
    tokens: int = 0
    width: int = 0
    side: int = 1

    @property
    def flops(self) -> int:
        """FLOPs of one pass."""
        blocks = sum(stack.times * _sum(stack.layers, "flops") for stack in self.stacks)
        return _sum(self.layers, "flops") + blocks

    @property
    def weights(self) -> int:
        """Number of weights."""
        return _sum(self.layers, "weights") + sum(self._blocks)

    def share_in_blocks(self, held: int) -> float:
        """The share of the weights that is on the device while `held` blocks are."""
        blocks = self._blocks
        rest = sum(blocks) - held * max(blocks, default=0)
        return 1 - max(rest, 0) / max(self.weights, 1)

    @property
    def _blocks(self) -> list[int]:
        """The weights of every block."""
        return [_sum(stack.layers, "weights") for stack in self.stacks for _ in range(stack.times)]


class Settings:
    """A network's settings by name; numbers that are not said are its class's own."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def __call__(self, name: str, default: int = 0) -> int:
        """A whole number."""
        value = self._values.get(name)
        return int(value) if isinstance(value, int | float) else default

    def all(self, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
        """Whole numbers."""
        value = self._values.get(name)
        return tuple(int(each) for each in value) if isinstance(value, list | tuple) else default


def attended(
    width: int,
    rows: int,
    keys: int | None = None,
    *,
    inner: int | None = None,
    of: int | None = None,
    bias: bool = True,
    norms: int | None = None,
) -> Layers:
    """Attention with its four projections: of a sequence to itself, or to `keys` others.

    `width` are the channels that ask, `of` those that are asked, `inner` those of the heads;
    `norms` the weights that normalise queries and keys, those of the heads' channels where not
    said.
    """
    inner = width if inner is None else inner
    asked = rows if keys is None else keys
    return (
        Linear(width, inner, rows, bias),
        Linear(of or width, inner, asked, bias),
        Linear(of or width, inner, asked, bias),
        Attention(rows, asked, inner),
        Linear(inner, width, rows, bias),
        Table(2 * inner if norms is None else norms),
    )


def feed_forward(
    width: int, hidden: int, rows: int, *, gated: bool = False, bias: bool = True
) -> Layers:
    """Wider, and narrow again."""
    wide = Linear(width, hidden * (2 if gated else 1), rows, bias)
    return (wide, Linear(hidden, width, rows, bias))


def perceptron(inputs: int, width: int, rows: int) -> Layers:
    """Two layers to a width: how levels of noise and sentences are read."""
    return (Linear(inputs, width, rows), Linear(width, width, rows))


def _sum(layers: Iterable[Layer], what: str) -> int:
    return sum(getattr(layer, what) for layer in layers)
