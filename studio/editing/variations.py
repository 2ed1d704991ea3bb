"""One document, run several times: other seeds, or every combination of some values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from engine.errors import InvalidInput
from engine.graph.document import Document, Endpoint
from engine.graph.overrides import apply_settings
from engine.graph.registry import Registry
from engine.graph.settled import settle
from studio.editing.level import Level, feeding

MOST_VARIATIONS: Final = 1000


@dataclass(frozen=True)
class Variation:
    """A document to be run, and what is different in it ('seed 8', 'steps 4, guidance 2')."""

    document: Document
    label: str


def seeds_of(document: Document, registry: Registry) -> tuple[Endpoint, ...]:
    """The seeds of the top level that decide something: no link feeds them."""
    fed = feeding(document)
    lookup = Level(document, "", registry).lookup
    found: list[Endpoint] = []
    for id, spec in document.nodes.items():
        type = lookup(spec.type)
        if type is not None and spec.mode == "on":
            seeds = (name for name, param in type.params.items() if param.widget == "seed")
            found += [(id, name) for name in seeds if (id, name) not in fed]
    return tuple(found)


def batch(document: Document, registry: Registry, count: int) -> tuple[Variation, ...]:
    """The document `count` times: as it is, then with each seed one higher than before."""
    _refuse_many(count)
    seeds = seeds_of(document, registry)
    return tuple(_with_seeds(document, registry, seeds, step) for step in range(count))


def _with_seeds(
    document: Document, registry: Registry, seeds: tuple[Endpoint, ...], step: int
) -> Variation:
    lookup = Level(document, "", registry).lookup
    nodes = dict(document.nodes)
    labels: list[str] = []
    for id, name in seeds:
        type = lookup(nodes[id].type)
        assert type is not None, "seeds are found on nodes whose type is known"
        param, before = type.params[name], settle(nodes[id], type).params[name]
        assert isinstance(before, int), "a seed is a whole number"
        seed = before + step if param.le is None else (before + step) % (int(param.le) + 1)
        labels.append(f"{name} {seed}")
        if step:
            params = {**nodes[id].params, name: seed}
            nodes[id] = nodes[id].model_copy(update={"params": params})
    made = document.model_copy(update={"nodes": nodes}) if step and seeds else document
    return Variation(made, ", ".join(dict.fromkeys(labels)) or f"run {step + 1}")


def sweep(document: Document, registry: Registry, axes: Mapping[str, str]) -> tuple[Variation, ...]:
    """Every combination of values, the last parameter varying fastest.

    A parameter is 'node.param' or an exposed name; its values are written '4, 8' or '1..4' or
    '0..1:0.25'.  Raises InvalidInput with the reason if one of them cannot be used.
    """
    from studio.cli.settings import sweep as combinations

    try:
        found = list(combinations([f"{name}={text}" for name, text in axes.items()]))
    except InvalidInput as error:
        raise InvalidInput(
            error.what.replace("--sweep", "The sweep"), remedy=error.remedy
        ) from None
    _refuse_many(len(found))
    return tuple(
        Variation(apply_settings(document, settings, registry), _label(settings))
        for settings in found
    )


def _label(settings: Mapping[str, str]) -> str:
    return ", ".join(f"{name.rpartition('.')[2]} {value}" for name, value in settings.items())


def _refuse_many(count: int) -> None:
    if not 1 <= count <= MOST_VARIATIONS:
        what = f"{count:,} runs at once are not possible."
        raise InvalidInput(what, remedy=f"Ask for 1 to {MOST_VARIATIONS:,}.")
