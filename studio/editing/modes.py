"""Bypassing and muting what is selected."""

from __future__ import annotations

from collections.abc import Collection

from engine.graph.document import Mode
from engine.graph.edits import Edit, SetMode
from studio.editing.bulk import EditNodes
from studio.editing.level import Level, in_order


def toggle_bypass(level: Level, nodes: Collection[str]) -> Edit:
    """Bypass nodes; turn them on if all are bypassed."""
    return _toggle(level, nodes, "bypass")


def toggle_mute(level: Level, nodes: Collection[str]) -> Edit:
    """Mute nodes; turn them on if all are muted."""
    return _toggle(level, nodes, "mute")


def set_mode(level: Level, nodes: Collection[str], mode: Mode) -> Edit:
    """Give all these nodes one mode."""
    chosen = in_order(level.graph, nodes)
    if len(chosen) == 1:
        return SetMode(next(iter(chosen)), mode, level.within)
    verbs: dict[Mode, str] = {"on": "Turn on", "bypass": "Bypass", "mute": "Mute"}
    specs = {id: spec.model_copy(update={"mode": mode}) for id, spec in chosen.items()}
    return EditNodes(f"{verbs[mode]} {len(specs)} nodes", specs, level.within)


def _toggle(level: Level, nodes: Collection[str], mode: Mode) -> Edit:
    chosen = in_order(level.graph, nodes).values()
    already = all(spec.mode == mode for spec in chosen)
    return set_mode(level, nodes, "on" if already else mode)
