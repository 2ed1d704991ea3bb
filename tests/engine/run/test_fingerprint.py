"""Identity: equal for the same work everywhere, different as soon as the result could be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.file_digests import FileDigests
from engine.graph.document import Document
from engine.graph.flatten import flatten
from engine.graph.node import Node
from engine.graph.params import Param
from engine.graph.registry import Registry
from engine.run.cache import Outputs
from engine.run.fingerprint import Identity, identify, identify_late
from engine.run.plan import plan_run
from engine.run.run_files import RunFiles
from tests.engine.run import toys
from tests.engine.run.toys import Params, graph


def identities(document: Document, registry: Registry = toys.REGISTRY) -> dict[str, Identity]:
    return identify(plan_run(flatten(document, registry)), RunFiles(FileDigests()))


def fingerprint(document: Document, node: str) -> str:
    return identities(document)[node].fingerprint


def summed(one: Params, add: Params | None = None, *, port: str = "a") -> Document:
    nodes = {"one": ("number", one), "two": ("number", {"value": 2}), "sum": ("add", add or {})}
    other = "b" if port == "a" else "a"
    return graph(nodes, f"one > sum.{port}", f"two > sum.{other}")


SAME = summed({"value": 1})


def test_names_and_places_are_no_part_of_identity() -> None:
    renamed = graph(
        {"y": ("number", {"value": 2}), "x": ("number", {"value": 1}), "z": "add"},
        "y > z.b",
        "x > z.a",
    )
    assert fingerprint(SAME, "sum") == fingerprint(renamed, "z")


def test_a_default_that_is_written_out_changes_nothing() -> None:
    assert fingerprint(SAME, "sum") == fingerprint(summed({"value": 1}, {"amount": 0}), "sum")


def test_a_parameter_that_does_not_matter_changes_nothing() -> None:
    assert fingerprint(SAME, "sum") == fingerprint(summed({"value": 1, "seconds": 5.0}), "sum")


@pytest.mark.parametrize(
    "other",
    [
        summed({"value": 3}),
        summed({"value": 1}, {"amount": 1}),
        summed({"value": 1}, port="b"),
    ],
)
def test_what_changes_the_result_changes_the_identity(other: Document) -> None:
    assert fingerprint(SAME, "sum") != fingerprint(other, "sum")


def test_the_output_port_is_part_of_identity() -> None:
    def document(port: str) -> Document:
        nodes = {"n": "number", "half": "halve", "again": "halve", "third": "halve"}
        return graph(nodes, "n > half", "half.half > again", f"{port} > third")

    by_half = fingerprint(document("half.half"), "third")
    assert by_half != fingerprint(document("again.half"), "third")


def test_the_version_is_part_of_identity() -> None:
    def version(number: int) -> str:
        class Versioned(Node, type="toy.versioned", version=number):
            """One of two versions."""

            value: int = Param(0)

            def run(self, ctx: object) -> int:
                return 0

        document = graph({"v": "versioned"})
        node = document.nodes["v"].model_copy(update={"version": number})
        document = document.model_copy(update={"nodes": {"v": node}})
        return identities(document, Registry.of(Versioned))["v"].fingerprint

    assert version(1) != version(2)


def test_a_process_with_other_hashes_gives_the_same_identity() -> None:
    program = (
        "from tests.engine.run.test_fingerprint import SAME, fingerprint;"
        "print(fingerprint(SAME, 'sum'))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=dict(os.environ, PYTHONHASHSEED=seed, PYTHONPATH="."),
            cwd=Path(__file__).parents[3],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert told == {fingerprint(SAME, "sum")}


def test_the_identity_is_the_one_of_the_format() -> None:
    """Raise FORMAT in the fingerprint's module when this has to change."""
    known = "5e88fcd5d1aeacd53e9504b9029f97955027773a2d1ea94126184101e6f22f0a"
    assert fingerprint(graph({"n": ("number", {"value": 1})}), "n") == known


def test_the_content_of_a_named_file_is_part_of_identity(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    document = graph({"open": ("open", {"path": str(path)})})
    path.write_text("one")
    before = fingerprint(document, "open")
    path.write_text("other")
    assert fingerprint(document, "open") != before
    path.write_text("one")
    assert fingerprint(document, "open") == before


def test_a_file_that_is_not_there_has_an_identity_too(tmp_path: Path) -> None:
    assert fingerprint(graph({"open": ("open", {"path": str(tmp_path / "no")})}), "open")


def test_the_digest_of_weights_is_part_of_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    document = graph({"w": "weights"})
    before = fingerprint(document, "w")
    monkeypatch.setitem(toys.Weights.outside, "small", "2")
    assert fingerprint(document, "w") != before


def test_what_cannot_be_identified_yet_is_left_out_with_all_that_leans_on_it() -> None:
    document = graph(
        {"w": ("weights", {"name": "none"}), "dice": "throw", "sum": "add"}, "dice > sum.a"
    )
    known = identities(document)
    assert set(known) == {"dice"}
    assert not known["dice"].lasting


def late(dice: object) -> Identity:
    plan = plan_run(flatten(graph({"dice": "throw", "sum": "add"}, "dice > sum.a"), toys.REGISTRY))
    outputs: Outputs = {"result": dice}
    source = (plan.steps["dice"].node.type, Identity("x", lasting=False), outputs)
    return identify_late(
        plan.steps["sum"], {"dice": source}, [{"amount": 0}], RunFiles(FileDigests())
    )


def test_behind_an_uncached_node_the_value_itself_identifies() -> None:
    assert late(4) == late(4)
    assert late(4) != late(5)
    assert late(4).lasting


def test_a_value_that_has_no_digest_is_found_by_nobody() -> None:
    assert not late(object()).lasting
    assert late(object()) != late(object())


def test_elements_have_identities_of_their_own() -> None:
    identity = identities(SAME)["sum"]
    assert len({identity, *(identity.element(i) for i in range(10))}) == 11
