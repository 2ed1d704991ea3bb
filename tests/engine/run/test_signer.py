"""Whether somebody can sign is found out before anything runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.graph.document import parse_document
from engine.graph.flat import FlatGraph
from engine.graph.flatten import flatten
from engine.graph.registry import installed_registry
from engine.run.signer import NobodySigns, require_signer
from tests.cluster_agent.agent.graphs import graph, node


def saving(**params: object) -> FlatGraph:
    """A picture that is saved."""
    nodes = {"load": node("input.image", path="a.png"), "save": node("output.image", **params)}
    document = parse_document(graph(nodes, ("load.result", "save.image")))
    return flatten(document, installed_registry())


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELWRIGHT_IDENTITY", "nobody")


@pytest.mark.usefixtures("nobody")
def test_who_signs_is_looked_for_if_anything_is_signed() -> None:
    require_signer([saving(sign=False)])
    with pytest.raises(NobodySigns, match="'nobody'") as caught:
        require_signer([saving(sign=False), saving()])
    assert caught.value.exit_code == 2
    assert caught.value.remedy


@pytest.mark.usefixtures("nobody")
def test_where_a_link_decides_it_is_looked_for_too() -> None:
    given = saving(sign=False)
    save = given.nodes["save"]
    params = {name: value for name, value in save.params.items() if name != "sign"}
    fed = replace(save, params=params, inputs={**save.inputs, "sign": ("switch", "result")})
    with pytest.raises(NobodySigns):
        require_signer([replace(given, nodes={"save": fed})])


def test_a_wrong_address_of_who_stamps_the_time_is_told_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REELWRIGHT_TIME_AUTHORITY", "ftp://clock")
    with pytest.raises(NobodySigns, match="ftp://clock"):
        require_signer([saving()])


def test_this_computer_s_own_identity_is_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def looked() -> None:
        raise AssertionError("it is made with the first export")

    monkeypatch.setattr("engine.trust.chosen_identity.ready_identity", looked)
    require_signer([saving()])
