"""From what the user typed to documents that are ready to run, all checked before any runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.graph.document import Document
from engine.graph.migrations import upgrade
from engine.graph.overrides import apply_settings, apply_values
from engine.graph.registry import Registry
from engine.graph.validate import check


@dataclass(frozen=True)
class Variation:
    """One run: the document with everything set, and what a sweep set in it."""

    document: Document
    settings: Mapping[str, str]


@dataclass(frozen=True)
class Asked:
    """What the user typed, read: settings, from a file and from `--set`, sweeps, and nodes."""

    settings: Mapping[str, str]
    values: Mapping[str, object]
    sweep: Sequence[Mapping[str, str]]
    only: tuple[str, ...] | None

    @classmethod
    def read(
        cls,
        set_: Sequence[str] | None,
        values: Path | None,
        sweep: Sequence[str] | None,
        only: Sequence[str] | None,
    ) -> Asked:
        """Raises InvalidInput for what cannot be read."""
        from studio.cli import settings

        return cls(
            settings.parse_settings(set_ or ()),
            {} if values is None else settings.read_values(values),
            list(settings.sweep(sweep or ())),
            tuple(only) if only else None,
        )

    def prepare(self, document: Document, registry: Registry) -> tuple[Variation, ...]:
        """The documents to run; see `prepare`."""
        return prepare(
            document,
            registry,
            values=self.values,
            settings=self.settings,
            sweep=self.sweep,
            outputs=self.only,
        )


def prepare(
    document: Document,
    registry: Registry,
    *,
    values: Mapping[str, object],
    settings: Mapping[str, str],
    sweep: Sequence[Mapping[str, str]],
    outputs: Sequence[str] | None = None,
) -> tuple[Variation, ...]:
    """One variation for each combination of `sweep`; it wins over `settings`, those over `values`.

    Raises InvalidInput for a setting that names nothing or does not fit, and InvalidDocument for
    a graph in which `outputs` (None: what the graph wants) cannot be computed.
    """
    base, _ = upgrade(document, registry)
    if values:
        base = apply_values(base, values, registry)
    found = []
    for combination in sweep:
        both = {**settings, **combination}
        document = apply_settings(base, both, registry) if both else base
        check(document, registry, outputs)
        found.append(Variation(document, combination))
    return tuple(found)
