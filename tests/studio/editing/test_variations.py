"""Batches and sweeps: the same document, several times, each a little different."""

from __future__ import annotations

import pytest

from engine.errors import InvalidInput
from engine.graph.document import Exposed
from engine.graph.registry import installed_registry
from studio.editing.variations import batch, seeds_of, sweep
from tests.engine.graph.samples import graph, node

REGISTRY = installed_registry()
DOCUMENT = graph(
    {
        "sample": node("video.sample", seed=7),
        "second": node("video.sample"),
        "seed": node("input.seed"),
    },
    "seed -> second.seed",
    exposed={"steps": Exposed(node="sample", param="steps")},
)


def test_only_seeds_that_decide_something_vary() -> None:
    assert seeds_of(DOCUMENT, REGISTRY) == (("sample", "seed"), ("seed", "seed"))


def test_a_batch_begins_with_the_document_as_it_is() -> None:
    first, second, third = batch(DOCUMENT, REGISTRY, 3)
    assert first.document is DOCUMENT
    assert first.label == "seed 7, seed 0"
    assert second.document.nodes["sample"].params["seed"] == 8
    assert third.document.nodes["seed"].params["seed"] == 2


def test_seeds_go_round_at_their_end() -> None:
    last = graph({"sample": node("video.sample", seed=2**63 - 1)})
    _, second = batch(last, REGISTRY, 2)
    assert second.document.nodes["sample"].params["seed"] == 0


def test_a_sweep_makes_every_combination() -> None:
    made = sweep(DOCUMENT, REGISTRY, {"steps": "4, 8", "sample.guidance": "1..2"})
    assert [each.label for each in made] == [
        "steps 4, guidance 1",
        "steps 4, guidance 2",
        "steps 8, guidance 1",
        "steps 8, guidance 2",
    ]
    assert made[3].document.nodes["sample"].params == {"seed": 7, "steps": 8, "guidance": 2.0}


def test_what_cannot_be_varied_is_told() -> None:
    with pytest.raises(InvalidInput, match="no such name"):
        sweep(DOCUMENT, REGISTRY, {"stps": "4"})
    with pytest.raises(InvalidInput, match=r"The sweep 'steps=1..2:0' has the step 0"):
        sweep(DOCUMENT, REGISTRY, {"steps": "1..2:0"})
    with pytest.raises(InvalidInput, match="must be from"):
        sweep(DOCUMENT, REGISTRY, {"steps": "100000"})
    with pytest.raises(InvalidInput, match="2,000 runs at once"):
        batch(DOCUMENT, REGISTRY, 2000)
