"""Old nodes are brought up to date; unknown ones stay as they are."""

from __future__ import annotations

import json

import pytest

from engine.graph.context import Context
from engine.graph.document import dump_document, parse_document
from engine.graph.migrations import migrated, upgrade
from engine.graph.node import Node
from engine.graph.params import Param, ParamValue
from engine.graph.registry import Registry
from engine.graph.validate import validate
from tests.engine.graph.samples import REGISTRY, GrowOld, definition, graph, node

SAVED = {1: {"s": 4}, 2: {"size": 4}, 3: {"size": 4}, 4: {"width": 4, "height": 4}}
"""The parameters of one node as each version saved them."""


@pytest.mark.parametrize("version", SAVED)
def test_every_version_leads_to_the_present_one(version: int) -> None:
    type = REGISTRY.get("test.old")
    assert type is not None
    assert migrated(node("old", version=version, **SAVED[version]), type) == SAVED[4]


def test_a_migration_cannot_change_the_document_it_reads() -> None:
    class Careless(Node, type="test.careless", version=2):
        """Changes what it is given."""

        new: int = Param(0)

        def run(self, ctx: Context) -> None: ...

        @staticmethod
        def from_v1(params: dict[str, ParamValue]) -> dict[str, ParamValue]:
            params["new"] = params.pop("old")
            return params

    spec = node("careless", version=1, old=3)
    document, _ = upgrade(graph({"c": spec}), Registry.of(Careless))
    assert document.nodes["c"].params == {"new": 3}
    assert spec.params == {"old": 3}


def test_upgrading_tells_what_it_changed() -> None:
    document = graph(
        {"o": node("old", version=2, size=5), "n": node("number")},
        subgraphs={"s": definition({"p": node("old", version=3, size=6)})},
    )
    upgraded, notes = upgrade(document, REGISTRY)
    assert upgraded.nodes["o"].params == {"width": 5, "height": 5}
    assert upgraded.subgraphs["s"].nodes["p"].version == 4
    assert upgraded.nodes["n"] is document.nodes["n"]
    assert notes == [
        "Node 'o' (test.old) went from version 2 to 4.",
        "Node 's:p' (test.old) went from version 3 to 4.",
    ]
    assert upgrade(upgraded, REGISTRY) == (upgraded, [])


def test_what_is_not_installed_or_newer_is_saved_again_untouched() -> None:
    alien = {"type": "acme.warp", "version": 9, "params": {"b": [1, 2.0, "x"], "a": 1e-7}}
    newer = {"type": "test.old", "version": 5, "params": {"depth": True}}
    text = json.dumps({"format": 1, "nodes": {"x": alien, "y": newer}})
    document, notes = upgrade(parse_document(text), REGISTRY)
    assert notes == []
    saved = json.loads(dump_document(document))["nodes"]
    assert json.dumps(saved["x"]) == json.dumps(alien)
    assert json.dumps(saved["y"]) == json.dumps(newer)


def test_a_migration_that_fails_is_a_problem_of_its_node() -> None:
    document = graph({"o": node("old", version=1)})
    assert upgrade(document, REGISTRY) == (document, [])
    (problem,) = validate(document, REGISTRY)
    assert str(problem) == (
        "Node 'o': it cannot be upgraded from version 1 (KeyError: 's'). Set its parameters again."
    )


def test_migrations_are_static_methods_of_the_node() -> None:
    assert GrowOld.from_v1({"s": 1}) == {"size": 1}
