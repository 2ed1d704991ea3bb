"""`reelwright upgrade`: bring a graph to the newest node versions."""

from __future__ import annotations

import itertools
from pathlib import Path

from engine.errors import InvalidInput
from studio.cli.console import messages, results
from studio.cli.graphs import MEDIA, GraphFile


def upgrade(graph: GraphFile) -> None:
    """Bring a graph to the newest node versions, in its own file.

    The old content is kept beside it as GRAPH.bak.  'run' upgrades in memory, so this is only
    needed to edit, share or compare the file.
    """
    from engine.graph.document import load_document, save_document
    from engine.graph.migrations import upgrade as upgraded
    from engine.graph.registry import installed_registry

    if graph.suffix.lower() in MEDIA:
        raise InvalidInput(
            f"The graph inside '{graph}' cannot be changed.",
            remedy="Running it upgrades it in memory.",
        )
    document, changes = upgraded(load_document(graph), installed_registry())
    if not changes:
        messages().print(f"{graph} is up to date.", soft_wrap=True)
        return
    backup = _keep(graph)
    save_document(document, graph)
    for change in changes:
        results().print(change, soft_wrap=True)
    messages().print(f"The old content is kept in {backup}.", style="dim", soft_wrap=True)


def _keep(graph: Path) -> Path:
    """Copy the file as it is to a name that is free."""
    from engine.atomic import replacing

    names = itertools.chain([".bak"], (f".bak{number}" for number in itertools.count(2)))
    backup = next(
        name for name in (graph.with_name(graph.name + end) for end in names) if not name.exists()
    )
    with replacing(backup) as partial:
        partial.write_bytes(graph.read_bytes())
    return backup
