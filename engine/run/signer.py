"""Who is to sign, made sure of before a run begins: at the command line, in the studio, on servers.

Nobody should sample for an hour only to find that the key is in a drawer at home.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from engine.errors import InvalidInput, ReelwrightError
from engine.graph.flat import FlatGraph, FlatNode

_SIGNS_ALWAYS: Final = "output.release"


class NobodySigns(InvalidInput):
    """Something is to be signed, and who was named cannot do it here; elsewhere perhaps."""


def require_signer(graphs: Iterable[FlatGraph]) -> None:
    """Find whom the environment names and try the key, if anything in the graphs is to be signed.

    Raises NobodySigns.  This computer's own identity is not looked for, unless somebody is to stamp
    its time: it is always there.
    """
    from engine.trust.chosen_identity import is_chosen, ready_identity

    if not is_chosen() or not any(map(_signs, _nodes(graphs))):
        return
    try:
        ready_identity()
    except ReelwrightError as error:
        raise NobodySigns(error.what, remedy=error.remedy) from error


def _nodes(graphs: Iterable[FlatGraph]) -> Iterable[FlatNode]:
    return (node for graph in graphs for node in graph.nodes.values())


def _signs(node: FlatNode) -> bool:
    # Where a link decides it, it is not known yet: then whoever signs should be there.
    fed = "sign" in node.type.params and "sign" in node.inputs
    return fed or node.type.type == _SIGNS_ALWAYS or node.params.get("sign") is True
