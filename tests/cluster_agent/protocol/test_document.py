"""PROTOCOL.md says what the code does: messages, states, codes, faults and times."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import cluster_agent
from cluster_agent.broker.policy import BrokerPolicy
from cluster_agent.broker.states import AFTER, PHASES
from cluster_agent.protocol.message import Fault, Refused
from tests.cluster_agent.protocol.examples import KINDS

TEXT = (Path(cluster_agent.__file__).parent / "PROTOCOL.md").read_text("utf-8")


def table(section: str, heading: str) -> list[list[str]]:
    """The rows of the table that begins with this heading, in a section."""
    text = TEXT.split(f"\n## {section}\n")[1].split("\n## ")[0]
    rows = text.split(f"\n| {heading} |")[1].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def states(cell: str) -> Iterator[str]:
    for word in cell.split(", "):
        yield from PHASES if word == "a phase" else [word.strip("`")]


def test_every_message_is_described() -> None:
    assert [kind.kind for kind in KINDS if not re.search(rf"\b{kind.kind}\b", TEXT)] == []


def test_the_states_of_a_job_are_those_of_the_broker() -> None:
    told = {
        (before, after)
        for from_, to, _ in table("Jobs", "from | to | when")
        for before in states(from_)
        for after in states(to)
        if before != "–"
    }
    assert told == {(before, after) for before, ends in AFTER.items() for after in ends}


def test_every_fault_has_its_consequence() -> None:
    rows = table("Jobs", "fault | means | then")
    assert {fault for row in rows for fault in states(row[0])} == set(get_args(Fault))


def test_every_code_of_a_refusal_is_explained() -> None:
    rows = table("What goes wrong, and the answers", "`refused.code` | means | what to do")
    codes = get_args(Refused.model_fields["code"].annotation)
    assert {code for row in rows for code in states(row[0])} == set(codes)


def test_the_times_are_those_of_the_policy() -> None:
    policy = BrokerPolicy()
    for what, seconds in table("Agents", "time, in seconds | by default"):
        name = what.split("`")[1]
        assert getattr(policy, name) == float(seconds), name
    assert policy.most_leases == 25
    assert policy.agents_tried == 3
