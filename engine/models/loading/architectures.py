"""Known architectures as data (`assets/architectures.toml`): what a single file holds.

A single file brings weights and no settings.  Which model it is shows in the shapes of a few of its
weights; the settings are then those that the published model has.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

Shapes = Mapping[str, tuple[int, ...]]


class Published(BaseModel):
    """One component of a published model: its class, and the settings that it is published with.

    `decoding` are a VAE's FLOPs for each pixel of the first frame, and of each later one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    part: str
    kind: str
    config: dict[str, object] = {}
    decoding: tuple[int, int] | None = None


class Architecture(Published):
    """One by which the weights of a file are recognised."""

    model: str
    also: tuple[str, ...] = ()
    marks: dict[str, tuple[int, ...]]
    lacks: tuple[str, ...] = ()

    def fits(self, shapes: Shapes) -> bool:
        """Whether weights of these shapes are this component's."""
        marked = all(
            any(shapes.get(name) == shape for name in names.split("|"))
            for names, shape in self.marks.items()
        )
        return marked and not any(name.startswith(self.lacks) for name in shapes if self.lacks)


class Shared(Published):
    """One of several models, by which no file is recognised."""

    models: tuple[str, ...]


@lru_cache(maxsize=1)
def architectures() -> tuple[Architecture, ...]:
    """All by which a file is recognised."""
    return tuple(Architecture.model_validate(each) for each in _data()["architecture"])


@lru_cache(maxsize=64)
def published(model: str) -> Mapping[str, Published]:
    """The components of a model of the catalog by name, as far as they are known."""
    found: list[Published] = [each for each in architectures() if model in (each.model, *each.also)]
    found += [each for each in _shared() if model in each.models]  # the newer of two revisions
    return {each.part: each for each in found}


@lru_cache(maxsize=1)
def _shared() -> tuple[Shared, ...]:
    return tuple(Shared.model_validate(each) for each in _data()["component"])


@lru_cache(maxsize=1)
def _data() -> dict[str, list[dict[str, object]]]:
    return tomllib.loads(files("assets").joinpath("architectures.toml").read_text("utf-8"))


def recognise(shapes: Shapes, part: str) -> Architecture | None:
    """Which architecture a component's weights have, None if none that is known."""
    return next((each for each in _of(part) if each.fits(shapes)), None)


def _of(part: str) -> Iterable[Architecture]:
    return (each for each in architectures() if each.part == part.removesuffix("_2"))


def decoding_of(kind: str, config: Mapping[str, object]) -> tuple[int, int] | None:
    """What a VAE takes to decode, told by its likeness to a published one; None without one."""
    for known in (*architectures(), *_shared()):
        alike = all(config.get(name) == value for name, value in known.config.items())
        if known.kind == kind and known.decoding is not None and alike:
            return known.decoding
    return None
