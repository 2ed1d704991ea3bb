"""The README's tables of models say what the catalog claims and the tests prove, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.models.catalog import CatalogEntry, entries
from tests.models_table import BEGIN, END, README, tables, unknown, unproven, written
from tests.proofs import Proof, gather, proofs_in

MODEL = CatalogEntry(
    id="wan9-t2v", family="wan", title="Wan 9", licence="MIT", source="", modes=("text", "image")
)


@pytest.fixture(scope="module")
def proofs() -> tuple[Proof, ...]:
    return gather()


def test_the_readme_says_what_catalog_and_tests_say(proofs: tuple[Proof, ...]) -> None:
    text = README.read_text("utf-8")
    assert written(text, tables(entries(), proofs)) == text, "run: python -m tests.models_table"


def test_a_test_proves_everything_that_the_catalog_claims(proofs: tuple[Proof, ...]) -> None:
    assert unproven(entries(), proofs) == []


def test_every_proof_is_of_somebody_and_of_something(proofs: tuple[Proof, ...]) -> None:
    assert unknown(entries(), proofs) == []


def test_only_what_is_claimed_and_proven_is_ticked() -> None:
    proofs = (Proof("t", "wan9-*", ("text",)), Proof("t", "ltx", ("image",)))
    row = tables([MODEL], proofs).splitlines()[2]
    assert row.startswith("| `wan9-t2v` | ✓ | ? | | |")
    assert unproven([MODEL], proofs) == ["wan9-t2v: image"]
    assert unproven([MODEL], (*proofs, Proof("t", "wan", ("image",)))) == []


@pytest.mark.parametrize(
    "proof",
    [Proof("t", "wan10-*", ("text",)), Proof("t", "wan9-*", ("txet",)), Proof("t", "wan", ())],
)
def test_a_slip_of_the_pen_proves_nothing(proof: Proof) -> None:
    assert len(unknown([MODEL], [proof])) == 1


def test_what_is_collected_counts_and_what_is_skipped_does_not(tmp_path: Path) -> None:
    file = tmp_path / "test_some.py"
    file.write_text("""
import pytest

@pytest.mark.proves("{family}", "lora", "fp8")
@pytest.mark.parametrize("family", ["wan", "ltx"])
def test_families(family): ...

@pytest.mark.parametrize("place", [pytest.param(0, marks=pytest.mark.proves("wan", "image")), 1])
def test_cases(place): ...

@pytest.mark.skip
@pytest.mark.proves("wan", "text")
def test_skipped(): ...

@pytest.mark.xfail
@pytest.mark.proves("wan", "text")
def test_failing(): ...

@pytest.mark.proves("wan", "text")
def helper(): ...
""")
    found = [(proof.of, proof.what) for proof in proofs_in([file])]
    assert found == [("wan", ("lora", "fp8")), ("ltx", ("lora", "fp8")), ("wan", ("image",))]


def test_what_stands_around_the_tables_stays() -> None:
    assert written(f"a\n{BEGIN}\nold\n{END}\nb", "new") == f"a\n{BEGIN}\nnew\n{END}\nb"
    with pytest.raises(ValueError, match="lacks"):
        written("a", "new")
