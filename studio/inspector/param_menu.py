"""The menu of a parameter: reset, copy, expose, lead to the subgraph's border."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from studio.inspector.faces import ManyFace, NodeFace, ParamLine
from studio.theme.words import tr


@dataclass(frozen=True)
class Entry:
    """One entry; '' as text is a line between entries."""

    key: str
    text: str = ""
    icon: str = ""
    enabled: bool = True


LINE: Final = Entry("")


def entries(line: ParamLine, face: NodeFace | ManyFace) -> list[Entry]:
    """What the menu of a parameter offers."""
    linked = line.source is not None
    found = [
        Entry("reset", tr("Reset to the default"), "reset", line.is_set and not linked),
        Entry("copy", tr("Copy value"), "copy", not line.mixed),
    ]
    if linked:
        found.append(Entry("unlink", tr("Unlink"), "unlink"))
    if isinstance(face, NodeFace):
        found += [LINE, *_offers(line, face)]
    return found


def _offers(line: ParamLine, face: NodeFace) -> list[Entry]:
    linked = line.source is not None
    found: list[Entry] = []
    if face.inside:
        found.append(Entry("port", tr("Make a port"), "port", not linked))
        if line.promoted:
            found.append(Entry("demote", tr("Take off the subgraph"), "minus"))
        else:
            found.append(Entry("promote", tr("Set it at the subgraph"), "sliders", not linked))
    if line.exposed:
        found.append(Entry("hide", tr("Expose no longer"), "eye-off"))
    else:
        found.append(Entry("expose", tr("Expose as a control..."), "expose", not linked))
    return found
