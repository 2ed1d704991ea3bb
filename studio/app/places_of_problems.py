"""Going to where a problem is; knows no Qt."""

from __future__ import annotations

from engine.graph.problems import Problem
from engine.graph.subgraphs import definition_name
from studio.document import OpenDocument, Selection


def go_to_problem(document: OpenDocument, problem: Problem) -> str:
    """Show the level that a problem is on and select its node; the node's id, or ''.

    A problem inside a definition names 'definition:id': the first instance of it is entered.
    """
    definition, _, id = problem.node.rpartition(":")
    id = id.partition("/")[0]
    trail = trail_to(document, definition)
    if trail is None:
        return ""
    if trail != document.trail:
        document.go_to_level(0)
        for instance in trail:
            document.enter(instance)
    if id not in document.graph.nodes:
        return ""
    document.select(Selection.of_nodes([id]))
    return id


def trail_to(document: OpenDocument, definition: str) -> tuple[str, ...] | None:
    """The instances to enter, from the top, to see a definition; None if nothing uses it."""
    if not definition:
        return ()
    whole = document.document
    seen = {""}
    waiting: list[tuple[str, tuple[str, ...]]] = [("", ())]
    for level, trail in waiting:  # grows while it is walked: breadth first, so the shortest way
        nodes = whole.subgraphs[level].nodes if level else whole.nodes
        for id, spec in nodes.items():
            inner = definition_name(spec.type)
            if inner is None or inner in seen or inner not in whole.subgraphs:
                continue
            if inner == definition:
                return (*trail, id)
            seen.add(inner)
            waiting.append((inner, (*trail, id)))
    return None


class ProblemWalk:
    """Steps through the problems of a document, round and round."""

    def __init__(self) -> None:
        self._last: Problem | None = None

    def step(self, document: OpenDocument, by: int) -> Problem | None:
        """The problem after (or before) the one that was gone to last."""
        problems = document.problems
        if not problems:
            return None
        places = [place for place, problem in enumerate(problems) if problem == self._last]
        first = 0 if by > 0 else len(problems) - 1
        self._last = problems[(places[0] + by) % len(problems) if places else first]
        return self._last
